"""Conversations for the tests of detect: fold turns as the desk does, and give what the last one showed."""

from collections.abc import Iterable, Mapping

from trustladder.core import events as e
from trustladder.core.containment import ToolCall
from trustladder.core.events import SignalsDetected
from trustladder.core.policy import Policy, closed_policy
from trustladder.core.ticket import Role, Ticket, Turn, fold, new_ticket
from trustladder.detect.perceiver import Perceiver

POLICY = closed_policy("a test")
PERCEIVER = Perceiver(budget_ms=60_000)
"""The product's detectors with a budget that a busy machine does not overrun."""


def turn_of(ticket: Ticket, role: str, text: str = "", **more: object) -> Turn:
    return Turn(len(ticket.turns), Role(role), text, ticket.updated_at_ms + 1_000, **more)  # type: ignore[arg-type]


def event_of(turn: Turn) -> e.Event:
    if turn.role is Role.CUSTOMER:
        return e.CustomerWrote(turn.message_id, turn.text, turn.intents)
    if turn.role is Role.BOT:
        return e.BotWrote(turn.message_id, turn.text, turn.confidence, turn.tool_calls, turn.intents)
    return e.ToolReturned(turn.author, turn.text, turn.failed)


def folded(ticket: Ticket, *events: e.Event) -> Ticket:
    for event in events:
        ticket = fold(ticket, e.Recorded(ticket.position + 1, ticket.updated_at_ms + 1_000, event))
    return ticket


def opened(*events: e.Event) -> Ticket:
    return folded(new_ticket("acme", "T-1"), e.TicketOpened(), *events)


def perceived(
    turns: Iterable[tuple[str, str]],
    *,
    ticket: Ticket | None = None,
    policy: Policy = POLICY,
    perceiver: Perceiver = PERCEIVER,
) -> tuple[SignalsDetected, Ticket]:
    """Return what the last turn showed, and the ticket after it."""
    ticket = opened() if ticket is None else ticket
    seen = SignalsDetected()
    for role, text in turns:
        turn = turn_of(ticket, role, text)
        seen = perceiver.perceive(ticket, turn, policy)
        ticket = folded(ticket, event_of(turn), seen)
    return seen, ticket


def strengths(seen: SignalsDetected) -> Mapping[str, int]:
    return {signal.name: signal.strength for signal in seen.signals}


def strength(name: str, *turns: tuple[str, str], ticket: Ticket | None = None) -> int:
    """Return a signal's strength on the last of some turns, 0 where it was not told."""
    return strengths(perceived(turns, ticket=ticket)[0]).get(name, 0)


def calls(*names: str) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(name, {}) for name in names)
