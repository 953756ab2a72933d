"""The five indicators of the article: each with its definition, its numerator and denominator, and an interval.

An indicator that the input cannot carry says why instead of giving a number. `trend` gives the same by week.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from trustladder.core.episode import Episode
from trustladder.core.intervals import median_time, wilson
from trustladder.core.policy import DAY_MS, HOUR_MS

WEEK_DAYS = 7
_FIRST_MONDAY_MS = 4 * DAY_MS  # 1970-01-05: weeks begin on Mondays, 00:00 UTC

SMALL_N = 30
"""Below so many tickets a figure says little: it is shown greyed, and no change of it is called a finding.

The 95 % interval (Wilson) of a share of one half goes from 33 to 67 % with 30 tickets: with fewer, a half could as well
be a third or two thirds.
"""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. ``value`` is a share (0 to 1) or a figure in ``unit``; None with a reason in ``missing``.

    ``low`` and ``high`` bound the 95 % interval; ``high`` is None where it has no end yet. ``tickets`` are those to
    open and read: what the numerator counts where less is better, else the others. ``target`` is what the business
    set out to reach, in the indicator's unit.
    """

    key: str
    name: str
    definition: str
    unit: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    numerator: int | None = None
    tickets: tuple[str, ...] = ()
    missing: str = ""
    better: str = "lower"
    target: float | None = None

    @property
    def is_small(self) -> bool:
        """True when it rests on fewer than `SMALL_N` tickets."""
        return self.n < SMALL_N

    @property
    def meets_target(self) -> bool | None:
        """True or False when the whole interval lies on one side of the target; None while it cannot be told."""
        low = self.low if self.low is not None else -math.inf
        high = self.high if self.high is not None else math.inf
        if self.target is None or (self.value is None and self.low is None) or low < self.target < high:
            return None
        return high <= self.target if self.better == "lower" else low >= self.target


@dataclass(frozen=True, slots=True)
class _Share:
    key: str
    name: str
    definition: str
    missing: str
    counts: Callable[[Episode], bool]
    holds: Callable[[Episode], bool]

    def of(self, episodes: Sequence[Episode]) -> Indicator:
        counted = [episode for episode in episodes if self.counts(episode)]
        hits = tuple(episode.ticket_id for episode in counted if self.holds(episode))
        n = len(counted)
        if not n:
            return Indicator(self.key, self.name, self.definition, "share", 0, missing=self.missing)
        low, high = wilson(len(hits), n)
        return Indicator(self.key, self.name, self.definition, "share", n, len(hits) / n, low, high, len(hits), hits)


def _repeated_before_handoff(episode: Episode) -> bool:
    until = episode.handoff_turn
    return until is not None and sum(1 for turn in episode.turns_with("repetition") if turn <= until) > 1


def _spoke_after_handoff(episode: Episode) -> bool:
    first = episode.human_turns[0] if episode.human_turns else None
    return first is not None and any(turn > first for turn in episode.customer_turns)


def _restated(episode: Episode) -> bool:
    if episode.restated or not episode.human_turns:
        return episode.restated
    return any(turn > episode.human_turns[0] for turn in episode.turns_with("repetition"))


def _was_high_risk(episode: Episode) -> bool:
    return episode.policy_escalate_turn is not None and bool(episode.bot_turns)


def _overstayed(episode: Episode) -> bool:
    turn = episode.policy_escalate_turn
    return turn is not None and bool(episode.bot_turns_after(turn))


_ESCALATED_AFTER_REPETITION = _Share(
    "escalated_after_repetition",
    "Escalated after the customer had repeated themselves",
    "Of the tickets handed to people, the share in which the customer had already repeated the need more than once.",
    "No ticket in this input was handed to people.",
    lambda episode: episode.handed_off,
    _repeated_before_handoff,
)
_RESTATED_AFTER_HANDOFF = _Share(
    "restated_after_handoff",
    "Restated after the handoff",
    "Of the tickets in which the customer wrote again after a person had joined, the share in which the problem "
    "had to be stated again.",
    "No turns of people, followed by the customer's, are in this input.",
    _spoke_after_handoff,
    _restated,
)
_DWELL_BEYOND_POLICY = _Share(
    "dwell_beyond_policy",
    "High risk, still in automation",
    "Of the tickets that the policy would have escalated, the share in which the bot answered again after that turn.",
    "The policy would have escalated no ticket of this input.",
    _was_high_risk,
    _overstayed,
)


