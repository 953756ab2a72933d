"""Perception of one turn: every detector by itself, and what fails is unknown (law 4)."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from trustladder.core.events import SignalsDetected
from trustladder.core.policy import Policy
from trustladder.core.signals import CATALOGUE, Memory, Signal, UnknownSignal
from trustladder.core.ticket import Role, Ticket, Turn, new_ticket
from trustladder.detect import account, bot, customer, learned, structured
from trustladder.detect.breaker import Breaker, Circuit, ClockMs
from trustladder.detect.detector import Detector
from trustladder.detect.facts import stated_facts
from trustladder.detect.language import spoken_language
from trustladder.detect.outside import only_raising
from trustladder.detect.repetition import repetition
from trustladder.detect.scene import Scene
from trustladder.detect.sentiment import sentiment
from trustladder.detect.types import prepare_types, recognised_types

BUDGET_MS = 250
"""The default budget of one turn, all detectors together, in milliseconds."""

_UNREAD = ("human_request", "legal_or_safety", "security", "vulnerability", "payment", "churn_threat")
"""The signals whose cue may stand in the part of a very long message that is not read."""

_LATEST = frozenset(kind.name for kind in CATALOGUE.values() if kind.memory is Memory.LATEST)
"""The signals of which the newest reading replaces an older one."""


def default_detectors() -> tuple[Detector, ...]:
    """Return the detectors that come with the product."""
    return (
        repetition,
        sentiment,
        *customer.detectors(),
        *account.detectors(),
        *bot.detectors(),
        *structured.detectors(),
        *learned.detectors(),
    )


@dataclass(frozen=True, slots=True)
class DetectorStatus:
    """How a detector has done since the start: calls, failures, time taken, and its circuit."""

    name: str
    circuit: Circuit
    calls: int
    failures: int
    microseconds: int
    last_failure: str


class _Guarded:
    """A detector behind its breaker, with its counts."""

    def __init__(self, detector: Detector, breaker: Breaker) -> None:
        self.detector = detector
        self.read = detector.read
        self.breaker = breaker
        self.calls = 0
        self.failures = 0
        self.nanoseconds = 0
        self.last_failure = ""

    def fail(self, reason: str) -> tuple[UnknownSignal, ...]:
        self.failures += 1
        self.last_failure = reason
        self.breaker.failed()
        return self.unknown(reason)

    def paused(self) -> tuple[UnknownSignal, ...]:
        return self.unknown(f"{self.detector.name} is paused after repeated failures")

    def unknown(self, reason: str) -> tuple[UnknownSignal, ...]:
        return tuple(UnknownSignal(name, reason) for name in self.detector.signals)

    def status(self) -> DetectorStatus:
        return DetectorStatus(
            self.detector.name,
            self.breaker.circuit,
            self.calls,
            self.failures,
            self.nanoseconds // 1000,
            self.last_failure,
        )


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Perceiver:
    """Reads turns with a set of detectors, each isolated from the others.

    A detector that raises, or that overruns the turn's budget, yields an `UnknownSignal` for each of its signals;
    one that keeps failing is left alone until its breaker lets it try again. ``budget_ms`` is for all detectors of
    a turn together. ``clock_ms`` gives the time for breakers, in milliseconds.
    """

    def __init__(
        self,
        extra_detectors: Iterable[Detector] = (),
        *,
        detectors: Iterable[Detector] | None = None,
        budget_ms: int = BUDGET_MS,
        failures_to_open: int = 5,
        cooldown_ms: int = 30_000,
        clock_ms: ClockMs = _now_ms,
    ) -> None:
        chosen = default_detectors() if detectors is None else tuple(detectors)
        every = (*chosen, *extra_detectors)
        self._guarded = tuple(_Guarded(d, Breaker(clock_ms, failures_to_open, cooldown_ms)) for d in every)
        self._at_once = {role: self._that_read(role, waits=False) for role in Role}
        self._waiting = {role: self._that_read(role, waits=True) for role in Role}
        self._budget_ns = budget_ms * 1_000_000
        self._pool = ThreadPoolExecutor(4, "perceive") if any(d.waits for d in every) else None

    def _that_read(self, role: Role, *, waits: bool) -> tuple[_Guarded, ...]:
        return tuple(g for g in self._guarded if role in g.detector.roles and g.detector.waits is waits)

    def perceive(self, ticket: Ticket, turn: Turn, policy: Policy, reported: Iterable[Signal] = ()) -> SignalsDetected:
        """Return what the new turn shows. ``ticket`` is the state before it.

        ``reported`` are values from outside (see `trustladder.detect.outside`); of two readings of one signal the
        stronger stands. Never raises for what a turn holds.
        """
        scene = Scene(ticket, turn, policy)
        found, unknown = self._read(scene)
        told = (*found, *only_raising(ticket, found, reported)) if reported else found
        signals = tuple(_worth_telling(_strongest(told), ticket))
        if turn.role is not Role.CUSTOMER:
            return SignalsDetected(signals, _still_unknown(unknown, found))
        return SignalsDetected(
            signals,
            _still_unknown((*unknown, *_unread(scene)), found),
            _or_nothing(stated_facts, scene, ()),
            _or_nothing(recognised_types, scene, ()),
            _or_nothing(spoken_language, scene, ""),
        )

    def _read(self, scene: Scene) -> tuple[list[Signal], list[UnknownSignal]]:
        now = time.perf_counter_ns()
        deadline = now + self._budget_ns
        found: list[Signal] = []
        unknown: list[UnknownSignal] = []
        waiting: list[tuple[_Guarded, Future[tuple[Signal, ...]]]] = []
        for guarded in self._waiting[scene.role]:
            if guarded.breaker.lets_through():
                waiting.append((guarded, self._start(guarded, scene)))
            else:
                unknown += guarded.paused()
        self._read_at_once(scene, now, deadline, found, unknown)
        for guarded, answer in waiting:
            self._await(guarded, answer, deadline, found, unknown)
        return found, unknown

    def _read_at_once(
        self, scene: Scene, now: int, deadline: int, found: list[Signal], unknown: list[UnknownSignal]
    ) -> None:
        """Ask the detectors that do not wait, one after the other; ``now`` and ``deadline`` are in nanoseconds."""
        for guarded in self._at_once[scene.role]:
            started, troubled = now, guarded.breaker.failures_in_a_row
            if now > deadline:
                unknown += guarded.unknown("the turn's budget was spent before this was read")
                continue
            if troubled and not guarded.breaker.lets_through():
                unknown += guarded.paused()
                continue
            guarded.calls += 1
            try:
                found += tuple(guarded.read(scene))
            except Exception as error:  # isolation: any failure of one detector is one unknown, whatever it was
                unknown += guarded.fail(f"{guarded.detector.name} failed: {type(error).__name__}")
                now = time.perf_counter_ns()
                continue
            now = time.perf_counter_ns()
            guarded.nanoseconds += now - started
            if now > deadline:
                unknown += guarded.fail(f"{guarded.detector.name} overran the turn's budget")
            elif troubled:
                guarded.breaker.succeeded()

    def _start(self, guarded: _Guarded, scene: Scene) -> "Future[tuple[Signal, ...]]":
        assert self._pool is not None  # noqa: S101 - made whenever a detector waits
        guarded.calls += 1
        return self._pool.submit(lambda: tuple(guarded.detector.read(scene)))

    def _await(
        self,
        guarded: _Guarded,
        answer: "Future[tuple[Signal, ...]]",
        deadline: int,
        found: list[Signal],
        unknown: list[UnknownSignal],
    ) -> None:
        left = max(0.0, (deadline - time.perf_counter_ns()) / 1e9)
        try:
            found += answer.result(timeout=left)
            guarded.breaker.succeeded()
        except TimeoutError:
            answer.cancel()
            unknown += guarded.fail(f"{guarded.detector.name} did not answer in time")
        except Exception as error:  # isolation, as above
            unknown += guarded.fail(f"{guarded.detector.name} failed: {type(error).__name__}")

    def status(self) -> tuple[DetectorStatus, ...]:
        """Return how each detector has done, for readiness and metrics."""
        return tuple(guarded.status() for guarded in self._guarded)

    def prepare(self, policy: Policy) -> None:
        """Load the models and learn the policy's ticket types now, so that no customer's turn waits for it.

        What cannot be prepared is left for the turn, where it makes its signals unknown.
        """
        prepare_types(policy)
        ticket = new_ticket("prepare", "prepare")
        for role in (Role.CUSTOMER, Role.BOT):
            self.perceive(ticket, Turn(0, role, "Hello, I have a question about my order.", 0), policy)

    @property
    def ready(self) -> bool:
        """True while no detector's circuit is open."""
        return all(guarded.breaker.circuit is not Circuit.OPEN for guarded in self._guarded)


