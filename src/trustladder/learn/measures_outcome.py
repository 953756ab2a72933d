"""How well the learned score holds: grouped cross-validation, baselines in the same run, bootstrap intervals.

Customers are never in training and test at once. Calibration is cross-fitted: the scores of a fold are calibrated on
the other folds' out-of-fold scores. Intervals resample customers, not conversations.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trustladder.learn.outcome_data import read_tau
from trustladder.learn.outcome_fit import (
    ACTIONS,
    Fitted,
    Recipe,
    Rows,
    action_rows,
    all_writes,
    fit,
    stacked,
)
from trustladder.learn.risk_training import Numbers, fit_calibration, logistic

FOLDS = 5
RESAMPLES = 1000
Score = Callable[[Sequence[int], Sequence[int]], Numbers]


def folds_by_group(groups: Sequence[str], labels: Numbers, seed: int, folds: int = FOLDS) -> list[list[int]]:
    """Places by fold: a group is in one fold only, and folds are alike in size and in failures.

    Large groups are placed first, each into the fold where both classes stay most even (as scikit-learn's
    StratifiedGroupKFold does); `seed` orders groups of one size.
    """
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    order = sorted(places, key=lambda group: (-len(places[group]), _shuffled(group, seed)))
    totals = np.array([max(1.0, float((labels < 0.5).sum())), max(1.0, float((labels > 0.5).sum()))])
    held = np.zeros((folds, 2))
    filled: list[list[int]] = [[] for _ in range(folds)]
    for group in order:
        failed = float(labels[places[group]].sum())
        added = np.array([len(places[group]) - failed, failed]) / totals
        fold = int(np.argmin(((held + added) ** 2 - held**2).sum(axis=1)))
        held[fold] += added
        filled[fold].extend(places[group])
    return [sorted(fold) for fold in filled]


def splits(groups: Sequence[str], labels: Numbers, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """For each of `folds_by_group`: all other places, and its own."""
    for fold in folds_by_group(groups, labels, seed):
        held = set(fold)
        yield [place for place in range(len(labels)) if place not in held], fold


def _shuffled(group: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {group}".encode()).digest()


def auc(labels: Numbers, scores: Numbers) -> float:
    """Area under the ROC curve; ties count half; 0.5 when one class is missing."""
    bad = labels > 0.5
    if bad.all() or not bad.any():
        return 0.5
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n = int(bad.sum())
    return float((ranks[bad].sum() - n * (n + 1) / 2) / (n * (len(labels) - n)))


def auc_within(labels: Numbers, scores: Numbers, strata: Sequence[str]) -> float:
    """AUC over pairs of one stratum (model and domain), weighted by their number."""
    kinds = np.array(strata)
    total = weight = 0.0
    for kind in sorted(set(strata)):
        held = kinds == kind
        pairs = float(labels[held].sum() * (1 - labels[held]).sum())
        total, weight = total + pairs * auc(labels[held], scores[held]), weight + pairs
    return total / weight if weight else 0.5


def left_in_automation(labels: Numbers, scores: Numbers, share: float = 0.2) -> float:
    """The failure rate among what stays with the bot when the riskiest `share` is escalated."""
    kept = np.argsort(scores, kind="stable")[: len(scores) - int(share * len(scores))]
    return float(labels[kept].mean())


def calibration_error(labels: Numbers, risks: Numbers, bins: int = 10) -> float:
    """Expected calibration error over `bins` groups of equal size."""
    order = np.array_split(np.argsort(risks, kind="stable"), bins)
    gaps = [len(part) * abs(float(labels[part].mean() - risks[part].mean())) for part in order if len(part)]
    return sum(gaps) / len(labels)


def macro_f1(labels: Numbers, guesses: Numbers) -> float:
    """The mean of the F1 of both classes; `guesses` are 0 or 1."""
    found = []
    for wanted in (0.0, 1.0):
        hit = float(((labels == wanted) & (guesses == wanted)).sum())
        found.append(2 * hit / max(1.0, float((labels == wanted).sum() + (guesses == wanted).sum())))
    return sum(found) / 2


def _draws(groups: Sequence[str], seed: int) -> tuple[list[list[int]], npt.NDArray[np.int64]]:
    """The places of each group, and the groups drawn in each resample (`RESAMPLES` rows)."""
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    return list(places.values()), np.random.default_rng(seed).integers(0, len(places), (RESAMPLES, len(places)))


def _bounds(found: Sequence[float] | Numbers) -> tuple[float, float]:
    low, high = np.percentile(found, [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)


def interval(groups: Sequence[str], statistic: Callable[[list[int]], float], seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of a statistic of places, resampling groups."""
    pools, draws = _draws(groups, seed)
    return _bounds([statistic([place for pick in draw for place in pools[pick]]) for draw in draws.tolist()])


def auc_interval(
    groups: Sequence[str], labels: Numbers, scores: Numbers, against: Numbers | None = None, seed: int = 0
) -> tuple[float, float]:
    """The `interval` of an AUC, or of its gain over the scores `against`, all resamples at once."""
    pools, draws = _draws(groups, seed)
    picked = np.apply_along_axis(np.bincount, 1, draws, minlength=len(pools))
    home = np.empty(len(labels), dtype=np.int64)
    for number, pool in enumerate(pools):
        home[pool] = number
    times = picked[:, home].astype(np.float64)
    found = _weighted_aucs(times, labels, scores)
    return _bounds(found if against is None else found - _weighted_aucs(times, labels, against))


