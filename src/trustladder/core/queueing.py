"""Queues by business priority, and Queue Integrity: how far people's order of taking agrees with it.

Priority is what another hour of waiting costs, doubled for every allowed stretch of time that has passed
since the handoff. It grows without bound, so that nothing starves, and automation speed plays no part in it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from trustladder.core.calendar import is_open
from trustladder.core.plan import PassedOver, Standing
from trustladder.core.policy import MINUTE_MS, Person, Policy, Queue
from trustladder.core.risk import probability_of
from trustladder.core.routing import may_decide, speaks
from trustladder.core.summary import TicketSummary

_MOST_DOUBLINGS = 40.0

MOST_NAMED = 20
"""How many of the tickets that one taking passed over are named; all of them are counted."""


def priority(queue: Queue, row: TicketSummary, at_ms: int) -> float:
    """Return a ticket's priority, in currency an hour: cost of delay × risk weight × 2^(time used / time allowed).

    The time runs from the first unanswered customer turn (law 8), the time allowed is the clock of the first reply.
    The risk weight is 1 + Resolution Risk, so that of two like tickets the riskier comes first.
    """
    since = row.waiting_since_ms if row.waiting_since_ms is not None else row.escalated_at_ms
    used_ms = max(0, at_ms - (since if since is not None else row.opened_at_ms))
    allowed_ms = max(1, queue.clocks.first_reply_minutes) * MINUTE_MS
    doublings = min(_MOST_DOUBLINGS, used_ms / allowed_ms)
    risk_weight = 1.0 + probability_of(row.risk_points_hundredths)
    return float(queue.cost_of_delay_per_hour * risk_weight * 2.0**doublings)


def rank(policy: Policy, at_ms: int) -> Callable[[TicketSummary], tuple[float, int, str]]:
    """Return what rows are sorted by at a moment, the least first: highest priority, then the longest wait."""

    def key(row: TicketSummary) -> tuple[float, int, str]:
        queue = policy.queues.get(row.queue) or Queue(row.queue)
        return -priority(queue, row, at_ms), row.waiting_since_ms or row.updated_at_ms, row.ticket_id

    return key


def in_order(policy: Policy, rows: Iterable[TicketSummary], at_ms: int) -> list[TicketSummary]:
    """Return the rows in the order in which people should take them: highest priority first, then the longest wait."""
    return sorted(rows, key=rank(policy, at_ms))


def standing_of(
    policy: Policy, taken: TicketSummary, waiting: Iterable[TicketSummary], person_id: str, at_ms: int
) -> Standing:
    """Return how a ticket stands among those that wait when a person takes it: what is passed over, and why it may be.

    Only tickets that this person could have taken instead are compared. The rest is named where it stood higher, with
    what allowed to pass it over: it waits in a queue that they do not work, for a language or an authority that they
    lack, or in a queue that is closed.
    """
    person = policy.people.get(person_id)
    own = priority(policy.queues.get(taken.queue, Queue(taken.queue)), taken, at_ms)
    by_queue = {queue.id: _allowed_by_queue(policy, person, queue, at_ms) for queue in policy.queues.values()}
    count = comparable = 0
    above: list[PassedOver] = []
    for row in waiting:
        if row.ticket_id == taken.ticket_id:
            continue
        allowed = by_queue.get(row.queue) or _allowed_by_ticket(person, row)
        count += 1
        comparable += not allowed
        theirs = priority(policy.queues.get(row.queue) or Queue(row.queue), row, at_ms)
        if theirs > own > 0:
            above.append(PassedOver(row.ticket_id, row.queue, round(theirs / own, 2), allowed))
    named = sorted(above, key=lambda passed: (bool(passed.allowed), -passed.times_higher))[:MOST_NAMED]
    unallowed = sum(1 for passed in above if not passed.allowed)
    return Standing(count, comparable, unallowed, len(above) - unallowed, tuple(named))


def _allowed_by_queue(policy: Policy, person: Person | None, queue: Queue, at_ms: int) -> str:
    """Say why this person may pass over every ticket of a queue, "" where nothing allows it."""
    if person is not None and person.id not in queue.people:
        return "queue"
    return "" if is_open(policy.hours.get(queue.hours), at_ms) else "hours"


def _allowed_by_ticket(person: Person | None, row: TicketSummary) -> str:
    """Say why this person may pass a ticket over that waits in a queue of theirs, "" where nothing allows it."""
    if person is not None and row.language and not speaks(person, row.language):
        return "language"
    return "" if may_decide(person, row.needs_amount) else "authority"


@dataclass(frozen=True, slots=True)
class Taking:
    """A person took a ticket from a queue while others waited."""

    ticket_id: str
    person_id: str
    at_ms: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class Inversion:
    """A ticket was taken although one of higher priority waited. ``allowed`` says why it may be, "" for no reason."""

    taken: str
    passed_over: str
    person_id: str
    at_ms: int
    times_higher: float
    queue: str = ""
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class QueueIntegrity:
    """Queue Integrity, 0 to 1: the share of comparisons in which the higher priority came first; None without any.

    A comparison is a ticket taken beside one that waited and that the same person could have taken. ``inverted`` counts
    those in which the other stood higher, ``allowed`` the tickets passed over for a reason, which are no comparisons.
    ``inversions`` names the highest of both, the newest taking first.
    """

    value: float | None
    takings: int
    comparisons: int
    inverted: int
    allowed: int
    inversions: tuple[Inversion, ...]


def queue_integrity(takings: Sequence[Taking]) -> QueueIntegrity:
    """Add up what stood above each ticket when it was taken, and name the inversions."""
    comparisons = sum(taking.standing.comparable for taking in takings)
    inverted = sum(taking.standing.above for taking in takings)
    inversions = tuple(
        Inversion(
            taking.ticket_id,
            passed.ticket_id,
            taking.person_id,
            taking.at_ms,
            passed.times_higher,
            passed.queue,
            passed.allowed,
        )
        for taking in sorted(takings, key=lambda taking: -taking.at_ms)
        for passed in taking.standing.passed_over
    )
    return QueueIntegrity(
        value=1.0 - inverted / comparisons if comparisons else None,
        takings=len(takings),
        comparisons=comparisons,
        inverted=inverted,
        allowed=sum(taking.standing.above_allowed for taking in takings),
        inversions=inversions,
    )