def _strongest(signals: Iterable[Signal]) -> Iterable[Signal]:
    best: dict[str, Signal] = {}
    for signal in signals:
        held = best.get(signal.name)
        if held is None or signal.strength > held.strength:
            best[signal.name] = signal
    return best.values()


def _worth_telling(signals: Iterable[Signal], ticket: Ticket) -> Iterable[Signal]:
    """Leave out strength 0, but where the newest reading must replace an older one on the ticket's board."""
    for signal in signals:
        if signal.strength:
            yield signal
        elif signal.name in _LATEST:
            held = ticket.signals.get(signal.name)
            if held is not None and held.strength:
                yield signal


def _unread(scene: Scene) -> tuple[UnknownSignal, ...]:
    if not scene.text.cut:
        return ()
    reason = f"the message has {len(scene.turn.text):,} characters and its middle was not read"
    return tuple(UnknownSignal(name, reason) for name in _UNREAD)


def _still_unknown(unknown: Sequence[UnknownSignal], found: Iterable[Signal]) -> tuple[UnknownSignal, ...]:
    if not unknown:
        return ()
    seen = {signal.name for signal in found if signal.strength}
    return tuple({item.name: item for item in unknown if item.name not in seen}.values())


_T = TypeVar("_T")


def _or_nothing(read: Callable[[Scene], _T], scene: Scene, nothing: _T) -> _T:
    """Facts, types and language only add: where one cannot be read there is nothing to add."""
    try:
        return read(scene)
    except Exception:  # isolation, as for detectors
        return nothing


_DEFAULT: list[Perceiver] = []


def default_perceiver() -> Perceiver:
    """Return the process's perceiver with the product's detectors, made on first use."""
    if not _DEFAULT:
        _DEFAULT.append(Perceiver())
    return _DEFAULT[0]


def perceive(ticket: Ticket, turn: Turn, policy: Policy, reported: Iterable[Signal] = ()) -> SignalsDetected:
    """Read one turn with the process's perceiver (see `Perceiver.perceive`)."""
    return default_perceiver().perceive(ticket, turn, policy, reported)