def _weighted_aucs(times: Numbers, labels: Numbers, scores: Numbers) -> Numbers:
    """The AUC of each row of `times`, which says how often each example counts."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(scores[order]) > 0]))
    bad = np.add.reduceat(times[:, order] * (labels[order] > 0.5), starts, axis=1)
    good = np.add.reduceat(times[:, order] * (labels[order] <= 0.5), starts, axis=1)
    below = np.cumsum(good, axis=1) - good / 2
    pairs = bad.sum(axis=1) * good.sum(axis=1)
    found: Numbers = np.where(pairs > 0, (bad * below).sum(axis=1) / np.maximum(pairs, 1.0), 0.5)
    return found


def cross_fit(rows: Rows, score: Score, seed: int, bots: Sequence[str] = ()) -> Numbers:
    """Out-of-fold scores: `score(train, test)` for each fold of groups; with `bots`, also never the tested bot."""
    found = np.zeros(len(rows.labels))
    for rest, fold in splits(rows.groups, rows.labels, seed):
        for bot in sorted({bots[i] for i in fold}) if bots else [""]:
            test = [i for i in fold if not bots or bots[i] == bot]
            train = [i for i in rest if not bots or bots[i] != bot]
            found[test] = score(train, test)
    return found


def calibrated(scores: Numbers, rows: Rows, seed: int) -> Numbers:
    """Probabilities: each fold calibrated on the out-of-fold scores of the others."""
    found = np.zeros(len(scores))
    for rest, fold in splits(rows.groups, rows.labels, seed):
        fitted = fit_calibration(scores[rest], rows.labels[rest], [rows.domains[i] for i in rest])
        found[fold] = logistic(fitted.apply(scores[fold], [rows.domains[i] for i in fold]))
    return found


def by_recipe(
    by_share: Mapping[float, Rows], at: Mapping[float, Rows], recipe: Recipe
) -> Callable[[list[int], list[int]], dict[float, Numbers]]:
    """The scores of readings `at` some shares, by one fit on the readings `by_share`; bots that it knows are known."""

    def score(train: list[int], test: list[int]) -> dict[float, Numbers]:
        rows = stacked([part.take(train) for part in by_share.values()])
        fitted: Fitted = fit(rows, recipe, np.full(len(rows.labels), 1 / len(by_share)))
        return {share: fitted.logits_of_known(part.take(test)) for share, part in at.items()}

    return score


def report(rows: Rows, scores: Numbers, seed: int, probable: bool = True) -> dict[str, Any]:
    """What is told of scores; `probable` ones are logits, which are calibrated too."""
    labels = rows.labels
    found: dict[str, Any] = {
        "auc": round(auc(labels, scores), 4),
        "auc_interval": auc_interval(rows.groups, labels, scores),
        "auc_within": round(auc_within(labels, scores, rows.strata()), 4),
        "left_in_automation": round(left_in_automation(labels, scores), 4),
        "scores": [round(float(score), 5) for score in scores],
    }
    if probable:
        risks = calibrated(scores, rows, seed)
        found["calibration_error"] = round(calibration_error(labels, risks), 4)
        found["calibrated_auc"] = round(auc(labels, risks), 4)
        found["risks"] = [round(float(risk), 5) for risk in risks]
    return found


def base_rates(rows: Rows, keys: Sequence[str]) -> Score:
    """How often those with the same key fail, drawn a little to the mean."""

    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        rates = {}
        for key in set(keys):
            held = [rows.labels[i] for i in train if keys[i] == key]
            rates[key] = (sum(held) + rows.labels.mean()) / (len(held) + 1)
        return np.array([rates[keys[i]] for i in test])

    return score


def paired(rows: Rows, ours: Numbers, theirs: Numbers) -> dict[str, Any]:
    """The gain in AUC over other scores of the same readings, with its interval."""
    gain = auc(rows.labels, ours) - auc(rows.labels, theirs)
    return {"auc_gain": round(gain, 4), "interval": auc_interval(rows.groups, rows.labels, ours, theirs)}


def family(bot: str) -> str:
    """The bot whatever it was called: one model is in the recordings under two names."""
    return "gpt-4o" if "gpt-4o" in bot else bot


def measure_writes(data_dir: Path, seed: int = 0, unseen_bots: bool = False, domain: str = "airline") -> dict[str, Any]:
    """Is this proposed action wrong? Distinct executed changing calls up to the first wrong one, in one domain.

    Trained on all domains' calls of other customers, also on those that failed or came after a first wrong one.
    """
    cases = read_tau(data_dir / "tau")
    writes = all_writes(cases)
    rows = action_rows(cases, writes)
    counts = np.array([len(cases[case].turns) for case in rows.cases], dtype=np.float64)
    tested = [
        i for i, write in enumerate(writes) if not (write.after_wrong or write.failed) and rows.domains[i] == domain
    ]

    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        held = rows.take(train)
        return fit(held, ACTIONS, np.ones(len(train))).logits(rows.take(test))

    bots = [family(bot) for bot in rows.bots] if unseen_bots else ()
    ours = cross_fit(rows, score, seed, bots)
    tools = [write.call.name for write in writes]
    baseline = cross_fit(rows, base_rates(rows, tools), seed, bots)
    part = rows.take(tested)
    return {
        "actions": len(tested),
        "wrong": int(part.labels.sum()),
        "labels": part.labels.astype(int).tolist(),
        "groups": list(part.groups),
        "trustladder": {
            **report(part, ours[tested], seed),
            "against_tool_name": paired(part, ours[tested], baseline[tested]),
        },
        "tool_name": report(part, baseline[tested], seed, False),
        "conversation_length": report(part, counts[tested], seed, False),
    }
