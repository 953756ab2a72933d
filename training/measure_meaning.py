"""Prints every figure of docs/reference/models.md as JSON.

python training/measure_meaning.py --data ../shared/data [--only breakdown]
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from heads import OWN, intent_pairs
from texts import is_kept_for_measuring, read_json, read_own, read_rows

from trustladder.detect.meaning.breakdown import breakdown_of, place
from trustladder.detect.meaning.encoder import load_encoder
from trustladder.detect.meaning.heads import frustration_of, human_request_of, load_heads, similarity_of
from trustladder.learn.breakdown_fit import measure_breakdown
from trustladder.learn.measures_meaning import (
    auc,
    measure_frustration,
    measure_human_request,
    measure_ticket_type,
)


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
        "frustration_of_vector": microseconds(lambda: [frustration_of(t, v) for t, v in pairs], len(texts)),
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
    "breakdown": measure_breakdown,
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
