"""Missed escalations from an audit sample: the estimate, its interval, and what it says when nobody reviews."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from trustladder.core import events as e
from trustladder.core.episode import Episode
from trustladder.errors import BadInput
from trustladder.learn.misses import Drawn, drawn_of, exact_interval, missed_rate


def sample(*parts: tuple[int, int, float]) -> list[Drawn]:
    """Parts of (reviewed, missed, probability)."""
    return [Drawn(f"{p}-{i}", p, missed=i < missed) for reviewed, missed, p in parts for i in range(reviewed)]


def test_equal_probabilities_give_the_plain_share() -> None:
    found = missed_rate(sample((100, 4, 0.05)), 2_000)
    assert found.rate == pytest.approx(0.04)
    assert (found.missed, found.reviewed) == (4, 100)
    assert found.low is not None and found.high is not None and found.low < 0.04 < found.high


def test_a_ticket_counts_for_those_that_were_not_drawn() -> None:
    # 10 reviewed stand for 100 tickets, 50 for another 100: (100 × 0.1 + 100 × 0.4) / 200.
    assert missed_rate(sample((10, 1, 0.1), (50, 20, 0.5)), 200).rate == pytest.approx(0.25)


def test_nothing_reviewed_is_said_and_not_estimated() -> None:
    found = missed_rate([Drawn("a", 0.05), Drawn("b", 0.05)], 40)
    assert found.rate is None and found.low is None
    assert found.missing.startswith("No ticket of the audit sample was reviewed")
    assert missed_rate([], 40).missing.startswith("No automated ticket was drawn")


def test_no_miss_among_few_reviews_still_leaves_room_for_misses() -> None:
    few, many = missed_rate(sample((20, 0, 0.05)), 400), missed_rate(sample((200, 0, 0.05)), 4_000)
    assert few.rate == many.rate == 0 == few.low
    assert few.high is not None and many.high is not None and few.high > 0.1 and 0 < many.high < 0.02


def test_reviewing_everything_leaves_nothing_to_estimate() -> None:
    found = missed_rate(sample((50, 5, 1.0)), 50)
    assert (found.low, found.rate, found.high) == (0.1, 0.1, 0.1)


def test_half_a_sample_left_unreviewed_is_a_caution() -> None:
    drawn = [*sample((10, 1, 0.1)), *(Drawn(f"left {i}", 0.1) for i in range(30))]
    assert missed_rate(drawn, 400).caution.startswith("Only 10 of 40")
    assert missed_rate(sample((10, 1, 0.1)), 400).caution == ""


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.5])
def test_an_impossible_probability_is_an_error(probability: float) -> None:
    with pytest.raises(BadInput, match="drawn with probability"):
        missed_rate([Drawn("a", probability, missed=True)], 10)


def test_a_sample_larger_than_its_population_is_an_error() -> None:
    with pytest.raises(BadInput, match="only 3 were automated"):
        missed_rate(sample((4, 1, 0.5)), 3)


def test_the_sample_is_read_from_episodes_that_automation_kept() -> None:
    needed = e.CaseReviewed(1, "anna", "missed", 2)
    fine = e.CaseReviewed(1, "anna", "rightly_automated")
    episodes = [
        Episode("never drawn"),
        Episode("handed over", drawn_percent=5.0, handoff_turn=3),
        Episode("missed", drawn_percent=5.0, review=needed),
        Episode("fine", drawn_percent=5.0, review=fine),
        Episode("waiting", drawn_percent=5.0),
    ]
    assert drawn_of(episodes) == [Drawn("missed", 0.05, True), Drawn("fine", 0.05, False), Drawn("waiting", 0.05)]


@given(st.integers(1, 80), st.data())
def test_the_interval_solves_the_mid_p_equations(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = exact_interval(successes, n)
    if successes:
        assert binom.sf(successes, n, low) + binom.pmf(successes, n, low) / 2 == pytest.approx(0.025, abs=1e-6)
    if successes < n:
        assert binom.cdf(successes - 1, n, high) + binom.pmf(successes, n, high) / 2 == pytest.approx(0.025, abs=1e-6)
    exact = beta.ppf(0.025, successes, n - successes + 1) if successes else 0.0
    assert exact - 1e-9 <= low <= successes / n <= high  # never wider than Clopper-Pearson


@pytest.mark.parametrize(
    ("rates", "probabilities", "shares"),
    [
        pytest.param([0.03], [0.05], [1.0], id="few misses, one probability"),
        pytest.param([0.02, 0.15], [0.05, 0.3], [0.8, 0.2], id="risky tickets drawn more often"),
        pytest.param([0.1, 0.03], [0.04, 0.2], [0.7, 0.3], id="risky tickets drawn less often"),
    ],
)
def test_the_interval_covers_the_truth_nineteen_times_in_twenty(
    rates: list[float], probabilities: list[float], shares: list[float]
) -> None:
    rng, runs, covered = np.random.default_rng(7), 300, 0
    for _ in range(runs):
        stratum = rng.choice(len(shares), 2_000, p=shares)
        missed = rng.random(2_000) < np.array(rates)[stratum]
        chance = np.array(probabilities)[stratum]
        picked = np.flatnonzero(rng.random(2_000) < chance)
        drawn = [Drawn(str(i), float(chance[i]), bool(missed[i])) for i in picked]
        found = missed_rate(drawn, 2_000)
        assert found.low is not None and found.high is not None
        covered += found.low <= missed.mean() <= found.high
    assert covered / runs == pytest.approx(0.95, abs=0.035)  # 2.8 Monte-Carlo standard errors at 300 runs


def test_the_plain_share_of_an_unequal_sample_would_be_far_off() -> None:
    drawn = sample((40, 1, 0.05), (60, 18, 0.3))
    weighted = missed_rate(drawn, 1_000).rate
    assert weighted == pytest.approx((800 * 1 / 40 + 200 * 18 / 60) / 1_000)
    assert weighted is not None and weighted < sum(bool(d.missed) for d in drawn) / len(drawn) / 2
