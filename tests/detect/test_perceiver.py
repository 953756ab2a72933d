"""Isolation, budget and breakers: what fails is unknown, and never more than itself."""

import time
from collections.abc import Iterable
from threading import Event

import pytest
from tests.detect.conversation import PERCEIVER, POLICY, opened, strengths, turn_of

from trustladder.core.signals import Evidence, Signal, UnknownSignal
from trustladder.detect.breaker import Breaker, Circuit
from trustladder.detect.detector import ANYONE, CUSTOMER, Detector
from trustladder.detect.outside import outside_signal
from trustladder.detect.perceiver import Perceiver
from trustladder.detect.scene import Scene


class Clock:
    """A clock in milliseconds that stands still until told."""

    def __init__(self) -> None:
        self.now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


class Faulty:
    """A reading that fails while told to."""

    def __init__(self) -> None:
        self.broken = True
        self.calls = 0

    def __call__(self, _: Scene) -> Iterable[Signal]:
        """Scale: 50 when it works."""
        self.calls += 1
        if self.broken:
            raise RuntimeError("secret text of the customer")
        return (Signal("urgency", 50),)


def unknown(perceiver: Perceiver) -> dict[str, str]:
    ticket = opened()
    seen = perceiver.perceive(ticket, turn_of(ticket, "customer", "I want to talk to a human"), POLICY)
    return {item.name: item.reason for item in seen.unknown}


def test_a_detector_that_raises_leaves_its_signals_unknown_and_the_others_read() -> None:
    broken = Detector("custom", ("urgency", "security"), CUSTOMER, Faulty())
    ticket = opened()
    seen = Perceiver([broken]).perceive(ticket, turn_of(ticket, "customer", "I want to talk to a human"), POLICY)
    assert strengths(seen)["human_request"] == 100
    assert {item.name for item in seen.unknown} == {"urgency", "security"}


def test_the_reason_names_the_error_and_repeats_no_text() -> None:
    reasons = unknown(Perceiver([Detector("custom", ("urgency",), CUSTOMER, Faulty())]))
    assert reasons == {"urgency": "custom failed: RuntimeError"}


def test_what_another_detector_saw_is_not_unknown() -> None:
    broken = Detector("custom", ("human_request",), CUSTOMER, Faulty())
    assert unknown(Perceiver([broken])) == {}


def test_a_detector_that_overruns_the_budget_is_unknown_and_so_is_what_comes_after() -> None:
    def slow(_: Scene) -> Iterable[Signal]:
        time.sleep(0.05)
        return ()

    chain = [Detector("slow", ("payment",), CUSTOMER, slow), Detector("late", ("security",), CUSTOMER, Faulty())]
    reasons = unknown(Perceiver(detectors=chain, budget_ms=10))
    assert reasons["payment"] == "slow overran the turn's budget"
    assert reasons["security"] == "the turn's budget was spent before this was read"


def test_what_a_late_detector_found_still_counts() -> None:
    def slow(_: Scene) -> Iterable[Signal]:
        time.sleep(0.05)
        return (Signal("payment", 80),)

    perceiver = Perceiver(detectors=[Detector("slow", ("payment", "security"), CUSTOMER, slow)], budget_ms=10)
    ticket = opened()
    seen = perceiver.perceive(ticket, turn_of(ticket, "customer", "x"), POLICY)
    assert strengths(seen) == {"payment": 80}
    assert [item.name for item in seen.unknown] == ["security"]


def test_a_waiting_detector_is_left_when_the_budget_ends() -> None:
    release = Event()

    def stuck(_: Scene) -> Iterable[Signal]:
        release.wait(5)
        return ()

    started = time.monotonic()
    reasons = unknown(
        Perceiver(detectors=[Detector("stuck", ("outside_judge",), CUSTOMER, stuck, waits=True)], budget_ms=30)
    )
    release.set()
    assert time.monotonic() - started < 2
    assert reasons == {"outside_judge": "stuck did not answer in time"}


def test_the_breaker_opens_after_failures_in_a_row_and_tries_again_after_the_cooldown() -> None:
    clock, faulty = Clock(), Faulty()
    detector = Detector("custom", ("urgency",), CUSTOMER, faulty)
    perceiver = Perceiver(detectors=[detector], failures_to_open=3, cooldown_ms=1_000, clock_ms=clock)
    for _ in range(5):
        unknown(perceiver)
    assert faulty.calls == 3
    assert unknown(perceiver) == {"urgency": "custom is paused after repeated failures"}
    assert not perceiver.ready
    clock.now_ms = 1_000
    unknown(perceiver)
    assert faulty.calls == 4
    assert perceiver.status()[0].circuit is Circuit.OPEN
    clock.now_ms, faulty.broken = 2_000, False
    assert unknown(perceiver) == {}
    assert perceiver.status()[0].circuit is Circuit.CLOSED
    assert perceiver.ready


def test_half_open_lets_one_call_through_at_a_time() -> None:
    clock = Clock()
    breaker = Breaker(clock, failures_to_open=1, cooldown_ms=10)
    breaker.failed()
    clock.now_ms = 10
    assert [breaker.lets_through(), breaker.lets_through()] == [True, False]


def test_status_counts_calls_and_failures() -> None:
    perceiver = Perceiver(detectors=[Detector("custom", ("urgency",), CUSTOMER, Faulty())])
    unknown(perceiver)
    status = perceiver.status()[0]
    assert (status.name, status.calls, status.failures) == ("custom", 1, 1)
    assert status.last_failure == "custom failed: RuntimeError"


def test_of_two_readings_of_a_turn_the_stronger_stands() -> None:
    def mild(_: Scene) -> Iterable[Signal]:
        return (Signal("urgency", 10, (Evidence(0, "mild"),)),)

    ticket = opened()
    turn = turn_of(ticket, "customer", "This is urgent")
    seen = Perceiver([Detector("mild", ("urgency",), ANYONE, mild)]).perceive(ticket, turn, POLICY)
    assert strengths(seen)["urgency"] == 100


@pytest.mark.parametrize("step", [-30, 10])
def test_a_report_from_outside_raises_and_never_lowers(step: int) -> None:
    ticket = opened()
    turn = turn_of(ticket, "customer", "I am very disappointed")
    own = strengths(PERCEIVER.perceive(ticket, turn, POLICY))["sentiment"]
    seen = PERCEIVER.perceive(ticket, turn, POLICY, [outside_signal("sentiment", own + step, "vendor")])
    assert strengths(seen)["sentiment"] == max(own, own + step)


def test_unknown_stays_unknown_when_only_an_outsider_read_it() -> None:
    ticket = opened()
    broken = Detector("custom", ("urgency",), CUSTOMER, Faulty())
    turn = turn_of(ticket, "customer", "x")
    seen = Perceiver(detectors=[broken]).perceive(ticket, turn, POLICY, [outside_signal("urgency", 20, "vendor")])
    assert seen.unknown == (UnknownSignal("urgency", "custom failed: RuntimeError"),)
    assert strengths(seen) == {"urgency": 20}
