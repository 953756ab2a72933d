"""Resolution Risk: the probability that the next automated step worsens the ticket, in points that people can read.

``points = base[ticket_type] + Σ weight[signal] × strength / 100`` and ``risk = 1 / (1 + 2^(−points / 20))``:
every 20 points double the odds, and 0 points is 50 %. Scorecards in credit risk scale odds the same way
("points to double the odds"; Siddiqi, Credit Risk Scorecards, 2006, ch. 6). Sums are kept in whole hundredths
of a point, so that a replay is equal bit for bit on every machine.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trustladder.core.signals import Board

POINTS_TO_DOUBLE_THE_ODDS = 20
HUNDREDTHS = 100

NEVER = 10**9
"""A threshold in hundredths of a point that no ticket reaches."""
ALWAYS = -(10**9)
"""A threshold in hundredths of a point that every ticket reaches."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one signal (or the base) added, in hundredths of a risk point."""

    name: str
    points_hundredths: int


@dataclass(frozen=True, slots=True)
class ResolutionRisk:
    """The risk of the next automated step, with the points that each signal added, largest first."""

    points_hundredths: int
    contributions: tuple[Contribution, ...]

    @property
    def points(self) -> float:
        """The sum in risk points; 20 points double the odds."""
        return self.points_hundredths / HUNDREDTHS

    @property
    def probability(self) -> float:
        """The risk as a probability, 0 to 1."""
        return probability_of(self.points_hundredths)


def probability_of(points_hundredths: int) -> float:
    """Return the probability (0 to 1) that a sum of hundredths of a point stands for."""
    doublings = points_hundredths / HUNDREDTHS / POINTS_TO_DOUBLE_THE_ODDS
    if doublings < -1000:
        return 0.0
    return 1.0 / (1.0 + math.exp2(-doublings))


def points_hundredths_of(probability: float) -> int:
    """Return the least sum, in hundredths of a point, whose risk is at least ``probability``.

    0 gives `ALWAYS` and 1 gives `NEVER`. Raises ValueError outside 0 to 1.
    """
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"a risk is a probability from 0 to 1, not {probability}")
    if probability in (0.0, 1.0):
        return NEVER if probability else ALWAYS
    odds_doublings = math.log2(probability / (1.0 - probability))
    # Rounded first, so that 0.5 is exactly 0 points and a logarithm's last bit cannot move a threshold.
    return math.ceil(round(odds_doublings * POINTS_TO_DOUBLE_THE_ODDS * HUNDREDTHS, 6))


def resolution_risk(base_points: int, weights: Mapping[str, int], board: Board) -> ResolutionRisk:
    """Add base and weighted signals. ``weights`` are points at full strength, each at least 0 (law 7)."""
    parts = [Contribution("base", base_points * HUNDREDTHS)]
    parts += (
        Contribution(name, weights[name] * signal.strength)
        for name, signal in board.items()
        if weights.get(name, 0) * signal.strength
    )
    return ResolutionRisk(sum(part.points_hundredths for part in parts), _largest_first(parts))


def _largest_first(parts: Iterable[Contribution]) -> tuple[Contribution, ...]:
    return tuple(sorted(parts, key=lambda part: (-part.points_hundredths, part.name)))
