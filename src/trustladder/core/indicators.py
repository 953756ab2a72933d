"""The five indicators of the article: each with its definition, its numerator and denominator, and an interval.

An indicator that the input cannot carry says why instead of giving a number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trustladder.core.episode import Episode
from trustladder.core.intervals import median, median_interval, wilson

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. ``value`` is a share (0 to 1) or a figure in ``unit``; None with a reason in ``missing``.

    ``low`` and ``high`` bound the 95 % interval. ``tickets`` are those that the numerator counts, so that a
    reader can open them.
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


def _resolution(episodes: Sequence[Episode]) -> Indicator:
    key, name = "time_to_resolution", "Time to resolution after escalation"
    definition = "Hours from the handoff until the ticket was resolved: the median over the tickets that were resolved."
    times = [
        (episode.resolved_at_ms - episode.handoff_at_ms) / HOUR_MS
        for episode in episodes
        if episode.resolved_at_ms is not None and episode.handoff_at_ms is not None
    ]
    if not times:
        missing = "No ticket has both a handoff and the time at which it was resolved."
        return Indicator(key, name, definition, "hours", 0, missing=missing)
    low, high = median_interval(times)
    return Indicator(key, name, definition, "hours", len(times), median(times), low, high)


def _satisfaction(episodes: Sequence[Episode]) -> Indicator:
    key, name = "escalated_satisfaction", "Satisfaction on escalated tickets"
    definition = (
        "Of the tickets handed to people in which the customer gave a satisfaction or complained, the share that "
        "was content: no complaint, and at least 60 % of the scale."
    )
    told = [ep for ep in episodes if ep.handed_off and (ep.satisfaction is not None or ep.complaint)]
    if not told:
        missing = "No satisfaction or complaint is given for a ticket that was handed to people."
        return Indicator(key, name, definition, "share", 0, missing=missing)
    unhappy = tuple(ep.ticket_id for ep in told if ep.complaint or (ep.satisfaction or 0) < CONTENT_FROM)
    content = len(told) - len(unhappy)
    low, high = wilson(content, len(told))
    return Indicator(key, name, definition, "share", len(told), content / len(told), low, high, content, unhappy)


CONTENT_FROM = 60
"""Satisfaction from here on counts as content, in hundredths of the scale (4 of 5 is 75)."""


def five_indicators(episodes: Sequence[Episode]) -> tuple[Indicator, ...]:
    """Return the article's five indicators, in its order, over some episodes."""
    return (
        _ESCALATED_AFTER_REPETITION.of(episodes),
        _RESTATED_AFTER_HANDOFF.of(episodes),
        _DWELL_BEYOND_POLICY.of(episodes),
        _resolution(episodes),
        _satisfaction(episodes),
    )
