"""The bounds of a canary: what its accounts may show before trustladder halts the rollout by itself.

It is looked at again and again, so it halts somewhat more often than its 95 % interval says: a halt costs little, the
policy that was in force goes on.
"""

from collections.abc import Callable, Mapping, Sequence

from trustladder.core.episode import Episode
from trustladder.core.intervals import wilson
from trustladder.core.verdict import EpisodeVerdict, Verdict, hindsight

Judged = tuple[Episode, EpisodeVerdict]

BOUNDED: Mapping[str, tuple[str, Callable[[Judged], bool]]] = {
    "late_or_missed": (
        "got a person late or never",
        lambda judged: judged[1].verdict in {Verdict.LATE, Verdict.MISSED},
    ),
    "unnecessary": (
        "went to a person without need",
        lambda judged: judged[1].verdict is Verdict.UNNECESSARY,
    ),
    "handed_off": ("went to a person", lambda judged: judged[0].handed_off),
    "restated": ("had to state the problem again", lambda judged: judged[0].restated),
    "complaints": ("complained", lambda judged: judged[0].complaint),
}
"""What a canary can be bounded by: the share of its episodes that did so, by key, and how it reads."""


def left_bounds(episodes: Sequence[Episode], digest: str, since_ms: int, bounds: Mapping[str, float]) -> str:
    """Return why a canary must be halted, empty while it keeps its bounds.

    Counted are the episodes that a policy (by its digest) has decided on since a moment (epoch milliseconds). A share
    has left its bound when the lower end of its 95 % interval lies above it.
    """
    judged = [
        (episode, hindsight(episode))
        for episode in episodes
        if digest in episode.policy_digests and episode.started_at_ms >= since_ms
    ]
    for key, bound in bounds.items():
        words, holds = BOUNDED[key]
        hits = sum(1 for one in judged if holds(one))
        if judged and wilson(hits, len(judged))[0] > bound:
            share = f"{hits / len(judged):.0%}".replace("%", " %")
            limit = f"{bound:.0%}".replace("%", " %")
            return f"{hits:,} of {len(judged):,} tickets of the canary ({share}) {words}; the bound is {limit}"
    return ""
