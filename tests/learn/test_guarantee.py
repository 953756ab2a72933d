"""Thresholds with a guarantee: what is chosen, what is refused, and how often the promise is broken."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from trustladder.core.episode import Episode
from trustladder.core.risk import points_hundredths_of
from trustladder.core.verdict import GoldenTurn, Verdict, verdict_on
from trustladder.errors import BadInput
from trustladder.learn.guarantee import ASSUMPTIONS, guarantee, p_value
from trustladder.learn.labels import DecidedTurn, Labelled, thinned


def ticket(name: str, points: list[int], golden: int | None, *, hard_at: int | None = None) -> Labelled:
    """Customer on even turns, bot on odd ones; ``points`` after each customer's turn."""
    turns = tuple(DecidedTurn(2 * i, 100 * p, p, {}, hard=hard_at == 2 * i) for i, p in enumerate(points))
    return Labelled(name, "billing", golden, tuple(2 * i + 1 for i in range(len(points))), turns)


@pytest.mark.parametrize(
    ("threshold", "handoff", "late_or_missed"),
    [(-30, 0, False), (0, 2, False), (10, 4, True), (40, None, True)],
)
def test_a_stricter_threshold_hands_over_sooner(threshold: int, handoff: int | None, late_or_missed: bool) -> None:
    label = ticket("a", [-20, 5, 15], golden=2)
    assert label.handoff_turn(100 * threshold) == handoff
    assert label.late_or_missed(100 * threshold) is late_or_missed


def test_a_hard_rule_hands_over_whatever_the_threshold() -> None:
    label = ticket("a", [-20, -20, -20], golden=2, hard_at=2)
    assert label.handoff_turn(10_000) == 2
    assert not label.late_or_missed(10_000)


@pytest.mark.parametrize("hard_at", [None, 2, 4])
@given(st.lists(st.integers(-90, 90), max_size=4), st.none() | st.integers(0, 7), st.integers(-100, 100))
def test_lateness_is_the_verdict_on_the_handoff(
    hard_at: int | None, points: list[int], golden: int | None, threshold: int
) -> None:
    label = ticket("a", points, golden, hard_at=hard_at)
    because = None if golden is None else GoldenTurn(golden, "", "", 100)
    handoff = label.handoff_turn(100 * threshold)
    judged = verdict_on(Episode("a", bot_turns=list(label.bot_turns)), because, handoff)
    assert label.late_or_missed(100 * threshold) is (judged.verdict in {Verdict.LATE, Verdict.MISSED})


def test_a_ticket_that_needed_nobody_is_never_late() -> None:
    assert not ticket("a", [0, 0], golden=None).late_or_missed(10**8)


def population(n: int, seed: int) -> list[Labelled]:
    """Tickets that needed a person at turn 2, where the risk shows by then in nine of ten, more or less clearly."""
    rng = np.random.default_rng(seed)
    shown = np.where(rng.random(n) < 0.9, rng.normal(10, 12, n), -60)
    return [ticket(str(i), [-60, round(float(p)), 60], golden=2) for i, p in enumerate(shown)]


def test_the_least_strict_threshold_that_the_labels_carry_is_returned() -> None:
    labels = population(400, 1)
    found = guarantee(labels, alpha=0.2, delta=0.1)
    assert found.escalate_at is not None
    failures = {t.escalate_at: t.failures for t in found.tested}
    assert binom.cdf(failures[found.escalate_at], 400, 0.2) <= 0.1
    following = found.tested[-1]
    assert following.escalate_at > found.escalate_at and following.p_value > 0.1
    assert "80" not in found.sentence and "20.0%" in found.sentence and "90%" in found.sentence


def test_too_few_labels_say_how_many_more_are_needed() -> None:
    labels = [ticket(str(i), [30], golden=0) for i in range(20)]
    found = guarantee(labels, alpha=0.05, delta=0.1)
    assert found.escalate_at is None
    assert found.more_labels == 25  # 0.95 ** 45 is the first power below 0.1
    assert "25 more labelled tickets" in found.sentence
    assert guarantee(labels * 3, alpha=0.05, delta=0.1).escalate_at is not None


def test_a_rate_above_alpha_at_the_strictest_is_not_a_matter_of_labels() -> None:
    labels = [ticket(str(i), [-200], golden=0) for i in range(50)]
    found = guarantee(labels, alpha=0.1, delta=0.1)
    assert (found.escalate_at, found.more_labels) == (None, None)
    assert found.sentence.startswith("No threshold keeps")


def test_without_labels_nothing_is_guaranteed() -> None:
    found = guarantee([], alpha=0.1, delta=0.1)
    assert found.escalate_at is None and found.more_labels == 22


@pytest.mark.parametrize(("alpha", "delta", "thresholds"), [(0, 0.1, [0]), (0.1, 1, [0]), (0.1, 0.1, [])])
def test_what_makes_no_sense_is_an_error(alpha: float, delta: float, thresholds: list[int]) -> None:
    with pytest.raises(BadInput):
        guarantee([], alpha, delta, thresholds)


def test_the_p_value_is_the_binomial_tail() -> None:
    assert p_value(3, 50, 0.1) == pytest.approx(binom.cdf(3, 50, 0.1))
    assert p_value(0, 0, 0.1) == 1.0


def test_the_promise_is_broken_in_at_most_delta_of_the_runs() -> None:
    everything = population(20_000, 2)
    grid = [points_hundredths_of(percent / 100) for percent in range(5, 100, 5)]
    truth = {at: np.mean([label.late_or_missed(at) for label in everything]) for at in grid}
    rng, runs, broken, promised = np.random.default_rng(3), 300, 0, 0
    for _ in range(runs):
        labels = [everything[i] for i in rng.integers(0, len(everything), 150)]
        found = guarantee(labels, 0.2, 0.1, grid).escalate_at
        promised += found is not None
        broken += found is not None and bool(truth[found] > 0.2)
    assert promised > 0.9 * runs  # a promise that is never given cannot be broken
    assert broken / runs <= 0.1 + 2.5 * (0.1 * 0.9 / runs) ** 0.5


def test_labels_of_unequal_probability_are_thinned_to_a_plain_sample() -> None:
    often = [replace(ticket(f"often {i}", [0], 0), probability=0.5) for i in range(1_000)]
    seldom = [replace(ticket(f"seldom {i}", [0], None), probability=0.1) for i in range(100)]
    kept = thinned([*often, *seldom])
    assert [label for label in kept if label.golden_turn is None] == seldom
    assert len(kept) - len(seldom) == pytest.approx(200, abs=40)
    assert kept == thinned([*often, *seldom])


def test_the_assumptions_are_sentences() -> None:
    assert all(text.endswith(".") for text in ASSUMPTIONS)
