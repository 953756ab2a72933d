"""Prints every figure of docs/reference/models.md as JSON.

python training/measure_meaning.py --data ../shared/data [--only breakdown]
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from heads import OWN, best_threshold, breakdown_rows, f1, fit_breakdown, intent_pairs, predict_breakdown
from texts import is_kept_for_measuring, read_json, read_own, read_rows

from trustladder.detect.meaning.breakdown import breakdown_of, place
from trustladder.detect.meaning.encoder import load_encoder
from trustladder.detect.meaning.heads import frustration_of, human_request_of, load_heads, similarity_of
from trustladder.learn.measures_meaning import (
    auc,
    interval,
    measure_frustration,
    measure_human_request,
    measure_ticket_type,
)

FOLDS = 5


def breakdown(data: Path) -> dict[str, Any]:
    """DBDC3 by cross-validation over dialogues; the threshold comes from an inner one on the training folds."""
    rows = breakdown_rows(data)
    gold_shares, dialogue = rows["shares"], rows["dialogue"]
    gold = gold_shares.argmax(1) > 0
    fold = np.random.default_rng(0).permutation(dialogue.max() + 1)[dialogue] % FOLDS
    predicted, said = np.zeros_like(gold_shares), np.zeros(len(gold), dtype=bool)
    for number in range(FOLDS):
        kept, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        predicted[held] = predict_breakdown(fit_breakdown(rows, kept), rows, held)
        said[held] = predicted[held, 0] < best_threshold(rows, kept)
    divergence = jensen_shannon(gold_shares, predicted)
    marginal = np.tile(gold_shares.mean(0), (len(gold), 1))
    always = np.ones_like(gold)
    return {
        "utterances": len(gold),
        "f1_t_or_x": round(f1(said, gold), 3),
        "f1_interval": interval(lambda r: f1(said[r], gold[r]), dialogue.tolist()),
        "f1_by_largest_share": round(f1(predicted.argmax(1) > 0, gold), 3),
        "f1_always": round(f1(always, gold), 3),
        "auc_t_or_x": round(auc(1 - predicted[:, 0], gold), 3),
        "js": round(float(divergence.mean()), 4),
        "js_interval": [round(x, 4) for x in np.quantile(bootstrap_means(divergence, dialogue), [0.025, 0.975])],
        "js_of_mean_shares": round(float(jensen_shannon(gold_shares, marginal).mean()), 4),
    }


def bootstrap_means(values: np.ndarray, groups: np.ndarray, draws: int = 500) -> np.ndarray:
    """Means over redrawn groups."""
    sums, counts = np.bincount(groups, values), np.bincount(groups)
    drawn = np.random.default_rng(0).integers(len(sums), size=(draws, len(sums)))
    return np.asarray(sums[drawn].sum(1) / counts[drawn].sum(1))


def jensen_shannon(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence by row, in bits."""
    middle = (one + other) / 2
    parts = [np.where(p > 0, p * np.log2(np.maximum(p, 1e-12) / middle), 0).sum(1) for p in (one, other)]
    return np.asarray((parts[0] + parts[1]) / 2)


def likeness(data: Path) -> dict[str, Any]:
    """Same intent against different intents: AUC, and precision and recall of likeness at 50 (half of pairs alike)."""
    banking = [(r["text"], r["category"]) for r in read_rows(data / "banking77/train.csv.gz")]
    sets = {
        "banking77_kept_apart": [row for row in banking if is_kept_for_measuring(row[0])],
        "clinc150_val": [tuple(row) for row in read_json(data / "clinc150/data_full.train_val.json.gz")["val"]],
    }
    slope, intercept = load_heads().similarity
    figures = {}
    for name, rows in sets.items():
        cosines, same = intent_pairs(rows, 20_000, 7)
        said = slope * cosines + intercept >= 0
        figures[name] = {
            "auc": round(auc(cosines, same), 4),
            "precision_at_50": round(float(same[said].mean()), 3),
            "recall_at_50": round(float(said[same].mean()), 3),
        }
    return figures


def speed(data: Path) -> dict[str, float]:
    """Microseconds a call on one core, best of five rounds over 2,000 Banking77 sentences."""
    texts = [r["text"] for r in read_rows(data / "banking77/train.csv.gz")][:2000]
    encoder = load_encoder()
    vectors = encoder.encode(texts)
    pairs = list(zip(texts, vectors, strict=True))
    at = place(texts[0], texts[1:5], texts[5:9], encoder)
    return {
        "tokenise": microseconds(lambda: [encoder.tokenizer.rows(text) for text in texts], len(texts)),
        "encode_one_by_one": microseconds(lambda: [encoder.encode([text]) for text in texts], len(texts)),
        "encode_as_a_batch": microseconds(lambda: encoder.encode(texts), len(texts)),
        "frustration_of_vector": microseconds(lambda: [frustration_of(v) for v in vectors], len(texts)),
        "human_request_of_vector": microseconds(lambda: [human_request_of(t, v) for t, v in pairs], len(texts)),
        "similarity_of_vectors": microseconds(lambda: [similarity_of(v, vectors[0]) for v in vectors], len(texts)),
        "breakdown_of_place": microseconds(lambda: [breakdown_of(at) for _ in texts], len(texts)),
    }


def microseconds(work: Callable[[], Any], calls: int) -> float:
    """Best of five rounds, by call."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return round(min(times) / calls * 1e6, 1)


def frustration(data: Path) -> dict[str, Any]:
    """MAIA-DQE, with our own sentences for the fit that also sees the other client's labels."""
    own = [(row["text"], row["level"] >= 1) for row in read_own(OWN / "frustration.jsonl")]
    return measure_frustration(data, own)


def ticket_type(data: Path) -> list[dict[str, Any]]:
    """CLINC150 with 10, 50 and 100 examples a type, without and with sentences of no type."""
    return [measure_ticket_type(data, n, known) for n, known in ((10, False), (50, False), (50, True), (100, False))]


MEASURES: dict[str, Callable[[Path], Any]] = {
    "frustration": frustration,
    "human_request": measure_human_request,
    "likeness": likeness,
    "breakdown": breakdown,
    "speed": speed,
    "ticket_type": ticket_type,
}


def main() -> None:
    """Reads the command line and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=sorted(MEASURES), action="append")
    arguments = parser.parse_args()
    for name in arguments.only or MEASURES:
        print(json.dumps({name: MEASURES[name](arguments.data)}, indent=1), flush=True)


if __name__ == "__main__":
    main()
