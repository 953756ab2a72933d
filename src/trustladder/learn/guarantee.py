"""Thresholds with a guarantee: "late or missed at most alpha, with confidence 1 − delta", after Learn then Test.

Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then Test", Annals of Applied Statistics 19, 2025
(arXiv:2110.01052): each threshold is a hypothesis, "its rate exceeds alpha", and the thresholds whose hypothesis is
rejected hold together with probability 1 − delta. Here a ticket is late or missed or it is not, so the exact binomial
tail is a valid p-value; and a stricter threshold never makes a ticket later, so testing in one fixed sequence, from
the strictest on until the first that is not rejected, spends the whole of delta on each. MAPIE holds the same test
behind scikit-learn's estimators; the tail itself is scipy's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from trustladder.core.risk import points_hundredths_of, probability_of
from trustladder.errors import BadInput
from trustladder.learn.labels import Labelled, thinned

PERCENTS = tuple(points_hundredths_of(percent / 100) for percent in range(1, 100))
"""The thresholds tried unless others are given: each whole percent of risk, strictest first."""

ASSUMPTIONS = (
    "The labelled tickets were drawn at random from the tickets that the threshold is for, whatever came of them.",
    "The golden turn of each is right: a person reviewed it, or the rules on hindsight do not err.",
    "One ticket says nothing about the next: a few accounts or one outage do not make up most of the sample.",
    "Tickets to come are like those of the sample: the same bot, the same needs, the same perception.",
    "Until the handoff a ticket runs as it was recorded; a threshold changes only when people come.",
    "The thresholds to try and their order were fixed before anybody looked at the labels.",
)
"""Under which the guarantee holds; a page that shows one shows these."""

MOST_LABELS = 1_000_000


@dataclass(frozen=True, slots=True)
class Tested:
    """One threshold (hundredths of a point): its late or missed tickets among the labels, and its p-value."""

    escalate_at: int
    failures: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The least strict threshold that keeps "late or missed" at most ``alpha`` with confidence 1 − ``delta``.

    ``escalate_at`` is in hundredths of a point, None where none can be guaranteed: then ``more_labels`` is about how
    many more the strictest threshold would need if they come out like those at hand, None where none would do.
    ``labels`` counts those that were used, after thinning; ``tested`` lists the thresholds up to the first refused.
    """

    alpha: float
    delta: float
    labels: int
    escalate_at: int | None
    tested: tuple[Tested, ...]
    more_labels: int | None = 0

    @property
    def sentence(self) -> str:
        """The finding in one sentence."""
        wish = f"late or missed at most {self.alpha:.1%} with confidence {1 - self.delta:.0%}"
        if self.escalate_at is not None:
            risk = probability_of(self.escalate_at)
            return f"Handing over from a risk of {risk:.0%} keeps {wish}, by {self.labels:,} labelled tickets."
        if self.more_labels is None:
            return f"No threshold keeps {wish}: even the strictest one is late or misses more often than that."
        return f"None can be guaranteed ({wish}): about {self.more_labels:,} more labelled tickets are needed."


def guarantee(
    labels: Sequence[Labelled],
    alpha: float,
    delta: float,
    thresholds: Sequence[int] = PERCENTS,
    seed: int = 0,
) -> Guarantee:
    """Return the least strict of the thresholds whose rate of late or missed tickets is guaranteed.

    The rate is that among the tickets labelled: give those of one ticket type, or only those that needed a person, and
    it is theirs. Labels of unequal probability are thinned to a plain random sample. `ASSUMPTIONS` must hold. Raises
    BadInput where ``alpha`` or ``delta`` is not between 0 and 1, or no threshold is given.
    """
    for name, value in (("alpha", alpha), ("delta", delta)):
        if not 0.0 < value < 1.0:
            raise BadInput(f"{name} lies between 0 and 1, not {value}", fix="give 0.05, for example")
    if not thresholds:
        raise BadInput("no threshold to test", fix="give at least one, in hundredths of a point")
    on_time_up_to = np.array([label.on_time_up_to for label in thinned(labels, seed)])
    tested: list[Tested] = []
    held: int | None = None
    for escalate_at in sorted(set(thresholds)):
        failures = int((on_time_up_to < escalate_at).sum())
        tested.append(Tested(escalate_at, failures, p_value(failures, len(on_time_up_to), alpha)))
        if tested[-1].p_value > delta:
            break
        held = escalate_at
    more = 0 if held is not None else _more_labels(tested[0].failures, len(on_time_up_to), alpha, delta)
    return Guarantee(alpha, delta, len(on_time_up_to), held, tuple(tested), more)


def p_value(failures: int, n: int, alpha: float) -> float:
    """Return the probability of at most so many failures of n where the rate is ``alpha``: small speaks against it."""
    return float(bdtr(failures, n, alpha)) if n else 1.0


def _more_labels(failures: int, n: int, alpha: float, delta: float) -> int | None:
    """Return how many more labels with the same share of failures would reject the strictest threshold."""
    if failures >= alpha * n and n:
        return None
    share = failures / n if n else 0.0
    least = math.ceil(math.log(delta) / math.log1p(-alpha))  # what no failure at all would take
    sizes = np.unique(np.geomspace(max(n + 1, least), MOST_LABELS, 20_000).astype(int))
    enough = sizes[bdtr(np.ceil(share * sizes), sizes, alpha) <= delta]
    return int(enough[0]) - n if len(enough) else None
