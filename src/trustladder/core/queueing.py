"""Queues by business priority, and Queue Integrity: how far people's order of taking agrees with it.

Priority is what another hour of waiting costs, doubled for every allowed stretch of time that has passed
since the handoff. It grows without bound, so that nothing starves, and automation speed plays no part in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustladder.core.policy import MINUTE_MS, Policy, Queue
from trustladder.core.risk import probability_of
from trustladder.core.summary import TicketSummary

_MOST_DOUBLINGS = 40.0


def priority(queue: Queue, row: TicketSummary, at_ms: int) -> float:
    """Return a ticket's priority, in currency an hour: cost of delay × risk weight × 2^(time used / time allowed).

    The time runs from the first unanswered customer turn (law 8), the time allowed is the resolve clock. The risk
    weight is 1 + Resolution Risk, so that of two like tickets the riskier comes first.
    """
    since = row.waiting_since_ms if row.waiting_since_ms is not None else row.escalated_at_ms
    used_ms = max(0, at_ms - (since if since is not None else row.opened_at_ms))
    allowed_ms = max(1, queue.clocks.first_reply_minutes) * MINUTE_MS
    doublings = min(_MOST_DOUBLINGS, used_ms / allowed_ms)
    risk_weight = 1.0 + probability_of(row.risk_points_hundredths)
    return float(queue.cost_of_delay_per_hour * risk_weight * 2.0**doublings)


def in_order(policy: Policy, rows: Iterable[TicketSummary], at_ms: int) -> list[TicketSummary]:
    """Return the rows in the order in which people should take them: highest priority first, then the longest wait."""

    def key(row: TicketSummary) -> tuple[float, int, str]:
        queue = policy.queues.get(row.queue, Queue(row.queue))
        return -priority(queue, row, at_ms), row.waiting_since_ms or row.updated_at_ms, row.ticket_id

    return sorted(rows, key=key)


@dataclass(frozen=True, slots=True)
class Taking:
    """A person took a ticket while others waited. Priorities are those of that moment."""

    ticket_id: str
    person_id: str
    at_ms: int
    priority: float
    waiting: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Inversion:
    """A ticket was taken although one of higher priority waited."""

    taken: str
    passed_over: str
    person_id: str
    at_ms: int
    times_higher: float


@dataclass(frozen=True, slots=True)
class QueueIntegrity:
    """Queue Integrity, 0 to 1: the share of comparisons in which the higher priority came first; None without any."""

    value: float | None
    comparisons: int
    inversions: tuple[Inversion, ...]


def queue_integrity(takings: Sequence[Taking]) -> QueueIntegrity:
    """Compare every taking with the tickets that waited at that moment, and name every inversion."""
    inversions = tuple(
        Inversion(taking.ticket_id, other, taking.person_id, taking.at_ms, waiting / taking.priority)
        for taking in takings
        for other, waiting in taking.waiting
        if waiting > taking.priority > 0
    )
    comparisons = sum(len(taking.waiting) for taking in takings)
    value = 1.0 - len(inversions) / comparisons if comparisons else None
    return QueueIntegrity(value, comparisons, inversions)
