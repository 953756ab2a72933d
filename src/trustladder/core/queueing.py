"""Queues by business priority, and Queue Integrity: how far people's order of taking agrees with it.

Priority is what another hour of waiting costs, doubled for every allowed stretch of time that has passed
since the handoff. It grows without bound, so that nothing starves, and automation speed plays no part in it.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log2
from typing import NamedTuple

from trustladder.core.calendar import is_open
from trustladder.core.plan import PassedOver, Standing
from trustladder.core.policy import MINUTE_MS, Person, Policy, Queue
from trustladder.core.risk import probability_of
from trustladder.core.routing import may_decide, speaks
from trustladder.core.summary import TicketSummary

_MOST_DOUBLINGS = 900.0  # as far as a float goes, with room for a cost

MOST_NAMED = 20
"""How many of the tickets that one taking passed over are named; all of them are counted."""


def priority(queue: Queue, row: TicketSummary, at_ms: int) -> float:
    """Return a ticket's priority, in currency an hour: cost of delay × risk weight × 2^(time used / time allowed).

    The time runs from the first unanswered customer turn (law 8), the time allowed is the clock of the first reply.
    The risk weight is 1 + Resolution Risk, so that of two like tickets the riskier comes first.
    """
    used_ms = max(0, at_ms - _since_ms(row))
    doublings = min(_MOST_DOUBLINGS, used_ms / _allowed_ms(queue))
    return float(queue.cost_of_delay_per_hour * _risk_weight(row) * 2.0**doublings)


def _since_ms(row: TicketSummary) -> int:
    since = row.waiting_since_ms if row.waiting_since_ms is not None else row.escalated_at_ms
    return since if since is not None else row.opened_at_ms


def _allowed_ms(queue: Queue) -> int:
    return max(1, queue.clocks.first_reply_minutes) * MINUTE_MS


def _risk_weight(row: TicketSummary) -> float:
    return 1.0 + probability_of(row.risk_points_hundredths)


def rank(policy: Policy, at_ms: int) -> Callable[[TicketSummary], tuple[float, int, str]]:
    """Return what rows are sorted by at a moment, the least first: highest priority, then the longest wait."""

    def key(row: TicketSummary) -> tuple[float, int, str]:
        queue = policy.queues.get(row.queue) or Queue(row.queue)
        return -priority(queue, row, at_ms), row.waiting_since_ms or row.updated_at_ms, row.ticket_id

    return key


def in_order(policy: Policy, rows: Iterable[TicketSummary], at_ms: int) -> list[TicketSummary]:
    """Return the rows in the order in which people should take them: highest priority first, then the longest wait."""
    return sorted(rows, key=rank(policy, at_ms))


class _Group(NamedTuple):
    """Tickets that one person may or may not take for the same reason, and whose priorities grow at one pace."""

    queue: str
    language: str
    needs_amount: float


_Place = tuple[float, str, TicketSummary]
"""A ticket in its group: the constant part of its priority's logarithm to base 2, its id, its row."""

_TIE = 1e-9


