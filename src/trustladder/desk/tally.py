"""What a desk has done since its process started, counted: for readiness and metrics, never for a decision."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter

from trustladder.errors import PermitRefused

PERCEPTION_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the buckets of perception's latency, in seconds; the default budget of a turn is 0.25."""


@dataclass(slots=True)
class Tally:
    """Counts by name. Safe to share between threads.

    ``gate`` counts the gate's answers by kind, ``lanes`` the answers to turns by the lane they left the ticket in,
    ``perceived`` the perceptions by the bound of their bucket (infinity for the slowest).
    """

    gate: Counter[str] = field(default_factory=Counter)
    lanes: Counter[str] = field(default_factory=Counter)
    perceived: Counter[float] = field(default_factory=Counter)
    perceived_seconds: float = 0.0
    permits_redeemed: int = 0
    permits_refused: int = 0
    _lock: Lock = field(default_factory=Lock)

    def judged(self, answer: str) -> None:
        """Count an answer of the gate."""
        with self._lock:
            self.gate[answer] += 1

    def decided(self, lane: str) -> None:
        """Count the answer to a turn."""
        with self._lock:
            self.lanes[lane] += 1

    @contextmanager
    def redeeming(self) -> Iterator[None]:
        """Count what becomes of a permit."""
        try:
            yield
        except PermitRefused:
            with self._lock:
                self.permits_refused += 1
            raise
        with self._lock:
            self.permits_redeemed += 1

    @contextmanager
    def perceiving(self) -> Iterator[None]:
        """Time one perception."""
        began = perf_counter()
        try:
            yield
        finally:
            took = perf_counter() - began
            bound = next((bound for bound in PERCEPTION_SECONDS if took <= bound), float("inf"))
            with self._lock:
                self.perceived[bound] += 1
                self.perceived_seconds += took
