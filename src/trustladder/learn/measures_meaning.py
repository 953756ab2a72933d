"""How well the meaning models do, beside baselines in the same run: plain functions for `trustladder eval`.

Each `measure_*` takes the folder of the data and gives a dictionary of figures. What was fitted on a part is never
measured on it. Intervals are 95 % percentile bootstraps over the groups named (dialogues, or sentences).
"""

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trustladder.detect.meaning.encoder import load_encoder
from trustladder.detect.meaning.heads import frustration, human_request
from trustladder.detect.meaning.logistic import fit
from trustladder.detect.meaning.types import TypeClassifier

Figures = dict[str, Any]
Scores = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

_DRAWS = 500
_CLIENTS = {"de": "de_client_02", "pt": "pt_pt_client_03"}
FRUSTRATED = frozenset({3, 5, 6})
"""MAIA-DQE emotions that count as frustration: disappointment, frustration, anger."""
UNSETTLED = frozenset({4, 7})
"""Confusion and anxiety: in one definition they count as not frustrated, in the other they are left out."""


def auc(scores: Scores, marks: Marks) -> float:
    """Area under the ROC curve: the chance that a marked item scores above another, ties half."""
    values, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    ones = int(marks.sum())
    return float((ranks[marks].sum() - ones * (ones + 1) / 2) / max(1, ones * (len(values[places]) - ones)))


def f1(predicted: Marks, marks: Marks) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (predicted & marks).sum() / max(1, predicted.sum() + marks.sum()))


def interval(measure: Callable[[npt.NDArray[np.intp]], float], groups: Sequence[int], seed: int = 0) -> list[float]:
    """95 % bootstrap interval of `measure` (rows in, figure out), drawing whole groups."""
    rng, of = np.random.default_rng(seed), np.asarray(groups)
    rows = {group: np.flatnonzero(of == group) for group in np.unique(of)}
    names = list(rows)
    draws = [rng.integers(len(names), size=len(names)) for _ in range(_DRAWS)]
    found = [measure(np.concatenate([rows[names[i]] for i in draw])) for draw in draws]
    return [round(float(edge), 3) for edge in np.quantile(found, [0.025, 0.975])]


