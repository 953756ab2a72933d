"""What the desk answers: plain values that travel as JSON."""

from dataclasses import dataclass

from trustladder.core.containment import Act, Answer, Authority, Permit
from trustladder.core.decision import Decision


@dataclass(frozen=True, slots=True)
class TurnAnswer:
    """The decision on a turn. ``notice`` is what the customer is to be told now, as part of a handoff."""

    ticket_id: str
    position: int
    lane: str
    decision: Decision | None
    authority: Authority
    notice: str = ""


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The gate's answer to a draft. ``text`` is what may be sent, with ``permit``; empty when nothing may be."""

    ticket_id: str
    position: int
    lane: str
    answer: Answer
    text: str
    acts: tuple[Act, ...]
    objections: tuple[str, ...]
    decision: Decision | None
    permit: Permit | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class RedeemAnswer:
    """The permit held: send this text and make these tool calls now, by ``send_by_ms`` (epoch) at the latest."""

    ticket_id: str
    position: int
    permit_id: str
    text: str
    tools: tuple[str, ...] = ()
    send_by_ms: int = 0


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """Where the ticket stands after a person's act. ``notice`` is what the customer is to be told now, if anything.

    ``sent_up`` says why the ticket has gone up the escalation chain instead of what was asked for.
    """

    ticket_id: str
    position: int
    lane: str
    owner: str
    queue: str
    notice: str = ""
    sent_up: str = ""
