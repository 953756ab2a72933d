"""Verdicts: was a ticket escalated on time, late, unnecessarily, not at all, or rightly left to automation?

The *golden turn* is the turn at which, knowing the end, the ticket should have been escalated. Here it comes
from rules on hindsight; a person may correct it, and then the person's word stands.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from trustladder.core.episode import Episode


class Verdict(StrEnum):
    """How well the moment of the handoff was chosen."""

    ON_TIME = "on_time"
    LATE = "late"
    UNNECESSARY = "unnecessary"
    MISSED = "missed"
    RIGHTLY_AUTOMATED = "rightly_automated"


@dataclass(frozen=True, slots=True)
class GoldenTurn:
    """The turn at which the ticket should have been escalated: why, who says so, how surely (0 to 100)."""

    turn: int
    why: str
    source: str
    confidence: int


@dataclass(frozen=True, slots=True)
class EpisodeVerdict:
    """The verdict on one episode. ``late_by_turns`` counts the bot's turns after the golden turn."""

    verdict: Verdict
    golden: GoldenTurn | None
    handoff_turn: int | None
    late_by_turns: int = 0


GOOD_OUTCOMES = frozenset({"solved", "resolved", "success", "closed"})
BAD_OUTCOMES = frozenset({"failed", "unsolved", "abandoned", "failure"})
LOW_SATISFACTION = 40
"""Below this, in hundredths of the scale, a customer counts as dissatisfied (2 of 5 or less is 25)."""

_HARD = (
    ("human_request", "the customer asked for a person", 90),
    ("legal_or_safety", "law or safety came up", 85),
    ("security", "access or fraud came up", 70),
)


def golden_turn(episode: Episode) -> GoldenTurn | None:
    """Return the golden turn by rules on hindsight, the earliest that applies, or None.

    Hard needs count whatever the end. A need stated a third time counts unless the end was good. Where the end
    was bad, or a person had to take over, and nothing else applies, the turn of the first rejection counts.
    """
    return min(_candidates(episode), key=lambda golden: golden.turn, default=None)


def _candidates(episode: Episode) -> Iterator[GoldenTurn]:
    for signal, why, confidence in _HARD:
        for turn in episode.turns_with(signal)[:1]:
            yield GoldenTurn(turn, why, f"hindsight:{signal}", confidence)
    repeated = episode.turns_with("repetition")
    if len(repeated) > 1 and not went_well(episode):
        yield GoldenTurn(repeated[1], "the need was repeated a second time", "hindsight:repetition", 75)
    if went_badly(episode):
        for turn in (episode.turns_with("rejection") or repeated)[:1]:
            yield GoldenTurn(turn, "the answer was rejected, and it ended badly", "hindsight:outcome", 60)


def went_well(episode: Episode) -> bool:
    """True when the outcome or the customer says that it ended well, and nobody complained."""
    content = episode.satisfaction is not None and episode.satisfaction >= LOW_SATISFACTION
    told = episode.outcome in GOOD_OUTCOMES or content
    return told and not went_badly(episode)


def went_badly(episode: Episode) -> bool:
    """True when the outcome was bad, the customer complained or was dissatisfied."""
    dissatisfied = episode.satisfaction is not None and episode.satisfaction < LOW_SATISFACTION
    return episode.outcome in BAD_OUTCOMES or episode.complaint or dissatisfied


def verdict_on(episode: Episode, golden: GoldenTurn | None, handoff_turn: int | None) -> EpisodeVerdict:
    """Return the verdict on a handoff at ``handoff_turn`` (None: never) against the golden turn."""
    if golden is None:
        verdict = Verdict.RIGHTLY_AUTOMATED if handoff_turn is None else Verdict.UNNECESSARY
        return EpisodeVerdict(verdict, None, handoff_turn)
    if handoff_turn is None:
        after = len([turn for turn in episode.bot_turns if turn > golden.turn])
        return EpisodeVerdict(Verdict.MISSED, golden, None, after)
    late_by = len([turn for turn in episode.bot_turns if golden.turn < turn <= handoff_turn])
    return EpisodeVerdict(Verdict.LATE if late_by else Verdict.ON_TIME, golden, handoff_turn, late_by)


TOLERANCES = (1, 2, 3)
"""The tolerances, in turns, at which GT-T is given."""

LATE_WEIGHT = 2.0
"""How many times the distance of a late handoff counts: the extra turns do the damage."""


def golden_transfer_within(
    golden: int | None, handoff: int | None, tolerance: int, late_weight: float = LATE_WEIGHT
) -> float:
    """Return an episode's GT-T score, 0 to 1, after Liu et al. (AAAI 2021), for the first escalation only.

    Both none gives 1, one of them none gives 0. Otherwise ``exp(−d² / (2 T²))`` of the distance in turns ``d``, within
    a reach of 3 T; a late handoff's distance counts ``late_weight`` times.
    """
    if golden is None or handoff is None:
        return float(golden is None and handoff is None)
    distance = abs(handoff - golden) * (late_weight if handoff > golden else 1.0)
    return math.exp(-(distance**2) / (2 * tolerance**2)) if distance <= 3 * tolerance else 0.0
