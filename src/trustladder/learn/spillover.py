"""Trust Spillover, compared: accounts after a bad automated episode beside matched ones after a good one.

Matching is exact on coarsened covariates (Iacus, King and Porro, Political Analysis 20, 2012): within each cell of
like accounts the good ones are weighted to the number of the bad, and cells without both drop out. The interval comes
from resampled accounts; whether there is anything to claim, from permuting bad and good within the cells, which is
exact where the match is; Holm's rule holds the five outcomes together at 5 %.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from trustladder.core.spillover import Followed, Judged, Later, followed_accounts
from trustladder.learn.risk_training import Numbers

RESAMPLES = 1000
MOST_NUMBERS = 2_000_000
"""How many accounts times resamples are held at once: 16 MB for each array."""
LEVEL = 0.05
FEWEST_ACCOUNTS = 20
"""Matched accounts of each kind below which nothing is compared."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SpilloverOutcome:
    """One later behaviour after bad and after matched good episodes: its mean (contacts, reopens) or share of accounts.

    ``low`` and ``high`` bound the 95 % interval of the difference. ``p_value`` is that of the permutation test, made
    larger for the number of outcomes; ``is_associated`` when it is at most 5 %.
    """

    name: str
    after_bad: float
    after_good: float
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def words(self) -> str:
        """The outcome in words."""
        return _WORDS[self.name]

    @property
    def is_associated(self) -> bool:
        """True when the difference is larger than chance gives in one of twenty comparisons."""
        return self.p_value <= LEVEL


@dataclass(frozen=True, slots=True)
class Spillover:
    """The comparison: accounts with a bad and a good episode, how many found their like, and each outcome.

    ``matched_bad`` and ``matched_good`` accounts are in ``cells`` that hold both. Empty ``outcomes`` with a reason in
    ``missing`` where there are too few. ``crude_contacts`` is the unmatched difference in contacts, for contrast.
    """

    bad: int
    good: int
    matched_bad: int
    matched_good: int
    cells: int
    within_days: int
    outcomes: tuple[SpilloverOutcome, ...] = ()
    crude_contacts: float | None = None
    missing: str = ""

    @property
    def sentence(self) -> str:
        """The finding in one sentence; it never says "caused"."""
        if self.missing:
            return self.missing
        found = [outcome for outcome in self.outcomes if outcome.is_associated]
        where = f"in the {self.within_days} days after, over {self.matched_bad:,} such accounts and their like"
        if not found:
            return f"No later behaviour is associated with a bad automated episode {where}."
        named = ", ".join(f"{outcome.words} ({outcome.difference:+.2f})" for outcome in found)
        return f"A bad automated episode is associated with other behaviour {where}: {named}."


_WORDS = {
    "contacts": "contacts",
    "straight_to_human": "going straight to a person",
    "reopens": "tickets that come back",
    "complaint": "complaints",
    "downgrade": "downgrades",
}


def trust_spillover(judged: Iterable[Judged], within_days: int = 30, seed: int = 0) -> Spillover:
    """Compare what accounts do in ``within_days`` after a bad automated episode with matched good ones.

    Assumes that within a cell it is chance which account had the bad episode. What no field tells, such as a short
    temper, is not matched: hence "associated".
    """
    followed = followed_accounts(judged, within_days, seed=seed)
    bad = sum(one.is_bad for one in followed)
    matched = _matched(followed)
    matched_bad = sum(one.is_bad for one in matched)
    counts = (bad, len(followed) - bad, matched_bad, len(matched) - matched_bad, len({one.cell for one in matched}))
    if min(matched_bad, len(matched) - matched_bad) < FEWEST_ACCOUNTS:
        missing = (
            f"{matched_bad} accounts with a bad automated episode and {len(matched) - matched_bad} with a good one "
            f"could be matched; spillover is compared from {FEWEST_ACCOUNTS} of each on."
        )
        return Spillover(*counts, within_days, missing=missing)
    return Spillover(*counts, within_days, _outcomes(matched, seed), _crude(followed))


def _matched(followed: Sequence[Followed]) -> list[Followed]:
    """Return the accounts in cells that hold bad and good ones, ordered by cell and kind."""
    kinds: dict[tuple[str, ...], set[bool]] = {}
    for one in followed:
        kinds.setdefault(one.cell, set()).add(one.is_bad)
    matched = [one for one in followed if len(kinds[one.cell]) == 2]
    return sorted(matched, key=lambda one: (one.cell, one.is_bad, one.account_id))


