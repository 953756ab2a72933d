"""Trust Spillover: damage beyond the ticket, seen in what the same account does afterwards.

The comparison is between accounts after a bad automated episode and accounts after a good one. It says
"associated", not "caused": accounts were not assigned at random.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trustladder.core.episode import Episode
from trustladder.core.intervals import Z_95
from trustladder.core.verdict import EpisodeVerdict, Verdict

DAY_MS = 86_400_000
BAD = frozenset({Verdict.LATE, Verdict.MISSED})


@dataclass(frozen=True, slots=True)
class Spillover:
    """The share of accounts that later showed distrust, after bad and after good automated episodes (0 to 1).

    ``difference`` is bad minus good with its 95 % interval (Wald); None when a side is empty.
    """

    bad_n: int
    good_n: int
    bad_share: float | None = None
    good_share: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def shows_distrust(episode: Episode) -> bool:
    """True when the customer asked for a person at once, or complained: behaviour that a good ticket leaves rare."""
    first = episode.customer_turns[:1]
    return episode.complaint or any(turn in first for turn in episode.turns_with("human_request"))


def trust_spillover(judged: Sequence[tuple[Episode, EpisodeVerdict]], within_days: int = 30) -> Spillover:
    """Compare later distrust of the same account after bad and after good automated episodes."""
    by_account: dict[str, list[tuple[Episode, EpisodeVerdict]]] = {}
    for episode, verdict in judged:
        if episode.account_id:
            by_account.setdefault(episode.account_id, []).append((episode, verdict))
    later: dict[bool, list[bool]] = {True: [], False: []}
    for pairs in by_account.values():
        pairs.sort(key=lambda pair: pair[0].started_at_ms)
        for i, (episode, verdict) in enumerate(pairs[:-1]):
            until = episode.ended_at_ms + within_days * DAY_MS
            following = [other for other, _ in pairs[i + 1 :] if other.started_at_ms <= until]
            if following and episode.bot_turns:
                later[verdict.verdict in BAD].append(any(map(shows_distrust, following)))
    return _compare(later[True], later[False])


def _compare(bad: Sequence[bool], good: Sequence[bool]) -> Spillover:
    if not bad or not good:
        return Spillover(len(bad), len(good))
    p, q = sum(bad) / len(bad), sum(good) / len(good)
    spread = Z_95 * math.sqrt(p * (1 - p) / len(bad) + q * (1 - q) / len(good))
    return Spillover(len(bad), len(good), p, q, p - q, p - q - spread, p - q + spread)
