"""Rounds: what runs beside the answers, again and again: timers, the outbox, the watchdog, pruning.

Any number of workers, in any process, may go their rounds at once; what one does not live to finish, another does.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from trustladder.core.ticket import running_clock
from trustladder.desk.clocks import CLOCK
from trustladder.desk.desk import Desk
from trustladder.errors import TrustladderError
from trustladder.ledger.protocol import Due, Ledger

log = structlog.get_logger()

BATCH = 100
HANDS = 8
"""How many timers are looked at side by side: on SQLite their commits are one, on PostgreSQL half the connections."""
LEASE_MS = 10_000
"""How late the timers of a worker that was killed may be; a live one needs less than a second for a batch."""
AFTER_FAILURE_MS = 10_000
KEEP_DONE_MS = 7 * 86_400_000
"""How long a row of work that is done is kept, for those who look into what happened."""


def run_due_clocks(desk: Desk, lease_ms: int = LEASE_MS) -> int:
    """Look at tickets whose timer is due, a batch; return how many rows were looked at.

    One that cannot be looked at is put back for a while, so that it holds up no other.
    """
    batch = desk.ledger.claim_due((CLOCK,), BATCH, lease_ms)
    with ThreadPoolExecutor(HANDS, "clocks") as hands:
        list(hands.map(partial(_run_clock, desk), batch))
    return len(batch)


def _run_clock(desk: Desk, due: Due) -> None:
    try:
        if not desk.clock_fired(due.key):
            _settle(desk, due)
    except TrustladderError as error:
        log.error("a timer could not run, it will be tried again", ticket=due.key.ticket_id, error=error.what)
        desk.ledger.retry_due(due, desk.ledger.now_ms() + AFTER_FAILURE_MS, error.what)


def _settle(desk: Desk, due: Due) -> None:
    """Be done with a timer that nothing followed from, or keep it for the clock that runs by now.

    What did follow has set it anew in its own commit.
    """
    running = running_clock(desk.ticket(due.key))
    if running is None:
        desk.ledger.finish_due(due)
    else:
        desk.ledger.retry_due(due, running[1])


def prune(ledger: Ledger, keep_ms: int = KEEP_DONE_MS) -> int:
    """Forget rows of work that were done long ago; return how many."""
    total = 0
    while pruned := ledger.prune_due(ledger.now_ms() - keep_ms):
        total += pruned
    return total


class Round(threading.Thread):
    """Does one kind of work in the background: again at once while there is some, else after a pause."""

    def __init__(self, name: str, every_seconds: float, work: Callable[[], int]) -> None:
        super().__init__(name=name, daemon=True)
        self._every_seconds = every_seconds
        self._work = work
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until stopped; a failure is logged and tried again."""
        while not self._stopping.is_set():
            if not self._once():
                self._stopping.wait(self._every_seconds)

    def _once(self) -> int:
        try:
            return self._work()
        except TrustladderError as error:
            log.warning("a round failed, it will be tried again", round=self.name, error=str(error))
        except Exception:
            log.exception("a round failed unexpectedly, it will be tried again", round=self.name)
        return 0

    def stop(self) -> None:
        """Stop after the present piece of work."""
        self._stopping.set()
        self.join(timeout=10)
