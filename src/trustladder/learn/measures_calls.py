"""How well the score of structured conversations holds: BETOLD's phone calls, by cross-validation over calls.

One fit reads a call at every point, as the shipped one must: nobody knows live how much of a call is to come. Beside it
stand two fits that are made for one point each and so know it: words and surface numbers, and the same trees.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from trustladder.core.ticket import Role, Turn
from trustladder.detect.labels import ENTITY
from trustladder.learn.measures_outcome import (
    auc,
    auc_interval,
    calibrated,
    calibration_error,
    cross_fit,
    interval,
    macro_f1,
    splits,
)
from trustladder.learn.outcome_data import Case, read_betold
from trustladder.learn.outcome_fit import (
    INTENT_SHARES,
    INTENT_WEIGHTS,
    Recipe,
    Rows,
    fit,
    fit_intents,
    intent_logits,
    intent_rows,
    rows_of,
    stacked,
    until_share,
)
from trustladder.learn.risk_training import Numbers

AT = (0.5, 0.75, 1.0)
"""The shares of a call's turns after which it is measured."""
_SURFACE = ("turns", "customer_turns", "distinct_labels", "most_of_one_label", "refusals", "entities", "bot_spoke_last")
_WORDS_AND_SURFACE = Recipe(_SURFACE, 0.3, (("i:", 1.0), ("p:", 1.0)), 1.0, frozenset(), frozenset(), least_groups=3)


def measure_betold(data_dir: Path, seed: int = 0) -> dict[str, Any]:
    """Will the caller hang up or ask to be forwarded: the whole call, and the first 75 % and 50 % of its turns.

    Under each share stand `trustladder` (one fit for all), `words_and_surface` (TF-IDF of labels and their pairs with
    surface numbers, fitted at this share alone) and `trees_at_this_share`. The threshold for macro-F1 is chosen on the
    out-of-fold scores of the other folds.
    """
    cases = read_betold(data_dir / "betold")
    by_share = {share: intent_rows(cases, share) for share in sorted({*INTENT_SHARES, *AT})}
    lengths = np.array([float(len(case.turns)) for case in cases])
    ours = _one_fit(by_share, seed)
    risks = _one_calibration(by_share, ours, seed)
    found: dict[str, Any] = {"calls": len(cases), "labels": [int(case.failed) for case in cases]}
    for share in AT:
        rows, plain = by_share[share], surface_rows(cases, share)
        beside = {
            "words_and_surface": cross_fit(plain, _fitted_words(plain), seed),
            "trees_at_this_share": cross_fit(rows, _fitted_trees(rows), seed),
        }
        found[f"{share:.0%}"] = {
            **_compared(rows, {"trustladder": ours[share], **beside}, seed),
            "turn_count_of_whole_call": {"auc": round(auc(rows.labels, lengths), 4)},
        }
        found[f"{share:.0%}"]["trustladder"] |= {
            "calibration_error": round(calibration_error(rows.labels, risks[share]), 4),
            "risks": [round(float(risk), 5) for risk in risks[share]],
        }
    return found


def _one_fit(by_share: dict[float, Rows], seed: int) -> dict[float, Numbers]:
    """Out-of-fold scores at each share in `AT`, of trees fitted on all of `INTENT_SHARES`."""
    kept = {share: np.zeros(len(by_share[1.0].labels)) for share in AT}

    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        weights = np.repeat(INTENT_WEIGHTS, len(train))
        trees = fit_intents(stacked([by_share[share].take(train) for share in INTENT_SHARES]), weights)
        for share, scores in kept.items():
            scores[list(test)] = intent_logits(trees, by_share[share].take(test))
        return np.zeros(len(test))

    cross_fit(by_share[1.0], score, seed)
    return kept


def _fitted_words(rows: Rows) -> Callable[[Sequence[int], Sequence[int]], Numbers]:
    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        return fit(rows.take(train), _WORDS_AND_SURFACE, np.ones(len(train))).logits(rows.take(test))

    return score


def _fitted_trees(rows: Rows) -> Callable[[Sequence[int], Sequence[int]], Numbers]:
    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        return intent_logits(fit_intents(rows.take(train), np.ones(len(train))), rows.take(test))

    return score


def surface_rows(cases: Sequence[Case], share: float) -> Rows:
    """What a plain baseline reads of structured conversations: counts of labels, of their pairs, surface numbers."""
    read = [(case, until_share(case, share)) for case in cases]
    return rows_of(
        [(_surface(turns), _label_words(turns), case.failed, case, number) for number, (case, turns) in enumerate(read)]
    )


def _label_words(turns: Sequence[Turn]) -> dict[str, int]:
    said = [f"{turn.role}: {label}" for turn in turns for label in turn.intents]
    steps = [name for name in said if ENTITY not in name]
    pairs = (f"p:{one} > {other}" for one, other in pairwise(steps))
    return dict(Counter([*(f"i:{name}" for name in said), *pairs]))


def _surface(turns: Sequence[Turn]) -> list[float]:
    labels = Counter(label for turn in turns for label in turn.intents if not label.startswith(ENTITY))
    entities = sum(label.startswith(ENTITY) for turn in turns for label in turn.intents)
    customers = sum(turn.role is Role.CUSTOMER for turn in turns)
    most, refusals = max(labels.values(), default=0), labels["negate"]
    spoke_last = float(turns[-1].role is Role.BOT)
    return [float(len(turns)), float(customers), float(len(labels)), float(most), float(refusals), entities, spoke_last]


def _one_calibration(by_share: dict[float, Rows], scores: dict[float, Numbers], seed: int) -> dict[float, Numbers]:
    """Probabilities at each share, by one calibration for all of them: live, nobody knows which share it is."""
    rows = stacked([by_share[share] for share in scores])
    risks = calibrated(np.concatenate(list(scores.values())), rows, seed)
    return dict(zip(scores, np.split(risks, len(scores)), strict=True))


def _compared(rows: Rows, scores: dict[str, Numbers], seed: int) -> dict[str, Any]:
    guesses = {name: _guesses(rows, found, seed) for name, found in scores.items()}
    found: dict[str, Any] = {
        name: {
            "auc": round(auc(rows.labels, values), 4),
            "auc_interval": auc_interval(rows.groups, rows.labels, values),
            "macro_f1": round(macro_f1(rows.labels, guesses[name]), 4),
            "macro_f1_interval": interval(rows.groups, _f1_of(rows.labels, guesses[name])),
        }
        for name, values in scores.items()
    }
    mine, theirs = (_f1_of(rows.labels, guesses[name]) for name in ("trustladder", "words_and_surface"))
    found["trustladder"]["against_words_and_surface"] = {
        "auc": auc_interval(rows.groups, rows.labels, scores["trustladder"], scores["words_and_surface"]),
        "macro_f1": interval(rows.groups, lambda places: mine(places) - theirs(places)),
    }
    return found


def _f1_of(labels: Numbers, guesses: Numbers) -> Callable[[list[int]], float]:
    return lambda places: macro_f1(labels[places], guesses[places])


def _guesses(rows: Rows, scores: Numbers, seed: int) -> Numbers:
    """0 or 1 for each call, by the threshold that is best on the other folds."""
    guesses = np.zeros(len(scores))
    for rest, fold in splits(rows.groups, rows.labels, seed):
        cuts = np.quantile(scores[rest], np.linspace(0.3, 0.9, 61))
        best = max(cuts.tolist(), key=lambda cut: macro_f1(rows.labels[rest], (scores[rest] > cut).astype(float)))
        guesses[fold] = (scores[fold] > best).astype(float)
    return guesses
