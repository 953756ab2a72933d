"""Missed escalations, estimated from the random audit sample: what was never escalated has no other honest estimate.

Each automated ticket was drawn with a known probability, and a person said of those drawn whether a person had been
needed. Every answer counts with the inverse of its probability (Horvitz and Thompson, JASA 47, 1952; as a ratio,
Hájek, 1971). The interval is made for small counts: a mid-P Clopper-Pearson interval for each group of tickets of one
probability (Lancaster, JASA 56, 1961), put together by the method of variance estimates recovery (Zou and Donner,
Statistics in Medicine 27, 2008), with the spread that the random size of the groups adds.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scipy.special import betainc, ndtri

from trustladder.core.episode import Episode
from trustladder.errors import BadInput

MOST_GROUPS = 5
"""Tickets of more distinct probabilities than this are put into so many groups of like probability."""

FEWEST_REVIEWED_SHARE = 0.5
"""Below this share of the sample reviewed, the estimate warns: those reviewed may not be like those left."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An automated ticket in the audit sample: the probability with which it was drawn (above 0, at most 1).

    ``missed`` is the reviewer's answer, whether a person had been needed and never came; None until reviewed.
    """

    ticket_id: str
    probability: float
    missed: bool | None = None


@dataclass(frozen=True, slots=True)
class MissEstimate:
    """The share of ``automated`` tickets that should have been escalated (0 to 1), with its interval.

    None with a reason in ``missing`` where nothing was reviewed; ``caution`` says what weakens the estimate.
    ``tickets`` are those found missed.
    """

    automated: int
    drawn: int
    reviewed: int
    tickets: tuple[str, ...] = ()
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    missing: str = ""
    caution: str = ""

    @property
    def missed(self) -> int:
        """How many of the reviewed tickets were found missed."""
        return len(self.tickets)


def missed_rate(sample: Sequence[Drawn], automated: int, confidence: float = 0.95) -> MissEstimate:
    """Estimate the missed share of ``automated`` tickets from those drawn for review.

    Assumes that tickets were drawn independently with the probabilities given, and that those reviewed are a random
    part of those drawn. Raises BadInput for a probability outside 0 to 1 or a sample larger than what it is from.
    """
    _check(sample, automated, confidence)
    reviewed = [drawn for drawn in sample if drawn.missed is not None]
    if not reviewed:
        why = "No ticket of the audit sample was reviewed" if sample else "No automated ticket was drawn for review"
        return MissEstimate(automated, len(sample), 0, missing=f"{why}: how many escalations were missed is unknown.")
    rate, low, high = _estimate(reviewed, len(reviewed) / len(sample), confidence)
    return MissEstimate(
        automated=automated,
        drawn=len(sample),
        reviewed=len(reviewed),
        tickets=tuple(drawn.ticket_id for drawn in reviewed if drawn.missed),
        rate=rate,
        low=low,
        high=high,
        caution=_caution(len(reviewed), len(sample)),
    )


def drawn_of(episodes: Iterable[Episode]) -> list[Drawn]:
    """Return the audit sample among episodes that automation kept: those drawn, with their reviews if they have one."""
    return [
        Drawn(
            episode.ticket_id,
            episode.drawn_percent / 100,
            missed=None if episode.review is None else episode.review.golden_turn >= 0,
        )
        for episode in episodes
        if episode.drawn_percent is not None and not episode.handed_off
    ]


def _check(sample: Sequence[Drawn], automated: int, confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise BadInput(f"a confidence lies between 0 and 1, not {confidence}", fix="give 0.95, for example")
    for drawn in sample:
        if not 0.0 < drawn.probability <= 1.0:
            what = f"ticket {drawn.ticket_id} was drawn with probability {drawn.probability}"
            raise BadInput(what, fix="give the probability with which it was drawn: above 0, at most 1")
    if len(sample) > automated:
        what = f"the sample holds {len(sample)} tickets, and only {automated} were automated"
        raise BadInput(what, fix="count every automated ticket, drawn or not")


def _caution(reviewed: int, drawn: int) -> str:
    if reviewed >= FEWEST_REVIEWED_SHARE * drawn:
        return ""
    return f"Only {reviewed} of {drawn} tickets drawn were reviewed: if the easy ones came first, the rate is too low."


@dataclass(frozen=True, slots=True)
class _Group:
    """Reviewed tickets of one probability, or of like ones. ``size`` is how many tickets they stand for."""

    size: float
    rate: float
    low: float
    high: float
    size_variance: float


def _estimate(reviewed: Sequence[Drawn], share: float, confidence: float) -> tuple[float, float, float]:
    groups = [_group(members, share, confidence) for members in _by_probability(reviewed)]
    total = sum(group.size for group in groups)
    rate = sum(group.size * group.rate for group in groups) / total
    z = float(ndtri((1 + confidence) / 2))
    between = z * z * sum(group.size_variance * (group.rate - rate) ** 2 for group in groups)
    down = between + sum((group.size * (group.rate - group.low)) ** 2 for group in groups)
    up = between + sum((group.size * (group.high - group.rate)) ** 2 for group in groups)
    return rate, max(0.0, rate - math.sqrt(down) / total), min(1.0, rate + math.sqrt(up) / total)


def _by_probability(reviewed: Sequence[Drawn]) -> list[list[Drawn]]:
    ordered = sorted(reviewed, key=lambda drawn: (drawn.probability, drawn.ticket_id))
    distinct = {drawn.probability for drawn in ordered}
    if len(distinct) <= MOST_GROUPS:
        return [[drawn for drawn in ordered if drawn.probability == p] for p in sorted(distinct)]
    size = math.ceil(len(ordered) / MOST_GROUPS)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _group(members: Sequence[Drawn], share: float, confidence: float) -> _Group:
    chances = [drawn.probability * share for drawn in members]
    size = sum(1 / p for p in chances)
    rate = sum(1 / p for p, drawn in zip(chances, members, strict=True) if drawn.missed) / size
    size_variance = sum((1 - p) / p**2 for p in chances)
    if not size_variance:  # everything was reviewed: nothing is left to estimate
        return _Group(size, rate, rate, rate, 0.0)
    n = size**2 / size_variance  # for one probability n / (1 - p): the finite population's correction
    low, high = exact_interval(rate * n, n, confidence)
    return _Group(size, rate, low, high, size_variance)


def exact_interval(successes: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the mid-P Clopper-Pearson interval of a share, 0 to 1; counts need not be whole (effective sizes).

    Half of the probability of what was seen counts on each side, which keeps the mean coverage near the nominal one
    where Clopper-Pearson's own is far above it (Agresti and Gottard, CSDA 51, 2007).
    """
    tail = (1 - confidence) / 2

    def at_least(p: float) -> float:
        return (_at_least(successes, n, p) + _at_least(successes + 1, n, p)) / 2

    low = _root(lambda p: at_least(p) < tail) if successes > 0 else 0.0
    high = _root(lambda p: at_least(p) < 1 - tail) if successes < n else 1.0
    return low, high


def _at_least(successes: float, n: float, p: float) -> float:
    """The probability of at least so many successes of n, by the incomplete beta function."""
    if successes <= 0:
        return 1.0
    return float(betainc(successes, n - successes + 1, p)) if successes <= n else 0.0


def _root(below: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2
