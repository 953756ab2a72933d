"""How well the moment of a handoff is met: GT-T on chats where that moment is known, beside the baselines.

MHCH holds word ids only, so that nothing of the product's reading of text can run on it: what is measured is a score
learned from who spoke, how long, how often the same words came again, and the ids as words.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trustladder.core.verdict import TOLERANCES, golden_transfer_within
from trustladder.learn.measures_outcome import auc, auc_interval, cross_fit, folds_by_group
from trustladder.learn.mhch import Chat, read_mhch
from trustladder.learn.outcome_fit import Recipe, Rows, fit
from trustladder.learn.risk_training import Numbers

_MEASURES = (
    "by_customer",
    "length",
    "place",
    "in_a_row",
    "same_words_before",
    "same_words_of_the_other",
    "short_answer",
)
_STRUCTURE = Recipe(_MEASURES, 1.0, (), 3.0, frozenset(), frozenset())
_WORDS = Recipe(_MEASURES, 1.0, (("n:", 3.0), ("p:", 3.0)), 3.0, frozenset(), frozenset())

Handoff = int | None


def handoff_rows(chats: Sequence[Chat]) -> Rows:
    """One row an utterance, from what was said up to it: `n:` its word ids, `p:` those of the utterance before."""
    measures, words, labels, groups = list[list[float]](), list[dict[str, int]](), list[float](), list[str]()
    for number, chat in enumerate(chats):
        own: dict[bool, list[set[int]]] = {True: [], False: []}
        row = 0
        for place, one in enumerate(chat.said):
            before = chat.said[place - 1] if place else None
            row = row + 1 if before is not None and before.by_customer == one.by_customer else 1
            said = set(one.words)
            log = np.log1p([len(one.words), place, row])
            alike = [_alike(said, own[side]) for side in (one.by_customer, not one.by_customer)]
            measures.append([float(one.by_customer), *log.tolist(), *alike, float(len(one.words) <= 2)])
            words.append(dict.fromkeys([f"n:{word}" for word in said], 1))
            if before is not None:
                words[-1] |= dict.fromkeys([f"p:{word}" for word in set(before.words)], 1)
            labels.append(float(one.handoff))
            groups.append(f"chat-{number}")
            own[one.by_customer].append(said)
    none = ("",) * len(labels)
    cases = tuple(int(group.removeprefix("chat-")) for group in groups)
    unread = np.zeros((len(labels), 0))
    return Rows(np.array(measures), tuple(words), np.array(labels), tuple(groups), none, none, cases, unread)


def _alike(said: set[int], earlier: Sequence[set[int]]) -> float:
    return max((len(said & other) / len(said | other) for other in earlier[-10:]), default=0.0) if said else 0.0


def measure_mhch(data_dir: Path, seed: int = 0) -> dict[str, Any]:
    """Where in a chat a person should take over: AUC by utterance and GT-T by chat, on chats left out.

    The threshold of a fold is the one with the best GT-T (T = 2) on the out-of-fold scores of the others.
    """
    chats = read_mhch(data_dir / "mhch_makeup2_rssn")
    rows = handoff_rows(chats)
    scores = {"structure": _cross(rows, _STRUCTURE, seed), "words": _cross(rows, _WORDS, seed)}
    handoffs: dict[str, list[Handoff]] = {name: _crossings(chats, rows, found, seed) for name, found in scores.items()}
    handoffs["never"] = [None] * len(chats)
    handoffs["at_once"] = [0] * len(chats)
    golden = [chat.golden for chat in chats]
    return {
        "chats": len(chats),
        "utterances": len(rows.labels),
        "handoffs": int(rows.labels.sum()),
        "auc": {name: round(auc(rows.labels, found), 4) for name, found in scores.items()},
        "auc_interval": {name: auc_interval(rows.groups, rows.labels, found) for name, found in scores.items()},
        "place_alone": round(auc(rows.labels, rows.measures[:, _MEASURES.index("place")]), 4),
        "gt_t": {name: transfers(golden, found) for name, found in handoffs.items()},
    }


def _cross(rows: Rows, recipe: Recipe, seed: int) -> Numbers:
    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        return fit(rows.take(train), recipe, np.ones(len(train))).logits(rows.take(test))

    return cross_fit(rows, score, seed)


def transfers(golden: Sequence[Handoff], handoffs: Sequence[Handoff]) -> list[float]:
    """Return the mean GT-T at each of the `TOLERANCES`."""
    pairs = list(zip(golden, handoffs, strict=True))
    return [round(sum(golden_transfer_within(*pair, t) for pair in pairs) / len(pairs), 4) for t in TOLERANCES]


def _crossings(chats: Sequence[Chat], rows: Rows, scores: Numbers, seed: int) -> list[Handoff]:
    places: dict[int, list[int]] = {}
    for place, case in enumerate(rows.cases):
        places.setdefault(case, []).append(place)
    by_chat = [scores[places[number]] for number in range(len(chats))]
    cuts = np.quantile(scores, np.linspace(0.5, 0.999, 40)).tolist()
    firsts = [[_first(found, cut) for found in by_chat] for cut in cuts]
    held = [[golden_transfer_within(c.golden, at, 2) for c, at in zip(chats, first, strict=True)] for first in firsts]
    chosen: list[Handoff] = [None] * len(chats)
    for fold in folds_by_group(rows.groups, rows.labels, seed):
        mine = {rows.cases[place] for place in fold}
        rest = [number for number in range(len(chats)) if number not in mine]
        best = max(range(len(cuts)), key=lambda cut: sum(held[cut][number] for number in rest))
        for number in mine:
            chosen[number] = firsts[best][number]
    return chosen


def _first(scores: Numbers, cut: float) -> Handoff:
    above = np.flatnonzero(scores > cut)
    return int(above[0]) if len(above) else None
