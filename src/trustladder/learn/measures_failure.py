"""How well the failure of a ticket is told: on customers left out, and on customers and bots left out.

The two are different questions. A business that learns from its own tickets knows how often its bot fails, so the
first adds what each bot and domain adds; a newcomer's bot was never seen, so the second adds nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trustladder.core.ticket import Role, Turn
from trustladder.detect.outcome.words import plain, tokens
from trustladder.learn.measures_outcome import (
    auc,
    auc_within,
    base_rates,
    by_recipe,
    cross_fit,
    family,
    interval,
    paired,
    report,
    splits,
)
from trustladder.learn.outcome_data import Case, read_tau
from trustladder.learn.outcome_fit import SHARES, TEXT, Recipe, Rows, text_rows
from trustladder.learn.risk_training import Numbers

SHOWN = (0.5, 1.0)
"""At which shares of the customer's turns the figures are given."""
REPEATS = 5
"""So often are customers dealt out anew: a score is the mean of so many fits, none of which saw the customer."""

_WORDS_AND_SURFACE = replace(
    TEXT, kinds=(("c:", 1.0), ("b:", 1.0)), raises=frozenset(), lowers=frozenset(), meaning=0.0, strata=0.0
)
_RECIPES: Mapping[str, Recipe] = {
    "trustladder": TEXT,
    "words": replace(_WORDS_AND_SURFACE, names=()),
    "words_and_surface": _WORDS_AND_SURFACE,
    "words_and_surface_bot_known": replace(_WORDS_AND_SURFACE, strata=TEXT.strata),
}
_SPEAKERS = {Role.CUSTOMER: "c:", Role.BOT: "b:"}
BASELINES = ("words", "words_and_surface", "words_and_surface_bot_known")

ByShare = dict[float, Rows]
Places = npt.NDArray[np.bool_]
"""Which of the rows: a mask."""


def measure_failure(data_dir: Path) -> dict[str, Any]:
    """`measure_failure_of` the recorded conversations, and under `new_bots` that of bots left out."""
    cases = read_tau(data_dir / "tau")
    read = _read(cases)
    return {**_measured(cases, read, tuple(range(REPEATS))), "new_bots": _new_bots(read)}


def measure_failure_of(cases: Sequence[Case], seeds: Iterable[int] = (0,)) -> dict[str, Any]:
    """Failure of the ticket at 50 % and 100 % of the customer's turns, on customers not trained on.

    A score is the mean over `seeds`, each of which deals out the customers anew. Per-example scores come in the cases'
    order.
    """
    return _measured(cases, _read(cases), tuple(seeds))


def _measured(cases: Sequence[Case], read: dict[str, ByShare], seeds: Sequence[int]) -> dict[str, Any]:
    found = {name: _out_of_fold(read[name], recipe, seeds) for name, recipe in _RECIPES.items()}
    by_share = read["trustladder"]
    rows = by_share[1.0]
    return {
        "conversations": len(cases),
        "failed": int(rows.labels.sum()),
        "customers": len(set(rows.groups)),
        "ids": ids(cases),
        "labels": rows.labels.astype(int).tolist(),
        "groups": list(rows.groups),
        "at": {
            f"{share:.0%}": _at_share(by_share[share], {name: scores[share] for name, scores in found.items()})
            for share in SHOWN
        },
    }


def ids(cases: Sequence[Case]) -> list[str]:
    """A name for each conversation: its file and its place in it, from 0 (`tau2_retail_gpt-4.1.json.gz#3`)."""
    seen: Counter[str] = Counter()
    found = []
    for case in cases:
        found.append(f"{case.source}#{seen[case.source]}")
        seen[case.source] += 1
    return found


def _read(cases: Sequence[Case]) -> dict[str, ByShare]:
    """The rows that each recipe reads: the baselines read all that was said, ours what the product reads."""
    ours = {share: text_rows(cases, share) for share in SHARES}
    said = {
        share: replace(rows, words=tuple(_said(case.until(share)) for case in cases)) for share, rows in ours.items()
    }
    return {name: ours if name == "trustladder" else said for name in _RECIPES}


