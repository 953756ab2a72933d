"""Fits the heads on the shipped encoder and writes heads.npz.

    python training/heads.py --data ../shared/data

Frustration and the request for a person learn from our own sentences (training/data), with neutral sentences of
MultiDoGO and CLINC150 and problem reports of Banking77 beside them; likeness from Banking77 and CLINC150; breakdown
from DBDC3. Neither MAIA-DQE nor Bitext is read here.
"""

import argparse
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from texts import is_kept_for_measuring, read_json, read_own, read_rows

from trustladder.detect.meaning.encoder import load_encoder
from trustladder.detect.meaning.heads import denials
from trustladder.detect.meaning.logistic import fit
from trustladder.learn.breakdown_fit import best_threshold, breakdown_rows, fit_breakdown

OWN = Path(__file__).parent / "data"
MODELS = Path(__file__).parents[1] / "src/trustladder/detect/models"
PENALTY = 3e-4
FRUSTRATION_PENALTY = 1e-3
OTHERS_WEIGHT = 0.25

NEUTRAL = {"openinggreeting", "closinggreeting", "thankyou", "contentonly", "confirmation"}
"""MultiDoGO intents that state no problem."""

PROBLEMS = (
    *("not_working", "declined", "failed", "charged_twice", "not_recognised", "extra_charge", "not_showing_up"),
    *("wrong_", "swallowed", "blocked", "not_allowed", "unable_to", "not_received", "not_updated"),
    *("fee_charged", "withdrawal_charge", "reverted"),
)
"""Parts of the Banking77 intents that report a problem rather than ask for information."""


def pair(features: np.ndarray, targets: np.ndarray, weights: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Weights (features + 1,) of a yes/no head: log odds of yes."""
    yes = targets.astype(float)
    model = fit(features, np.column_stack([1 - yes, yes]), penalty, weights)
    return (model.weights[:, 1] - model.weights[:, 0]).astype(np.float32)


def neutral_texts(data: Path) -> list[str]:
    """Sentences that report no problem and ask for nobody."""
    turns: dict[str, None] = {}
    for domain in ("airline", "finance", "media"):
        for row in read_rows(data / f"multidogo/{domain}_train.tsv.gz", "\t"):
            if row["intent"] in NEUTRAL and len(row["utterance"]) > 3:
                turns[row["utterance"]] = None
    drawn = np.random.default_rng(0).permutation(list(turns))[:1500]
    questions = [text for text, _ in read_json(data / "clinc150/data_full.train_val.json.gz")["train"][::20]]
    return [str(text) for text in drawn] + questions


def banking_texts(data: Path) -> tuple[list[str], list[str]]:
    """Banking77 sentences that report a problem, and that do not."""
    rows = [row for row in read_rows(data / "banking77/train.csv.gz") if not is_kept_for_measuring(row["text"])]
    reports = [any(part in row["category"].lower() for part in PROBLEMS) for row in rows]
    problems = [row["text"] for row, is_report in zip(rows, reports, strict=True) if is_report]
    return problems[::4], [row["text"] for row, is_report in zip(rows, reports, strict=True) if not is_report][::6]


def frustration_examples(data: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts, grades 0 to 3, and weights."""
    own, neutral = read_own(OWN / "frustration.jsonl"), neutral_texts(data)
    problems, questions = banking_texts(data)
    others = neutral + problems + questions
    grades = [row["level"] for row in own] + [0] * len(neutral) + [1] * len(problems) + [0] * len(questions)
    weights = np.concatenate([np.ones(len(own)), np.full(len(others), OTHERS_WEIGHT)])
    return [row["text"] for row in own] + others, np.array(grades), weights


def frustration(data: Path) -> np.ndarray:
    """Weights (features + 2, 3) of the vector, denials and the constant: grade at least 1, 2 and 3."""
    texts, grades, weights = frustration_examples(data)
    features = np.column_stack([load_encoder().encode(texts), [denials(text) for text in texts]])
    return np.column_stack([pair(features, grades >= grade, weights, FRUSTRATION_PENALTY) for grade in (1, 2, 3)])


def human_request(data: Path) -> np.ndarray:
    """Weights (features + 1, 1)."""
    own = read_own(OWN / "human_request.jsonl")
    problems, questions = banking_texts(data)
    angry = [row["text"] for row in read_own(OWN / "frustration.jsonl")]
    others = angry + neutral_texts(data)[::2] + problems[::3] + questions[::3]
    asks = np.array([row["asks"] for row in own] + [False] * len(others))
    vectors = load_encoder().encode([row["text"] for row in own] + others)
    return pair(vectors, asks, np.ones(len(asks)))[:, None]


def intent_pairs(rows: Sequence[tuple[str, str]], count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of random pairs, half of one intent and half of two, and whether they share it."""
    rng, vectors = np.random.default_rng(seed), load_encoder().encode([text for text, _ in rows])
    intents = np.unique([intent for _, intent in rows], return_inverse=True)[1]
    groups = [np.flatnonzero(intents == intent) for intent in range(intents.max() + 1)]
    groups = [group for group in groups if len(group) > 1]
    same = np.array([rng.choice(groups[rng.integers(len(groups))], 2, replace=False) for _ in range(count)])
    drawn = rng.integers(len(rows), size=(2 * count, 2))
    other = drawn[intents[drawn[:, 0]] != intents[drawn[:, 1]]][:count]
    pairs = np.concatenate([same, other])
    return (vectors[pairs[:, 0]] * vectors[pairs[:, 1]]).sum(1), np.arange(len(pairs)) < len(same)


def similarity(data: Path) -> np.ndarray:
    """Slope and intercept on the cosine; pairs of different intents count nine times, so that 50 is a sure reading."""
    rows = [(row["text"], row["category"]) for row in read_rows(data / "banking77/train.csv.gz")]
    rows = [row for row in rows if not is_kept_for_measuring(row[0])]
    cosines, same = intent_pairs(rows, 20_000, 0)
    model = fit(10 * cosines[:, None], np.column_stack([~same, same]).astype(float), 1e-6, np.where(same, 1.0, 9.0))
    slope, intercept = model.weights[:, 1] - model.weights[:, 0]
    return np.array([10 * slope, intercept], dtype=np.float32)


def breakdown(data: Path) -> dict[str, np.ndarray]:
    """The shipped breakdown model."""
    rows = breakdown_rows(data)
    everything = np.arange(len(rows["shares"]))
    parts = fit_breakdown(rows, everything) | {"threshold": np.array([best_threshold(rows, everything)])}
    return {f"breakdown_{name}": array.astype(np.float32) for name, array in parts.items()}


def write(arrays: dict[str, np.ndarray], folder: Path) -> Path:
    """Writes heads.npz and its digest."""
    content = io.BytesIO()
    np.savez(content, **arrays)
    path = folder / "heads.npz"
    path.write_bytes(content.getvalue())
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    (folder / "heads.npz.sha256").write_text(digest + "\n", encoding="ascii")
    return path


def main() -> None:
    """Reads the command line, fits and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODELS)
    arguments = parser.parse_args()
    arrays = {
        "frustration": frustration(arguments.data),
        "human_request": human_request(arguments.data),
        "similarity": similarity(arguments.data),
        **breakdown(arguments.data),
    }
    print(write(arrays, arguments.out))


if __name__ == "__main__":
    main()
