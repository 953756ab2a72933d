"""Staffing: the formulas against published tables, against each other, and against a simulated queue."""

import math
import random
from collections.abc import Generator
from statistics import mean, stdev

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from trustladder.learn.staffing import ClockTarget, Work, agents_needed, erlang_b, erlang_c, service


@pytest.mark.parametrize(
    ("agents", "load", "blocked"), [(1, 1.0, 1 / 2), (2, 1.0, 1 / 5), (5, 3.0, 0.110054), (10, 5.0, 0.018385)]
)
def test_erlang_b_as_in_the_tables(agents: int, load: float, blocked: float) -> None:
    assert erlang_b(agents, load) == pytest.approx(blocked, abs=1e-6)


def test_with_one_person_the_share_that_waits_is_the_load() -> None:
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(3, 3.0) == 1.0


works = st.builds(Work, st.floats(0.1, 120), st.floats(1, 60), st.none() | st.floats(1, 600))


@given(works, st.integers(1, 30), st.floats(0, 60))
def test_more_people_never_serve_worse(work: Work, agents: int, minutes: float) -> None:
    fewer, more = service(work, agents, minutes), service(work, agents + 1, minutes)
    assert more.within >= fewer.within - 1e-9
    assert all(-1e-9 <= share <= 1 + 1e-9 for share in (fewer.within, fewer.waiting, fewer.abandoned, fewer.busy))


@given(works, st.floats(0.5, 60), st.floats(0.5, 0.99))
def test_the_number_of_people_is_the_least_that_keeps_the_clock(work: Work, minutes: float, share: float) -> None:
    found = agents_needed(work, ClockTarget(minutes, share))
    assert found.within >= share
    assert found.agents == 1 or service(work, found.agents - 1, minutes).within < share


def test_great_patience_is_erlang_c() -> None:
    patient = service(Work(30, 10, 1e7), 7, 5)
    endless = service(Work(30, 10), 7, 5)
    assert patient.within == pytest.approx(endless.within, abs=1e-4)
    assert patient.abandoned == pytest.approx(0, abs=1e-4)


def test_everybody_is_either_claimed_or_gone() -> None:
    """What people handle in an hour is what arrives and does not give up."""
    work = Work(40, 9, 6)
    found = service(work, 5, 3)
    assert found.busy * 5 / work.handling_minutes * 60 == pytest.approx(40 * (1 - found.abandoned), rel=1e-9)


def test_nothing_arrives() -> None:
    assert agents_needed(Work(0, 10), ClockTarget(5)).agents == 0


def test_a_target_that_nobody_can_reach() -> None:
    with pytest.raises(ValueError, match="no number of people"):
        agents_needed(Work(100, 10), ClockTarget(1, 1.1))


def simulated(work: Work, agents: int, minutes: float, seed: int, tickets: int = 2_500) -> tuple[float, float]:
    """Return the shares claimed in time and given up in one simulated run, after a quarter for warming up."""
    draw, env = random.Random(seed), simpy.Environment()
    people = simpy.Resource(env, agents)
    seen: list[tuple[bool, bool]] = []

    def ticket() -> Generator[simpy.Event, object, None]:
        came = env.now
        patience = math.inf if work.patience_minutes is None else draw.expovariate(1 / work.patience_minutes)
        with people.request() as claim:
            yield claim | env.timeout(min(patience, 1e9))
            claimed = claim.triggered
            seen.append((claimed and env.now - came <= minutes, not claimed))
            if claimed:
                yield env.timeout(draw.expovariate(1 / work.handling_minutes))

    def arrivals() -> Generator[simpy.Event, object, None]:
        for _ in range(tickets):
            yield env.timeout(draw.expovariate(work.arrivals_per_hour / 60))
            env.process(ticket())

    env.process(arrivals())
    env.run()
    settled = seen[tickets // 4 :]
    return mean(in_time for in_time, _ in settled), mean(left for _, left in settled)


@pytest.mark.parametrize(
    ("work", "agents", "minutes"),
    [(Work(30, 10), 7, 5.0), (Work(12, 20), 6, 15.0), (Work(30, 10, 8.0), 5, 5.0), (Work(30, 10, 30.0), 4, 10.0)],
    ids=["C, chat", "C, claim in 15", "A, impatient", "A, short of people"],
)
def test_the_formulas_agree_with_a_simulated_queue(work: Work, agents: int, minutes: float) -> None:
    """Within four Monte-Carlo standard errors of the mean of independent runs, which must be small themselves."""
    runs = [simulated(work, agents, minutes, seed) for seed in range(8)]
    expected = service(work, agents, minutes)
    for found, formula in zip(zip(*runs, strict=True), (expected.within, expected.abandoned), strict=True):
        error = stdev(found) / math.sqrt(len(found))
        assert error < 0.02
        assert abs(mean(found) - formula) <= max(4 * error, 1e-9), (mean(found), formula, error)