def _maia(data: Path, client: str) -> tuple[list[str], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Inbound sentences in English, their emotions and their dialogue's number."""
    with gzip.open(data / f"maia_dqe/{_CLIENTS[client]}.json.gz", "rt", encoding="utf-8") as source:
        dialogues = json.load(source)
    rows = [
        (text, emotion, number)
        for number, dialogue in enumerate(dialogues)
        for turn in dialogue["turns"]
        if turn["floor"] == "inbound"
        for text, emotion in zip(turn["text_mt"], turn["Emotion"], strict=True)
    ]
    texts, emotions, numbers = zip(*rows, strict=True)
    return list(texts), np.array(emotions), np.array(numbers)


def _tfidf(texts: Sequence[str], marks: Marks, tested: Sequence[str]) -> Scores:
    """The baseline: TF-IDF of words and pairs of words, balanced logistic regression (scikit-learn)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    reader = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = LogisticRegression(C=10, class_weight="balanced", max_iter=2000).fit(reader.fit_transform(texts), marks)
    return np.asarray(model.decision_function(reader.transform(tested)))


def _vader(texts: Sequence[str]) -> Scores:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    reader = SentimentIntensityAnalyzer()
    return np.array([-reader.polarity_scores(text)["compound"] for text in texts])


def _with_labels(own: Sequence[tuple[str, bool]], texts: Sequence[str], marks: Marks, tested: Sequence[str]) -> Scores:
    """Our sentences and another client's labelled ones, halves of equal weight, read by the shipped encoder."""
    encoder = load_encoder()
    yes = np.concatenate([[flag for _, flag in own], marks]).astype(float)
    half = len(own) / 2
    weights = np.concatenate([np.ones(len(own)), np.where(marks, half / marks.sum(), half / (~marks).sum())])
    model = fit(encoder.encode([text for text, _ in own] + list(texts)), np.column_stack([1 - yes, yes]), 3e-4, weights)
    return np.asarray(model.probabilities(encoder.encode(tested))[:, 1])


def measure_frustration(data: Path, own: Sequence[tuple[str, bool]] = ()) -> Figures:
    """AUC on MAIA-DQE by client left out, in two definitions; `own` are our sentences and whether they complain.

    `shipped` has seen no MAIA sentence; `other_client` learned the other client's labels beside `own`.
    """
    clients = {client: _maia(data, client) for client in _CLIENTS}
    figures: Figures = {}
    for definition, left_out in (("against_all", frozenset[int]()), ("without_unsettled", UNSETTLED)):
        kept = {client: ~np.isin(rows[1], list(left_out)) for client, rows in clients.items()}
        for client, other in (("de", "pt"), ("pt", "de")):
            texts, emotions, groups = _kept(clients[client], kept[client])
            known, their_emotions, _ = _kept(clients[other], kept[other])
            marks, theirs = np.isin(emotions, list(FRUSTRATED)), np.isin(their_emotions, list(FRUSTRATED))
            scores = {"shipped": np.array([frustration(text) for text in texts], dtype=float), "vader": _vader(texts)}
            scores["tfidf_other_client"] = _tfidf(known, theirs, texts)
            if own:
                scores["other_client"] = _with_labels(own, known, theirs, texts)
            figures[f"{definition}_{client}"] = _auc_table(scores, marks, groups)
    return figures


def _kept(
    rows: tuple[list[str], npt.NDArray[np.intp], npt.NDArray[np.intp]], kept: Marks
) -> tuple[list[str], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return [text for text, keep in zip(rows[0], kept, strict=True) if keep], rows[1][kept], rows[2][kept]


def _auc_table(scores: dict[str, Scores], marks: Marks, groups: npt.NDArray[np.intp]) -> Figures:
    table: Figures = {"sentences": len(marks), "frustrated": int(marks.sum())}
    for name, values in scores.items():
        edges = interval(lambda rows, v=values: auc(v[rows], marks[rows]), groups.tolist())  # type: ignore[misc]
        table[name] = {"auc": round(auc(values, marks), 3), "interval": edges}
        table[name]["minus_tfidf"] = _paired(values, scores["tfidf_other_client"], marks, groups)
    return table


def _paired(values: Scores, baseline: Scores, marks: Marks, groups: npt.NDArray[np.intp]) -> list[float]:
    """Interval of the difference in AUC, both on the same drawn dialogues."""
    return interval(lambda rows: auc(values[rows], marks[rows]) - auc(baseline[rows], marks[rows]), groups.tolist())


def _bitext(data: Path) -> list[tuple[str, str]]:
    rows = []
    for part in ("train", "dev"):
        with gzip.open(data / f"bitext_customer_service/{part}.csv.gz", "rt", encoding="utf-8", newline="") as source:
            rows += [(row["utterance"], row["intent"]) for row in csv.DictReader(source)]
    return rows


def measure_human_request(data: Path) -> Figures:
    """F1 on Bitext, contact_human_agent against all other intents, at the shipped threshold (50); nothing is fitted."""
    rows = _bitext(data)
    scores = np.array([human_request(text) for text, _ in rows], dtype=float)
    marks = np.array([intent == "contact_human_agent" for _, intent in rows])
    predicted = scores >= 50
    return {
        "sentences": len(rows),
        "f1": round(f1(predicted, marks), 3),
        "interval": interval(lambda drawn: f1(predicted[drawn], marks[drawn]), list(range(len(rows)))),
        "precision": round(float(marks[predicted].mean()), 3),
        "recall": round(float(predicted[marks].mean()), 3),
        "auc": round(auc(scores, marks), 4),
    }


def measure_ticket_type(data: Path, examples: int = 50, with_unknown: bool = False, seed: int = 0) -> Figures:
    """CLINC150: accuracy in scope and recall of out-of-scope questions on `val` and `oos_val`.

    `examples` sentences a type are drawn from `train`; `with_unknown` adds `oos_train` as sentences of no type. Two
    points are given: the shipped threshold (fitted on the examples alone) and the one with 90 % accuracy in scope.
    """
    with gzip.open(data / "clinc150/data_full.train_val.json.gz", "rt", encoding="utf-8") as source:
        parts = json.load(source)
    rng, by_type = np.random.default_rng(seed), dict[str, list[str]]()
    for place in rng.permutation(len(parts["train"])):
        text, intent = parts["train"][place]
        by_type.setdefault(intent, []).append(text)
    drawn = {intent: texts[:examples] for intent, texts in by_type.items()}
    model = TypeClassifier.fit(drawn, [text for text, _ in parts["oos_train"]] if with_unknown else ())
    best, inside = model.scores(load_encoder().encode([text for text, _ in parts["val"]]))
    _, outside = model.scores(load_encoder().encode([text for text, _ in parts["oos_val"]]))
    right = np.array([model.names[b] == intent for b, (_, intent) in zip(best, parts["val"], strict=True)])
    return {"examples_a_type": examples, "with_unknown": with_unknown} | _scope(right, inside, outside, model.threshold)


def _scope(right: Marks, inside: Scores, outside: Scores, threshold: float) -> Figures:
    ranked = np.sort(inside[right])[::-1]
    needed = int(np.ceil(0.9 * len(right)))
    at_90 = ranked[needed - 1] if len(ranked) >= needed else None
    return {
        "accuracy_without_unknown": round(float(right.mean()), 3),
        "shipped_threshold": {
            "accuracy": round(float((right & (inside >= threshold)).mean()), 3),
            "out_of_scope_recall": round(float((outside < threshold).mean()), 3),
        },
        "out_of_scope_recall_at_90": None if at_90 is None else round(float((outside < at_90).mean()), 3),
        "interval_at_90": None
        if at_90 is None
        else interval(lambda rows: float((outside[rows] < at_90).mean()), list(range(len(outside)))),
    }
