"""The storm in one process, from a seed: who goes next is drawn at every point where another process could cut in.

Each simulated worker is a coroutine (a greenlet) that gives way before it reads a ticket and before it commits, so that
reading, perceiving and committing of many workers interleave as they do between processes, but the same way for the
same seed. A worker may die at any of these points, or right after its commit and before its answer arrives.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import count
from typing import Any, TypeVar, cast

from greenlet import GreenletExit, getcurrent, greenlet

from tests.desk.checker import Answered, Violation, check
from tests.desk.steps import TENANT, Worker, storm_desk
from trustladder.core.containment import Lane
from trustladder.core.events import Event, Recorded
from trustladder.core.summary import TicketSummary
from trustladder.errors import PositionConflict
from trustladder.ledger.protocol import Due, Fed, Ledger, Page, Remembered, TicketKey

T = TypeVar("T")
DEATHS = 0.002
"""The chance that a worker dies where it gives way."""


class SimulatedLedger:
    """A ledger in memory with the promises that the desk builds on, and no guard of its own against the desk.

    ``give_way`` is called where another process could come between.
    """

    def __init__(self, give_way: Callable[[], None]) -> None:
        self._give_way = give_way
        self._events: dict[TicketKey, list[Recorded]] = defaultdict(list)
        self._answers: dict[tuple[TicketKey, str], Remembered] = {}
        self._due: dict[str, Due] = {}
        self._summaries: dict[TicketKey, TicketSummary] = {}
        self._feed: list[Fed] = []
        self._clock = count(1_790_000_000_000, 7)

    def transact(self, key: TicketKey, work: Callable[[Any], T], timeout_ms: int | None = None) -> T:
        """Run work on a ticket, all or nothing, with a chance for others before and after."""
        del timeout_ms
        self._give_way()
        transaction = SimulatedTransaction(self, key)
        answer = work(transaction)
        self._events[key] += transaction.appended
        self._feed += [Fed(number, key, new) for number, new in enumerate(transaction.appended, len(self._feed) + 1)]
        self._answers.update(transaction.answers)
        self._summaries.update(transaction.summaries)
        for uniq, due in transaction.due.items():
            self._due.pop(uniq, None)
            if due is not None:
                self._due[uniq] = due
        self._give_way()
        return answer

    def history(self, key: TicketKey, after: int = 0) -> tuple[Recorded, ...]:
        """Return the committed events of a ticket above a position."""
        self._give_way()
        return self.committed(key, after)

    def committed(self, key: TicketKey, after: int = 0) -> tuple[Recorded, ...]:
        """The same, with nobody coming between."""
        return tuple(self._events[key][after:]) if key in self._events else ()

    def remembered(self, key: TicketKey, idempotency_key: str) -> Remembered | None:
        """Return what a key was answered."""
        return self._answers.get((key, idempotency_key))

    def keys(self, tenant: str | None = None) -> Iterator[TicketKey]:
        """Yield the tickets that have events."""
        yield from (key for key in self._events if tenant in {None, key.tenant})

    def summaries(self, tenant: str, *, lanes: Collection[Lane] = (), limit: int = 100, **_: object) -> Page:
        """Return the tickets that stand in these lanes."""
        rows = [row for key, row in self._summaries.items() if key.tenant == tenant and row.lane in lanes]
        return Page(tuple(rows[:limit]))

    def summary(self, key: TicketKey) -> TicketSummary | None:
        """Return a ticket's row."""
        return self._summaries.get(key)

    def feed(self, after: int, limit: int = 500) -> list[Fed]:
        """Return what was committed after a place in the global order; nobody comes between: a board holds its lock."""
        return self._feed[after : after + limit]

    def without_due(self, kind: str, lanes: Collection[Lane], limit: int = 100) -> list[TicketKey]:
        """Return tickets in these lanes without a waiting row of the kind."""
        watched = {due.key for due in self._due.values() if due.kind == kind}
        return [k for k, row in self._summaries.items() if row.lane in lanes and k not in watched][:limit]

    def journal(self, tenant: str, after: int = 0) -> tuple[()]:
        """Return no policy ever proposed."""
        del tenant, after
        return ()

    def now_ms(self) -> int:
        """Return a clock that goes on with every look at it."""
        return next(self._clock)

    def close(self) -> None:
        """Do nothing: it is gone with its object."""


