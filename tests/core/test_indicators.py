"""Indicators over time: the Kaplan-Meier median with open tickets, targets, small numbers, and the trend by week."""

import math
import warnings
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from trustladder.core.episode import Episode
from trustladder.core.indicators import SMALL_N, Indicator, five_indicators, trend
from trustladder.core.intervals import MedianTime, median, median_time, wilson

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONDAY_MS = 1_735_516_800_000
"""2024-12-30, 00:00 UTC."""


def handed_over(name: str, at_ms: int, hours: float | None) -> Episode:
    resolved = None if hours is None else at_ms + round(hours * HOUR_MS)
    return Episode(
        name,
        started_at_ms=at_ms,
        ended_at_ms=resolved or at_ms,
        bot_turns=[1],
        handoff_turn=1,
        handoff_at_ms=at_ms,
        resolved_at_ms=resolved,
    )


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=30))
def test_without_open_tickets_it_is_the_plain_median(times: list[int]) -> None:
    assert median_time([(time, True) for time in times]).value == pytest.approx(median([float(t) for t in times]))


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=40))
def test_the_median_with_open_tickets_agrees_with_statsmodels(times: list[tuple[int, bool]]) -> None:
    if not any(ended for _, ended in times):
        assert median_time(times) == MedianTime(None, None, None)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        theirs = SurvfuncRight([time for time, _ in times], [int(ended) for _, ended in times])
        low, high = theirs.quantile_ci(0.5, method="cloglog")
    ours = median_time(times)
    if abs(theirs.surv_prob - 0.5).min() > 1e-9:  # they take another end of a stretch in which exactly half are over
        value = math.nan if ours.value is None else ours.value
        assert value == pytest.approx(theirs.quantile(0.5), nan_ok=True)
    if ours.low is not None and not math.isnan(low) and theirs.surv_prob[0] < 1:
        assert ours.low == pytest.approx(low)
        assert (math.inf if ours.high is None else ours.high) == pytest.approx(high)


def test_open_tickets_count_as_longer_and_are_shown() -> None:
    done = [handed_over(f"done {i}", 0, 2.0) for i in range(6)]
    waiting = [handed_over(f"open {i}", 0, None) for i in range(4)]
    newest = replace_end(waiting[0], 50 * HOUR_MS)
    without, found = five_indicators(done)[3], five_indicators([*done, *waiting[1:], newest])[3]
    assert (without.value, without.n) == (2.0, 6)
    assert (found.value, found.n, found.numerator) == (2.0, 10, 6)
    assert found.high is None  # a fifth of the chance says that half will take longer than was seen
    assert set(found.tickets) == {episode.ticket_id for episode in waiting}


def replace_end(episode: Episode, at_ms: int) -> Episode:
    return replace(episode, ended_at_ms=at_ms)


def test_more_than_half_open_has_no_median_yet_and_says_so() -> None:
    episodes = [handed_over("done", 0, 2.0), *(handed_over(f"open {i}", 0, None) for i in range(4))]
    found = five_indicators(episodes, until_ms=9 * HOUR_MS)[3]
    assert found.value is None and found.n == 5
    assert found.missing == "More than half of the tickets handed to people are still open."


def indicator(low: float, high: float, better: str = "lower", target: float | None = 0.2) -> Indicator:
    return Indicator("k", "n", "d", "share", 50, (low + high) / 2, low, high, better=better, target=target)


@pytest.mark.parametrize(
    ("found", "meets"),
    [
        (indicator(0.05, 0.15), True),
        (indicator(0.25, 0.35), False),
        (indicator(0.15, 0.25), None),
        (indicator(0.25, 0.35, better="higher"), True),
        (indicator(0.05, 0.15, better="higher"), False),
        (indicator(0.05, 0.15, target=None), None),
        (Indicator("k", "n", "d", "share", 0, target=0.2), None),
    ],
)
def test_a_target_is_met_or_missed_by_the_whole_interval(found: Indicator, meets: bool | None) -> None:
    assert found.meets_target is meets


def test_targets_reach_their_indicators_and_small_numbers_are_flagged() -> None:
    found = five_indicators([handed_over("a", 0, 1.0)] * SMALL_N, {"time_to_resolution": 4.0})
    assert [one.target for one in found] == [None, None, None, 4.0, None]
    assert not found[3].is_small and found[4].is_small


def test_the_trend_has_every_week_also_an_empty_one() -> None:
    episodes = [
        handed_over("sunday", MONDAY_MS - HOUR_MS, 1.0),
        handed_over("monday", MONDAY_MS, 3.0),
        handed_over("tuesday", MONDAY_MS + DAY_MS, 5.0),
        handed_over("two weeks later", MONDAY_MS + 15 * DAY_MS, None),
    ]
    points = trend(episodes)
    assert [point.since_ms for point in points] == [MONDAY_MS + week * 7 * DAY_MS for week in (-1, 0, 1, 2)]
    assert [point.indicators[3].value for point in points] == [1.0, 4.0, None, None]
    assert [point.indicators[0].n for point in points] == [1, 2, 0, 1]
    assert trend([]) == ()
    assert len(trend(episodes, days=1)) == 17


def test_a_figure_is_small_while_a_half_could_be_a_third_or_two_thirds() -> None:
    low, high = wilson(SMALL_N // 2, SMALL_N)
    assert low < 1 / 3 < 2 / 3 < high
    low, high = wilson(SMALL_N // 2 + 1, SMALL_N + 2)
    assert 1 / 3 < low < high < 2 / 3