def _said(turns: Iterable[Turn]) -> dict[str, int]:
    """How often the customer (`c:`) and the bot (`b:`) said each word and each pair of words."""
    found: Counter[str] = Counter()
    for turn in turns:
        if turn.role in _SPEAKERS:
            words = tokens(plain(turn.text))
            found.update(_SPEAKERS[turn.role] + gram for gram in (*words, *map(" ".join, pairwise(words))))
    return found


def _narrowed(by_share: ByShare, recipe: Recipe) -> ByShare:
    if recipe.names:
        return by_share
    return {share: replace(part, measures=part.measures[:, :0]) for share, part in by_share.items()}


def _out_of_fold(by_share: ByShare, recipe: Recipe, seeds: Sequence[int]) -> dict[float, Numbers]:
    read, rows = _narrowed(by_share, recipe), by_share[1.0]
    score = by_recipe(read, {share: read[share] for share in SHOWN}, recipe)
    found = {share: np.zeros(len(rows.labels)) for share in SHOWN}
    for seed in seeds:
        for train, test in splits(rows.groups, rows.labels, seed):
            for share, logits in score(train, test).items():
                found[share][test] += logits / len(seeds)
    return found


def _at_share(rows: Rows, scores: dict[str, Numbers]) -> dict[str, Any]:
    found = {name: report(rows, values, 0) for name, values in scores.items()}
    others = {
        "turn_count": rows.measures[:, TEXT.names.index("customer_turns")],
        "model_and_domain": cross_fit(rows, base_rates(rows, rows.strata()), 0),
        "always_or_never": np.zeros(len(rows.labels)),
    }
    found |= {name: report(rows, values, 0, False) for name, values in others.items()}
    for baseline in BASELINES:
        found["trustladder"][f"against_{baseline}"] = paired(rows, scores["trustladder"], scores[baseline])
    return found


def _new_bots(read: dict[str, ByShare]) -> dict[str, Any]:
    """Failure on customers and bots not trained on: two bots at a time are left out, the mean over all such pairs.

    The bots stand in a ring in order of name; each is left out once with either neighbour. AUC within a pair orders
    tickets of both bots by one fit a fold.
    """
    by_share = read["trustladder"]
    bots = np.array([family(bot) for bot in by_share[1.0].bots])
    names = sorted(set(bots))
    pairs = [np.isin(bots, (name, names[place - 1])) for place, name in enumerate(names)]
    found = {
        name: [_left_out(read[name], _RECIPES[name], pair) for pair in pairs]
        for name in ("trustladder", "words_and_surface")
    }
    return {f"{share:.0%}": _of_pairs(by_share[share], pairs, found, share) for share in SHOWN}


def _left_out(by_share: ByShare, recipe: Recipe, tested: Places) -> dict[float, Numbers]:
    rows = by_share[1.0]
    score = by_recipe(by_share, {share: by_share[share] for share in SHOWN}, recipe)
    found = {share: np.zeros(len(rows.labels)) for share in SHOWN}
    for rest, fold in splits(rows.groups, rows.labels, 0):
        test = [place for place in fold if tested[place]]
        train = [place for place in rest if not tested[place]]
        for share, logits in score(train, test).items():
            found[share][test] = logits
    return found


def _of_pairs(
    rows: Rows, pairs: Sequence[Places], found: Mapping[str, Sequence[dict[float, Numbers]]], share: float
) -> dict[str, Any]:
    def mean_auc(places: Sequence[int], name: str) -> float:
        at = np.array(places)
        held = [(at[pair[at]], scores[share]) for pair, scores in zip(pairs, found[name], strict=True)]
        return float(np.mean([auc(rows.labels[inside], scores[inside]) for inside, scores in held]))

    strata, everything = np.array(rows.strata()), range(len(rows.labels))
    within = [
        auc_within(rows.labels[pair], scores[share][pair], strata[pair].tolist())
        for pair, scores in zip(pairs, found["trustladder"], strict=True)
    ]
    gain = interval(rows.groups, lambda at: mean_auc(at, "trustladder") - mean_auc(at, "words_and_surface"))
    return {
        "auc": round(mean_auc(everything, "trustladder"), 4),
        "auc_interval": interval(rows.groups, lambda at: mean_auc(at, "trustladder")),
        "auc_within": round(float(np.mean(within)), 4),
        "words_and_surface": round(mean_auc(everything, "words_and_surface"), 4),
        "against_words_and_surface": gain,
    }