class SimulatedTransaction:
    """What one command does to one ticket, kept until it commits."""

    def __init__(self, ledger: SimulatedLedger, key: TicketKey) -> None:
        self._ledger = ledger
        self.key = key
        self.now_ms = ledger.now_ms()
        self.position = len(ledger.committed(key))
        self.appended: list[Recorded] = []
        self.answers: dict[tuple[TicketKey, str], Remembered] = {}
        self.summaries: dict[TicketKey, TicketSummary] = {}
        self.due: dict[str, Due | None] = {}

    def history(self, after: int = 0) -> tuple[Recorded, ...]:
        """Return the ticket's events above a position, those appended here included."""
        return (*self._ledger.committed(self.key, after), *(r for r in self.appended if r.position > after))

    def append(self, events: Sequence[Event], expected: int) -> tuple[Recorded, ...]:
        """Append events at the expected position."""
        if expected != self.position:
            raise PositionConflict(f"the ticket is at {self.position}, not at {expected}")
        new = tuple(Recorded(expected + i, self.now_ms, event) for i, event in enumerate(events, 1))
        self.appended += new
        self.position += len(new)
        return new

    def remembered(self, idempotency_key: str) -> Remembered | None:
        """Return what a key was answered."""
        return self._ledger.remembered(self.key, idempotency_key)

    def remember(self, idempotency_key: str, fingerprint: str, response: bytes) -> None:
        """Keep the answer to a key."""
        self.answers[self.key, idempotency_key] = Remembered(fingerprint, response)

    def project(self, summary: TicketSummary) -> None:
        """Write the ticket's row."""
        self.summaries[self.key] = summary

    def schedule(self, due: Due) -> None:
        """Owe a timer."""
        self.due[due.uniq] = due

    def withdraw(self, uniq_prefix: str) -> None:
        """Drop a timer."""
        self.due[uniq_prefix] = None


class Simulation:
    """Some workers over one ledger and a desk each, as processes would have them."""

    def __init__(self, seed: int, workers: int = 6, tickets: int = 12) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.steps = 0
        self.deaths = 0
        self.answers = 0
        self.kinds: Counter[str] = Counter()
        self.ledger = SimulatedLedger(self._give_way)
        self.answered: list[Answered] = []
        self._tickets = tickets
        self._born = count()
        self._hub = getcurrent()
        self._living = [self._worker() for _ in range(workers)]

    def run(self, steps: int) -> list[Violation]:
        """Take about so many steps and return what the checker found."""
        while self.steps < steps:
            place = self.random.randrange(len(self._living))
            runner = self._living[place]
            if self.random.random() < DEATHS:
                self._kill(runner)
                self._living[place] = self._worker()
            else:
                runner.switch()
        for runner in self._living:
            runner.throw(GreenletExit)
        self.answers = len(self.answered)
        return check(cast(Ledger, self.ledger), TENANT, self.answered, self.kinds)

    def forget(self) -> None:
        """Let go of the histories, and keep the counts."""
        self.ledger = SimulatedLedger(self._give_way)
        self.answered = []

    def _kill(self, runner: greenlet) -> None:
        self.deaths += 1
        runner.throw(GreenletExit)

    def _worker(self) -> greenlet:
        number = next(self._born)
        ids = (f"p{number}-{i}" for i in count())
        desk = storm_desk(cast(Ledger, self.ledger), ids)
        worker = Worker(desk, self.seed * 1000 + number, self._at_hand, self._told)
        return greenlet(lambda: self._work(worker))

    def _at_hand(self) -> range:
        first = self.steps // (self._tickets * 8)
        return range(first, first + self._tickets)

    def _told(self, key: TicketKey, position: int, lane: str) -> None:
        self.answered.append(Answered(key, position, lane))

    def _work(self, worker: Worker) -> None:
        while True:
            self.steps += 1
            worker.step()

    def _give_way(self) -> None:
        if getcurrent() is not self._hub:
            self._hub.switch()
