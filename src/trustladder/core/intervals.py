"""Intervals for shares and for times until something happens, where some are still waited for."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

Z_95 = 1.959963984540054


def wilson(successes: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a share, 0 to 1 (Wilson, JASA 22, 1927). An empty sample says nothing."""
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def median(values: list[float]) -> float:
    """Return the median. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values have no median")
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


@dataclass(frozen=True, slots=True)
class MedianTime:
    """The median of times of which some are still running, with its 95 % interval; None: not reached yet."""

    value: float | None
    low: float | None
    high: float | None


def median_time(times: Sequence[tuple[float, bool]], z: float = Z_95) -> MedianTime:
    """Return the Kaplan-Meier median of (time, whether it ended) pairs; a time that has not ended only says "longer".

    The interval holds the times at which half may still be running, on the complementary log-log scale (Kaplan and
    Meier, JASA 53, 1958; Brookmeyer and Crowley, Biometrics 38, 1982).
    """
    steps = list(_survival(times))
    possible = [i for i, (_, share, spread) in enumerate(steps) if _may_be_half(share, spread, z)]
    value = _first_half(steps)
    if not possible:
        return MedianTime(value, value, value)
    last = possible[-1] + 1
    return MedianTime(value, steps[possible[0]][0], steps[last][0] if last < len(steps) else None)


def _first_half(steps: Sequence[tuple[float, float, float]]) -> float | None:
    """Return when half are over; where exactly half are for a while, its middle, as for a median of plain numbers."""
    at = next((i for i, (_, share, _) in enumerate(steps) if share <= 0.5 + 1e-12), None)
    if at is None:
        return None
    flat = steps[at][1] >= 0.5 - 1e-12 and at + 1 < len(steps)
    return (steps[at][0] + steps[at + 1][0]) / 2 if flat else steps[at][0]


def _survival(times: Sequence[tuple[float, bool]]) -> Iterator[tuple[float, float, float]]:
    """Yield each time at which something ended, the share still running after it, and Greenwood's spread of its log."""
    at_risk, share, greenwood = len(times), 1.0, 0.0
    for at, group in groupby(sorted(times), key=lambda pair: pair[0]):
        over = [ended for _, ended in group]
        ended = sum(over)
        if ended:
            share *= 1 - ended / at_risk
            greenwood += ended / (at_risk * (at_risk - ended)) if ended < at_risk else math.inf
            yield at, share, math.sqrt(greenwood)
        at_risk -= len(over)


def _may_be_half(share: float, spread: float, z: float) -> bool:
    if share in {0.0, 1.0}:
        return False
    distance = math.log(-math.log(share)) - math.log(math.log(2))
    return abs(distance) <= z * spread / -math.log(share)
