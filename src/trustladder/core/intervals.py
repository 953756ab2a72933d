"""Intervals for shares: the one piece of statistics that the ladder needs everywhere."""

import math

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


def median_interval(values: list[float], z: float = Z_95) -> tuple[float, float]:
    """Return a distribution-free interval of the median from order statistics (Conover, 1999, §3.2)."""
    ordered = sorted(values)
    n = len(ordered)
    reach = z * math.sqrt(n) / 2
    low = max(0, math.floor(n / 2 - reach))
    high = min(n - 1, math.ceil(n / 2 + reach))
    return ordered[low], ordered[high]
