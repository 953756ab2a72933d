"""Fits and measures the reading of breakdowns on DBDC3: thirty annotators for each utterance of a chatbot.

What is measured is cross-validated by dialogue; the threshold comes from an inner cross-validation on the other folds.
"""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trustladder.detect.meaning.breakdown import kernel, measures, place, shares, table
from trustladder.detect.meaning.encoder import load_encoder
from trustladder.learn.measures_meaning import auc, f1, interval

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Model = dict[str, Numbers]

RIDGE = 0.7
AXES = 40
CUSTOMER_AXES = 24
MANNER_AXES = 16
LANDMARKS = 1500
FOLDS = 5
INNER_FOLDS = 4
_DRAWS = 500


def dbdc3_dialogues(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The dialogues of DBDC3, each with the name of its file."""
    with tarfile.open(data / "dbdc3/dbdc3_en_dev.tar.gz") as archive:
        for name in sorted(archive.getnames()):
            member = archive.extractfile(name) if name.endswith(".json") else None
            if member:
                yield name, json.load(io.TextIOWrapper(member, encoding="utf-8"))


def breakdown_rows(data: Path) -> dict[str, Any]:
    """DBDC3 by labelled bot utterance: vectors, measures, annotators' shares of O, T, X, and the dialogue's number."""
    rows: list[tuple[Any, ...]] = []
    for number, (_, dialogue) in enumerate(dbdc3_dialogues(data)):
        rows += [(*row, number) for row in _labelled_turns(dialogue["turns"])]
    names = ("said", "heard", "manner", "measures", "shares")
    *columns, numbers = zip(*rows, strict=True)
    stacked = {name: np.stack(column).astype(float) for name, column in zip(names, columns, strict=True)}
    return {**stacked, "dialogue": np.array(numbers)}


def _labelled_turns(turns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for index, turn in enumerate(turns):
        marks = [mark["breakdown"] for mark in turn["annotations"]]
        if turn["speaker"] != "S" or not marks:
            continue
        before = {side: [t["utterance"] for t in turns[:index] if t["speaker"] == side] for side in ("S", "U")}
        at = place(turn["utterance"], before["S"], before["U"], load_encoder())
        votes = np.array([marks.count(mark) / len(marks) for mark in "OTX"])
        yield at.vector, at.heard, at.manner, measures(at), votes


def fit_breakdown(rows: Mapping[str, Any], kept: Places) -> Model:
    """The parts of the kernel model from the rows of `kept`."""
    measured, target = rows["measures"][kept], rows["shares"][kept]
    model: Model = {"mean": measured.mean(0), "spread": measured.std(0) + 1e-9, "base": target.mean(0)}
    model |= {"bot_axes": _axes(rows["said"][kept], AXES), "customer_axes": _axes(rows["heard"][kept], CUSTOMER_AXES)}
    model["manner_axes"] = _axes(rows["manner"][kept], MANNER_AXES)
    known = _table(model, rows, kept)
    drawn = np.random.default_rng(1).choice(len(known), min(LANDMARKS, len(known)), replace=False)
    landmarks = known[np.sort(drawn)]
    near, among = kernel(known, landmarks), kernel(landmarks, landmarks)
    system = near.T @ near + RIDGE * among + 1e-6 * np.eye(len(landmarks))
    model |= {"landmarks": landmarks, "squares": (landmarks * landmarks).sum(1)}
    model["coefficients"] = np.linalg.solve(system, near.T @ (target - model["base"]))
    return model


def _axes(vectors: Numbers, count: int) -> Numbers:
    """The main directions."""
    return np.asarray(np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)[2][:count].T)


def _table(model: Model, rows: Mapping[str, Any], wanted: Places) -> Numbers:
    return np.asarray(table(model, *(rows[name][wanted] for name in ("said", "heard", "manner", "measures"))))


def predict_breakdown(model: Model, rows: Mapping[str, Any], wanted: Places) -> Numbers:
    """Predicted shares (n, 3) of O, T, X."""
    near = kernel(_table(model, rows, wanted), model["landmarks"])
    return np.asarray(shares(near @ model["coefficients"] + model["base"]), dtype=np.float64)


def best_threshold(rows: Mapping[str, Any], kept: Places) -> float:
    """The share of O below which "breakdown" is said, best for F1(T+X) in an inner cross-validation."""
    none = np.zeros(len(kept))
    for fold in range(INNER_FOLDS):
        held = rows["dialogue"][kept] % INNER_FOLDS == fold
        none[held] = predict_breakdown(fit_breakdown(rows, kept[~held]), rows, kept[held])[:, 0]
    gold = rows["shares"][kept].argmax(1) > 0
    return float(max(np.linspace(0.2, 0.7, 51), key=lambda limit: f1(none < limit, gold)))


def measure_breakdown(data: Path) -> dict[str, Any]:
    """F1 of "possible or certain" and the Jensen-Shannon divergence (bits) to the annotators' shares."""
    rows = breakdown_rows(data)
    votes, dialogue = rows["shares"], rows["dialogue"]
    gold = votes.argmax(1) > 0
    fold = np.random.default_rng(0).permutation(dialogue.max() + 1)[dialogue] % FOLDS
    predicted, said = np.zeros_like(votes), np.zeros(len(gold), dtype=bool)
    for number in range(FOLDS):
        kept, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        predicted[held] = predict_breakdown(fit_breakdown(rows, kept), rows, held)
        said[held] = predicted[held, 0] < best_threshold(rows, kept)
    divergence = jensen_shannon(votes, predicted)
    return {
        "utterances": len(gold),
        "f1_t_or_x": round(f1(said, gold), 3),
        "f1_interval": interval(lambda r: f1(said[r], gold[r]), dialogue.tolist()),
        "f1_by_largest_share": round(f1(predicted.argmax(1) > 0, gold), 3),
        "f1_always": round(f1(np.ones_like(gold), gold), 3),
        "auc_t_or_x": round(auc(1 - predicted[:, 0], gold), 3),
        "js": round(float(divergence.mean()), 4),
        "js_interval": _interval_of_mean(divergence, dialogue),
        "js_of_mean_shares": round(float(jensen_shannon(votes, np.tile(votes.mean(0), (len(gold), 1))).mean()), 4),
    }


def _interval_of_mean(values: Numbers, groups: Places) -> list[float]:
    sums, counts = np.bincount(groups, values), np.bincount(groups)
    drawn = np.random.default_rng(0).integers(len(sums), size=(_DRAWS, len(sums)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    return [round(float(edge), 4) for edge in np.quantile(means, [0.025, 0.975])]


def jensen_shannon(one: Numbers, other: Numbers) -> Numbers:
    """Jensen-Shannon divergence by row, in bits."""
    middle = (one + other) / 2
    parts = [np.where(p > 0, p * np.log2(np.maximum(p, 1e-12) / middle), 0).sum(1) for p in (one, other)]
    return np.asarray((parts[0] + parts[1]) / 2)
