"""A circuit breaker a detector: what keeps failing is left alone for a while, and tried again later."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

ClockMs = Callable[[], int]
"""A clock in milliseconds that never goes back; the zero does not matter."""


class Circuit(StrEnum):
    """Whether a detector is asked (closed), left alone (open) or tried once (half open)."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(slots=True)
class Breaker:
    """Opens after ``failures_to_open`` failures in a row, and lets one call through after ``cooldown_ms``."""

    clock_ms: ClockMs
    failures_to_open: int = 5
    cooldown_ms: int = 30_000
    failures_in_a_row: int = 0
    opened_at_ms: int | None = None
    trying: bool = False
    _lock: Lock = field(default_factory=Lock)

    @property
    def circuit(self) -> Circuit:
        """The state in which the next call would find the breaker."""
        if self.opened_at_ms is None:
            return Circuit.CLOSED
        cooled = self.clock_ms() - self.opened_at_ms >= self.cooldown_ms
        return Circuit.HALF_OPEN if cooled else Circuit.OPEN

    def lets_through(self) -> bool:
        """Return whether a call may be made now; half open lets exactly one through at a time."""
        if self.opened_at_ms is None:
            return True
        with self._lock:
            if self.circuit is not Circuit.HALF_OPEN or self.trying:
                return self.opened_at_ms is None
            self.trying = True
            return True

    def succeeded(self) -> None:
        """Close the circuit again."""
        if self.failures_in_a_row or self.opened_at_ms is not None:
            with self._lock:
                self.failures_in_a_row, self.opened_at_ms, self.trying = 0, None, False

    def failed(self) -> None:
        """Count a failure; the last of a row, or a failed trial, opens the circuit from now on."""
        with self._lock:
            self.failures_in_a_row += 1
            if self.trying or self.failures_in_a_row >= self.failures_to_open:
                self.opened_at_ms = self.clock_ms()
            self.trying = False
