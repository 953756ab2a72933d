"""The watchdog: proves law 3, repairs what was broken from outside, and says so."""

from threading import Lock

from trustladder.core.containment import Lane
from trustladder.desk.clocks import CLOCK
from trustladder.desk.desk import Desk
from trustladder.errors import TrustladderError
from trustladder.ledger.protocol import TicketKey

HELD_BY_PEOPLE = (Lane.ESCALATED, Lane.OWNED)
BATCH = 1_000
ALARM_MS = 15 * 60_000
"""How long an alarm stays up after the last timer that was missing."""


class Watchdog:
    """Looks for escalated tickets without a timer: there must be none. Any number may look at once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = Lock()
        self._restored = 0
        self._last_ms = 0
        self._failed = ""

    def look(self) -> int:
        """Prove law 3 once; set every missing timer again, and return how many had been missing."""
        try:
            restored = sum(self._restore(key) for key in self._desk.ledger.without_due(CLOCK, HELD_BY_PEOPLE, BATCH))
        except TrustladderError as error:
            self._failed = error.what
            raise
        with self._lock:
            self._failed = ""
            if restored:
                self._restored += restored
                self._last_ms = self._desk.ledger.now_ms()
        return restored

    def _restore(self, key: TicketKey) -> bool:
        # Where the ticket moved since, its timer was set in the same transaction; the next look proves it.
        return self._desk.restore_clock(key, self._desk.ticket(key).position)

    def alarms(self, now_ms: int) -> list[str]:
        """Return what is wrong, or was within `ALARM_MS`."""
        found = [f"law 3 could not be proved: {self._failed}"] if self._failed else []
        if self._restored and now_ms - self._last_ms < ALARM_MS:
            found.append(f"{self._restored} escalated tickets had no timer and have one again: find out who removed it")
        return found