def _behaviour(followed: Sequence[Followed]) -> Numbers:
    return np.array([[float(getattr(one.later, field.name)) for field in fields(Later)] for one in followed])


def _crude(followed: Sequence[Followed]) -> float:
    contacts = np.array([float(one.later.contacts) for one in followed])
    bad = np.array([one.is_bad for one in followed])
    return float(contacts[bad].mean() - contacts[~bad].mean())


def _outcomes(matched: Sequence[Followed], seed: int) -> tuple[SpilloverOutcome, ...]:
    behaviour, bad = _behaviour(matched), np.array([one.is_bad for one in matched])
    cell = np.unique(["\x1f".join(one.cell) for one in matched], return_inverse=True)[1]
    weights = _weights(cell, bad)
    difference = weights @ behaviour
    rng = np.random.default_rng(seed)
    p_values = _holm(_permuted(rng, cell, weights, behaviour, difference))
    low, high = _resampled(rng, cell, bad, behaviour)
    after_bad = behaviour[bad].mean(axis=0)
    return tuple(
        SpilloverOutcome(
            name=field.name,
            after_bad=float(after_bad[i]),
            after_good=float(after_bad[i] - difference[i]),
            difference=float(difference[i]),
            low=float(low[i]),
            high=float(high[i]),
            p_value=float(p_values[i]),
        )
        for i, field in enumerate(fields(Later))
    )


def _weights(cell: Places, bad: npt.NDArray[np.bool_]) -> Numbers:
    """Return what each account adds to the difference: the good of a cell weigh together as much as its bad."""
    bad_of, good_of = np.bincount(cell, bad), np.bincount(cell, ~bad)
    weights: Numbers = np.where(bad, 1.0, -bad_of[cell] / good_of[cell]) / bad.sum()
    return weights


def _batches(accounts: int) -> Iterator[int]:
    """Yield how many resamples to make at once, so that many accounts do not need much memory."""
    at_once = max(1, min(RESAMPLES, MOST_NUMBERS // accounts))
    for start in range(0, RESAMPLES, at_once):
        yield min(at_once, RESAMPLES - start)


def _permuted(
    rng: np.random.Generator, cell: Places, weights: Numbers, behaviour: Numbers, difference: Numbers
) -> Numbers:
    """Return the share of permutations of bad and good within cells that differ as much (Phipson and Smyth, 2010)."""
    more = np.ones(behaviour.shape[1])
    for size in _batches(len(cell)):
        order = np.argsort(cell + rng.random((size, len(cell))), axis=1)
        more += (np.abs(weights[order] @ behaviour) >= np.abs(difference) - 1e-12).sum(axis=0)
    share: Numbers = more / (1 + RESAMPLES)
    return share


def _resampled(
    rng: np.random.Generator, cell: Places, bad: npt.NDArray[np.bool_], behaviour: Numbers
) -> tuple[Numbers, Numbers]:
    """Return the percentile interval of each difference over resampled accounts."""
    starts = np.flatnonzero(np.diff(2 * cell + bad, prepend=-1))  # accounts stand by cell, the good before the bad
    even = np.full(len(cell), 1 / len(cell))
    found = np.concatenate(
        [
            _differences(rng.multinomial(len(cell), even, size).astype(np.float64), starts, behaviour)
            for size in _batches(len(cell))
        ]
    )
    low, high = np.quantile(found, [LEVEL / 2, 1 - LEVEL / 2], axis=0)
    return low, high


def _differences(drawn: Numbers, starts: Places, behaviour: Numbers) -> Numbers:
    """Return the matched differences, one row a resample; ``drawn`` says how often each account is in it.

    A cell that loses all of its bad or of its good accounts drops out of that resample.
    """
    counts = np.add.reduceat(drawn, starts, axis=1)
    good, bad = counts[:, 0::2], counts[:, 1::2]
    share = np.where((good > 0) & (bad > 0), bad, 0.0)
    share /= share.sum(axis=1, keepdims=True)
    columns = []
    for column in behaviour.T:
        sums = np.add.reduceat(drawn * column, starts, axis=1)
        gap = sums[:, 1::2] / np.maximum(bad, 1) - sums[:, 0::2] / np.maximum(good, 1)
        columns.append((share * gap).sum(axis=1))
    return np.array(columns).T


def _holm(p_values: Numbers) -> Numbers:
    """Return p-values adjusted for their number (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    order = np.argsort(p_values)
    stepped = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return adjusted