class Places:
    """The tickets that wait, kept so that how one of them stands is told without looking at each.

    Within a queue every priority doubles in the same time, so that nobody overtakes: a group keeps its order from when
    a ticket comes to when it goes, and a search finds how many stand above. One policy's; not safe to share.
    """

    def __init__(self, policy: Policy, waiting: Iterable[TicketSummary] = ()) -> None:
        self.policy = policy
        self._groups: dict[_Group, list[_Place]] = {}
        self._held: dict[str, tuple[_Group, _Place]] = {}
        self._base_ms: int | None = None
        for row in waiting:
            self.put(row)

    def put(self, row: TicketSummary) -> None:
        """Hold a ticket that waits, in place of what was held of it."""
        self.drop(row.ticket_id)
        if self._base_ms is None:  # small numbers keep the milliseconds apart
            self._base_ms = _since_ms(row)
        age = (_since_ms(row) - self._base_ms) / _allowed_ms(self._queue(row.queue))
        group, place = _Group(row.queue, row.language, row.needs_amount), (log2(_risk_weight(row)) - age, row.ticket_id)
        self._held[row.ticket_id] = (group, (*place, row))
        insort(self._groups.setdefault(group, []), (*place, row))

    def drop(self, ticket_id: str) -> None:
        """Let go of a ticket that waits no longer."""
        if ticket_id in self._held:
            group, place = self._held.pop(ticket_id)
            places = self._groups[group]
            del places[bisect_left(places, place[:2])]
            if not places:
                del self._groups[group]

    def standing(self, taken: TicketSummary, person_id: str, at_ms: int) -> Standing:
        """Return how a ticket stands among those held when a person takes it; see `standing_of`."""
        mine = self._held.get(taken.ticket_id)
        self.drop(taken.ticket_id)
        try:
            return self._standing(taken, person_id, at_ms)
        finally:
            if mine is not None:
                self.put(mine[1][2])

    def _standing(self, taken: TicketSummary, person_id: str, at_ms: int) -> Standing:
        person = self.policy.people.get(person_id)
        own = priority(self._queue(taken.queue), taken, at_ms)
        allowed_by = {queue.id: _allowed_by_queue(self.policy, person, queue, at_ms) for queue in self._queues()}
        comparable = unallowed = above_all = 0
        passed: list[tuple[TicketSummary, str]] = []
        for group, places in self._groups.items():
            allowed = allowed_by.get(group.queue) or _allowed_by_ticket(person, group)
            above, highest = self._above(group, places, own, at_ms) if own > 0 else (0, ())
            above_all += above
            if not allowed:
                unallowed += above
                comparable += len(places)
            passed += [(row, allowed) for row in highest]
        named = [self._passed_over(row, allowed, own, at_ms) for row, allowed in passed]
        named = sorted(named, key=lambda one: (bool(one.allowed), -one.times_higher))[:MOST_NAMED]
        return Standing(len(self._held), comparable, unallowed, above_all - unallowed, tuple(named))

    def _passed_over(self, row: TicketSummary, allowed: str, own: float, at_ms: int) -> PassedOver:
        times_higher = priority(self._queue(row.queue), row, at_ms) / own
        return PassedOver(row.ticket_id, row.queue, round(times_higher, 2), allowed)

    def _above(
        self, group: _Group, places: list[_Place], own: float, at_ms: int
    ) -> tuple[int, Sequence[TicketSummary]]:
        """Return how many of a group stand above a priority, and the highest of them, at most `MOST_NAMED`."""
        queue = self._queue(group.queue)
        if queue.cost_of_delay_per_hour <= 0:
            return 0, ()
        over_cost = log2(own) - log2(queue.cost_of_delay_per_hour)
        first = bisect_left(places, (over_cost - (at_ms - (self._base_ms or 0)) / _allowed_ms(queue) + _TIE,))
        if over_cost < _MOST_DOUBLINGS:
            return len(places) - first, [row for _, _, row in places[first:][-MOST_NAMED:]]
        # Where both have waited so long that priorities grow no more, the cost alone decides: no order was kept for it.
        rows = [row for _, _, row in places[first:] if priority(queue, row, at_ms) > own]
        return len(rows), sorted(rows, key=lambda row: -priority(queue, row, at_ms))[:MOST_NAMED]

    def _queue(self, name: str) -> Queue:
        return self.policy.queues.get(name) or Queue(name)

    def _queues(self) -> Iterable[Queue]:
        return (self._queue(name) for name in {group.queue for group in self._groups} & self.policy.queues.keys())


def standing_of(
    policy: Policy, taken: TicketSummary, waiting: Iterable[TicketSummary], person_id: str, at_ms: int
) -> Standing:
    """Return how a ticket stands among those that wait when a person takes it: what is passed over, and why it may be.

    Only tickets that this person could have taken instead are compared. The rest is named where it stood higher, with
    what allowed to pass it over: it waits in a queue that they do not work, for a language or an authority that they
    lack, or in a queue that is closed.
    """
    return Places(policy, waiting).standing(taken, person_id, at_ms)


def _allowed_by_queue(policy: Policy, person: Person | None, queue: Queue, at_ms: int) -> str:
    """Say why this person may pass over every ticket of a queue, "" where nothing allows it."""
    if person is not None and person.id not in queue.people:
        return "queue"
    return "" if is_open(policy.hours.get(queue.hours), at_ms) else "hours"


def _allowed_by_ticket(person: Person | None, group: _Group) -> str:
    """Say why this person may pass tickets over that wait in a queue of theirs, "" where nothing allows it."""
    if person is not None and group.language and not speaks(person, group.language):
        return "language"
    return "" if may_decide(person, group.needs_amount) else "authority"


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