def _resolution(episodes: Sequence[Episode], until_ms: int) -> Indicator:
    definition = (
        "Hours from the handoff until the ticket was resolved: the Kaplan-Meier median, in which a ticket that is "
        "still open counts as taking longer than it has taken so far."
    )
    found = Indicator("time_to_resolution", "Time to resolution after escalation", definition, "hours", 0)
    handed = [episode for episode in episodes if episode.handoff_at_ms is not None]
    finished = sum(1 for episode in handed if episode.resolved_at_ms is not None)
    if not finished:
        return replace(found, missing="No ticket has both a handoff and the time at which it was resolved.")
    times = median_time([_hours_open(episode, until_ms) for episode in handed])
    still_open = tuple(episode.ticket_id for episode in handed if episode.resolved_at_ms is None)
    return replace(
        found,
        n=len(handed),
        value=times.value,
        low=times.low,
        high=times.high,
        numerator=finished,
        tickets=still_open,
        missing="" if times.value is not None else "More than half of the tickets handed to people are still open.",
    )


def _hours_open(episode: Episode, until_ms: int) -> tuple[float, bool]:
    end_ms = until_ms if episode.resolved_at_ms is None else episode.resolved_at_ms
    return max(0, end_ms - (episode.handoff_at_ms or 0)) / HOUR_MS, episode.resolved_at_ms is not None


def _satisfaction(episodes: Sequence[Episode]) -> Indicator:
    definition = (
        "Of the tickets handed to people in which the customer gave a satisfaction or complained, the share that "
        "was content: no complaint, and at least 60 % of the scale."
    )
    name = "Satisfaction on escalated tickets"
    found = Indicator("escalated_satisfaction", name, definition, "share", 0, better="higher")
    told = [ep for ep in episodes if ep.handed_off and (ep.satisfaction is not None or ep.complaint)]
    if not told:
        return replace(found, missing="No satisfaction or complaint is given for a ticket that was handed to people.")
    unhappy = tuple(ep.ticket_id for ep in told if ep.complaint or (ep.satisfaction or 0) < CONTENT_FROM)
    content = len(told) - len(unhappy)
    low, high = wilson(content, len(told))
    share = content / len(told)
    return replace(found, n=len(told), value=share, low=low, high=high, numerator=content, tickets=unhappy)


CONTENT_FROM = 60
"""Satisfaction from here on counts as content, in hundredths of the scale (4 of 5 is 75)."""


def five_indicators(
    episodes: Sequence[Episode], targets: Mapping[str, float] | None = None, until_ms: int | None = None
) -> tuple[Indicator, ...]:
    """Return the article's five indicators, in its order, over some episodes.

    ``targets`` are by the indicator's key and in its unit. ``until_ms`` is the moment (epoch milliseconds) up to which
    the input reaches, for tickets that are still open: the newest event of the episodes where it is not given.
    """
    newest_ms = max((episode.ended_at_ms for episode in episodes), default=0)
    found = (
        _ESCALATED_AFTER_REPETITION.of(episodes),
        _RESTATED_AFTER_HANDOFF.of(episodes),
        _DWELL_BEYOND_POLICY.of(episodes),
        _resolution(episodes, newest_ms if until_ms is None else until_ms),
        _satisfaction(episodes),
    )
    return tuple(replace(indicator, target=(targets or {}).get(indicator.key)) for indicator in found)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The indicators over the episodes that began in one stretch of days, from ``since_ms`` on (epoch milliseconds)."""

    since_ms: int
    indicators: tuple[Indicator, ...]


def trend(
    episodes: Sequence[Episode], days: int = WEEK_DAYS, targets: Mapping[str, float] | None = None
) -> tuple[TrendPoint, ...]:
    """Return the five indicators by week, or by another number of days, oldest first and without a gap.

    Weeks begin on Mondays, 00:00 UTC. Tickets still open count up to the newest event of all the episodes.
    """
    stretches: dict[int, list[Episode]] = {}
    for episode in episodes:
        stretches.setdefault((episode.started_at_ms - _FIRST_MONDAY_MS) // (days * DAY_MS), []).append(episode)
    if not stretches:
        return ()
    until_ms = max(episode.ended_at_ms for episode in episodes)
    return tuple(
        TrendPoint(
            _FIRST_MONDAY_MS + number * days * DAY_MS, five_indicators(stretches.get(number, []), targets, until_ms)
        )
        for number in range(min(stretches), max(stretches) + 1)
    )
