"""What a ticket is: its turns, its account, where it stands with people, and what is left of earlier episodes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trustladder.core import events as e
from trustladder.core.containment import Authority, Lane, Permit, ToolCall
from trustladder.core.decision import Decision
from trustladder.core.plan import PlanStep
from trustladder.core.signals import Signal, StatedFact


class Role(StrEnum):
    """Who a turn is from."""

    CUSTOMER = "customer"
    BOT = "bot"
    HUMAN = "human"
    TOOL = "tool"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation. ``at_ms`` is in milliseconds since the Unix epoch."""

    index: int
    role: Role
    text: str
    at_ms: int
    message_id: str = ""
    author: str = ""
    intents: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    confidence: int | None = None
    failed: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """What trusted systems told about the account; None is "nobody told"."""

    id: str | None = None
    value: float | None = None
    tier: str | None = None
    at_risk: bool | None = None


@dataclass(frozen=True, slots=True)
class HandoffState:
    """Where an escalated ticket stands with people: its queue, why, and its deadlines (epoch milliseconds).

    ``return_by_ms`` is when an owner who has not written loses it, ``paused_until_ms`` until when the resolve clock
    stands still at most. ``needs_amount`` is what its owner must be allowed to decide on, ``proposal`` what an earlier
    one would do. ``owners`` are those who have had it, ``plan`` is what happens next.
    """

    queue: str
    reason: str
    escalated_at_ms: int
    claim_by_ms: int
    reply_by_ms: int
    resolve_by_ms: int
    notice: str = ""
    asked_by: str = "trustladder"
    breaches: tuple[str, ...] = ()
    replied_at_ms: int | None = None
    return_by_ms: int | None = None
    paused_at_ms: int | None = None
    paused_until_ms: int | None = None
    needs_amount: float = 0.0
    proposal: str = ""
    owners: tuple[str, ...] = ()
    completeness: int | None = None
    because: str = ""
    plan: tuple[PlanStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an episode ended, and what the customer was asked then ("" for nothing)."""

    by: str
    outcome: str
    cause: str
    repair: str
    at_ms: int
    question: str = ""


@dataclass(frozen=True, slots=True)
class PastEpisode:
    """What is remembered of an earlier episode of the ticket: how high it rose and how it ended."""

    highest_lane: Lane
    bot_turns: int
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """An episode of the ticket that was drawn for the audit sample and that nobody has re-read yet."""

    episode: int
    review_by_ms: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """The state of a ticket after the events folded so far.

    ``position`` counts them. ``mark`` is the position of the last one that matters to a permit. A *stretch* is
    the time since automation last took the ticket (its opening, a reopening, a hand-back): signals and counters
    are those of the stretch, so that old ones do not leak. ``bot_heard`` tells whether the bot has spoken in it.
    ``first_unanswered_at_ms`` is when the customer's wait began (law 8), None when nobody waits.
    """

    tenant: str
    ticket_id: str
    position: int = 0
    mark: int = 0
    episode: int = 1
    lane: Lane = Lane.AUTOMATED
    channel: str = ""
    channels: tuple[str, ...] = ()
    language: str = ""
    subject: str = ""
    ticket_type: str | None = None
    recognised_types: frozenset[str] = frozenset()
    exposure: float | None = None
    account: Account = Account()
    turns: tuple[Turn, ...] = ()
    signals: Mapping[str, Signal] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[StatedFact, ...] = ()
    opened_at_ms: int | None = None
    stretch_started_at_ms: int | None = None
    stretch_first_turn: int = 0
    bot_turns: int = 0
    customer_turns: int = 0
    confidence: int | None = None
    bot_heard: bool = False
    first_unanswered_at_ms: int | None = None
    authority: Authority | None = None
    watched: bool = False
    permits: Mapping[str, Permit] = field(default_factory=dict)
    drafts: Mapping[str, e.DraftJudged] = field(default_factory=dict)
    decision: Decision | None = None
    handoff: HandoffState | None = None
    owner: str | None = None
    outcome: Outcome | None = None
    past: tuple[PastEpisode, ...] = ()
    satisfaction: int | None = None
    confirmed: bool | None = None
    complaint: bool = False
    restated: bool = False
    tags: tuple[str, ...] = ()
    reviews_due: tuple[ReviewDue, ...] = ()
    updated_at_ms: int = 0

    @property
    def stretch(self) -> tuple[Turn, ...]:
        """The turns since automation last took the ticket."""
        return self.turns[self.stretch_first_turn :]

    @property
    def amid_a_bot_turn(self) -> bool:
        """True when what the bot says next goes on with a turn in which it has spoken already.

        "Let me look that up", the lookup and the answer are one turn, however many lookups it takes.
        """
        for turn in reversed(self.stretch):
            if turn.role is Role.TOOL:
                continue
            if turn.role is not Role.BOT or not turn.tool_calls:
                return False
            if turn.text.strip() or turn.intents:
                return True
        return False

    @property
    def reopened(self) -> bool:
        """True when the ticket had been resolved before."""
        return self.episode > 1


Change = Mapping[str, object]
"""What an event changes of a ticket: fields by name, each with its new value."""

Handler = Callable[[Ticket, Any, e.Recorded], Change]
"""Gives what one kind of event changes of a ticket."""


def new_ticket(tenant: str, ticket_id: str) -> Ticket:
    """Return a ticket before its first event."""
    return Ticket(tenant=tenant, ticket_id=ticket_id)


def running_clock(ticket: Ticket) -> tuple[str, int] | None:
    """Return the clock that runs on an escalated ticket and its deadline (epoch milliseconds), or None.

    First somebody must claim it, then answer, then resolve it. Of ``reply`` and ``return`` (the owner has not
    written) the nearer one runs; while it is the customer's turn to answer, ``customer`` runs in the place of
    ``resolve``.
    """
    handoff = ticket.handoff
    if handoff is None or ticket.lane not in {Lane.ESCALATED, Lane.OWNED}:
        return None
    if ticket.owner is None:
        return "claim", handoff.claim_by_ms
    if handoff.replied_at_ms is None:
        clock = ("reply", handoff.reply_by_ms)
    elif handoff.paused_until_ms is not None:
        clock = ("customer", handoff.paused_until_ms)
    else:
        clock = ("resolve", handoff.resolve_by_ms)
    if handoff.return_by_ms is not None and handoff.return_by_ms < clock[1]:
        return "return", handoff.return_by_ms
    return clock
