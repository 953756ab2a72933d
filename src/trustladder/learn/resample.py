"""Bootstrap intervals over groups, such as accounts: whole groups are drawn again, never single cases."""

from collections.abc import Sequence

import numpy as np

from trustladder.learn.risk_training import Numbers

RESAMPLES = 1000


def ratio_interval(
    groups: Sequence[str], numerators: Numbers, denominators: Numbers, seed: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the percentile interval of a ratio of sums (a mean, a rate), from resampled groups.

    The three arguments have one entry a case. Source: Davison and Hinkley, Bootstrap Methods, 1997, §3.8.
    """
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    above, below = np.bincount(place, numerators), np.bincount(place, denominators)
    draws = np.random.default_rng(seed).multinomial(len(above), np.full(len(above), 1 / len(above)), RESAMPLES)
    sums = draws @ below
    ratios = (draws @ above)[sums > 0] / sums[sums > 0]
    low, high = np.quantile(ratios, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
