"""A ticket: the fold of its events. Nothing else changes one.

``fold(ticket, recorded)`` never refuses: the ledger holds what happened, also in imported conversations in
which a bot spoke after a handoff. What may happen is the business of the gate and of the desk.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from trustladder.core import events as e
from trustladder.core.ticket import people, talk
from trustladder.core.ticket.state import (
    Account,
    Handler,
    HandoffState,
    Outcome,
    PastEpisode,
    ReviewDue,
    Role,
    Ticket,
    Turn,
    new_ticket,
    running_clock,
)

__all__ = [
    "Account",
    "HandoffState",
    "Outcome",
    "PastEpisode",
    "ReviewDue",
    "Role",
    "Ticket",
    "Turn",
    "fold",
    "fold_all",
    "new_ticket",
    "running_clock",
]

_HANDLERS: Mapping[type, Handler] = {**talk.HANDLERS, **people.HANDLERS}

_LEAVES_PERMITS = frozenset(
    {
        e.DraftSubmitted,
        e.DraftJudged,
        e.PermitRedeemed,
        e.BotWrote,
        e.ToolReturned,
        e.SystemNoted,
        e.SignalsDetected,
        e.Decided,
        e.PersonNotified,
        e.SatisfactionGiven,
        e.RestatementNoted,
        e.ClockBreached,
        e.ClockPaused,
        e.ClockResumed,
        e.ClockRestored,
        e.Tagged,
        e.DrawnForReview,
        e.CaseReviewed,
        e.ShadowDecided,
    }
)
"""Events after which a permit still stands. Any other event moves the mark and voids every permit."""


def fold(ticket: Ticket, recorded: e.Recorded) -> Ticket:
    """Return the ticket after one more event. Raises ValueError when the position is not the next one."""
    if recorded.position != ticket.position + 1:
        raise ValueError(
            f"ticket {ticket.ticket_id}: event {recorded.position} does not follow position {ticket.position}"
        )
    kind = type(recorded.event)
    change = dict(_HANDLERS[kind](ticket, recorded.event, recorded))
    change["position"] = recorded.position
    change["updated_at_ms"] = recorded.at_ms
    if kind not in _LEAVES_PERMITS:
        change["mark"] = recorded.position
    return replace(ticket, **change)  # type: ignore[arg-type]  # handlers name Ticket's own fields


def fold_all(ticket: Ticket, history: Iterable[e.Recorded]) -> Ticket:
    """Return the ticket after a history of events, oldest first."""
    for recorded in history:
        ticket = fold(ticket, recorded)
    return ticket
