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
from typing import Any

import numpy as np
from texts import dbdc3_dialogues, is_kept_for_measuring, read_json, read_own, read_rows

from trustladder.detect.meaning.breakdown import CUSTOMER_WEIGHT, PLACE_WEIGHT, kernel, measures, place
from trustladder.detect.meaning.encoder import load_encoder
from trustladder.detect.meaning.logistic import fit

OWN = Path(__file__).parent / "data"
MODELS = Path(__file__).parents[1] / "src/trustladder/detect/models"
PENALTY = 3e-4
OTHERS_WEIGHT = 0.25
RIDGE = 0.7
AXES = 64
LANDMARKS = 1500

NEUTRAL = {"openinggreeting", "closinggreeting", "thankyou", "contentonly", "confirmation"}
"""MultiDoGO intents that state no problem."""

PROBLEMS = (
    *("not_working", "declined", "failed", "charged_twice", "not_recognised", "extra_charge", "not_showing_up"),
    *("wrong_", "swallowed", "blocked", "not_allowed", "unable_to", "not_received", "not_updated"),
    *("fee_charged", "withdrawal_charge", "reverted"),
)
"""Parts of the Banking77 intents that report a problem rather than ask for information."""


def pair(texts: Sequence[str], targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights (features + 1,) of a yes/no head: log odds of yes."""
    yes = targets.astype(float)
    model = fit(load_encoder().encode(texts), np.column_stack([1 - yes, yes]), PENALTY, weights)
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
    """Weights (features + 1, 3): grade at least 1, 2 and 3."""
    texts, grades, weights = frustration_examples(data)
    return np.column_stack([pair(texts, grades >= grade, weights) for grade in (1, 2, 3)])


def human_request(data: Path) -> np.ndarray:
    """Weights (features + 1, 1)."""
    own = read_own(OWN / "human_request.jsonl")
    problems, questions = banking_texts(data)
    angry = [row["text"] for row in read_own(OWN / "frustration.jsonl")]
    others = angry + neutral_texts(data)[::2] + problems[::3] + questions[::3]
    asks = np.array([row["asks"] for row in own] + [False] * len(others))
    return pair([row["text"] for row in own] + others, asks, np.ones(len(asks)))[:, None]


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


def breakdown_rows(data: Path) -> dict[str, np.ndarray]:
    """DBDC3 by labelled bot utterance: vectors, measures, annotators' shares of O, T, X, and the dialogue's number."""
    rows: list[tuple[Any, ...]] = []
    for number, (_, dialogue) in enumerate(dbdc3_dialogues(data)):
        rows += [(*row, number) for row in labelled_turns(dialogue["turns"])]
    bot, customer, measured, shares, numbers = zip(*rows, strict=True)
    return {
        "bot": np.stack(bot).astype(float),
        "customer": np.stack(customer).astype(float),
        "measures": np.stack(measured),
        "shares": np.stack(shares),
        "dialogue": np.array(numbers),
    }


def labelled_turns(turns: Sequence[dict[str, Any]]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Vectors, measures and shares of each labelled bot utterance of one dialogue."""
    rows = []
    for index, turn in enumerate(turns):
        marks = [mark["breakdown"] for mark in turn["annotations"]]
        if turn["speaker"] != "S" or not marks:
            continue
        said = {side: [t["utterance"] for t in turns[:index] if t["speaker"] == side] for side in ("S", "U")}
        at = place(turn["utterance"], said["S"], said["U"], load_encoder())
        customer = at.customer_before[-1] if len(said["U"]) else np.zeros_like(at.vector)
        rows.append((at.vector, customer, measures(at), np.array([marks.count(mark) / len(marks) for mark in "OTX"])))
    return rows


def fit_breakdown(rows: dict[str, np.ndarray], kept: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of the kernel model from the rows of `kept`."""
    bot, customer, measured = (rows[name][kept] for name in ("bot", "customer", "measures"))
    parts = {"mean": measured.mean(0), "spread": measured.std(0) + 1e-9, "base": rows["shares"][kept].mean(0)}
    parts |= {"bot_axes": axes(bot), "customer_axes": axes(customer)}
    table = breakdown_table(parts, bot, customer, measured)
    drawn = np.random.default_rng(1).choice(len(table), min(LANDMARKS, len(table)), replace=False)
    landmarks = table[np.sort(drawn)]
    near, among = kernel(table, landmarks), kernel(landmarks, landmarks)
    system = near.T @ near + RIDGE * among + 1e-6 * np.eye(len(landmarks))
    parts |= {"landmarks": landmarks, "squares": (landmarks * landmarks).sum(1)}
    parts["coefficients"] = np.linalg.solve(system, near.T @ (rows["shares"][kept] - parts["base"]))
    return parts


def axes(vectors: np.ndarray) -> np.ndarray:
    """The `AXES` main directions."""
    return np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)[2][:AXES].T


def breakdown_table(
    parts: dict[str, np.ndarray], bot: np.ndarray, customer: np.ndarray, measured: np.ndarray
) -> np.ndarray:
    """The model's input rows."""
    standard = (measured - parts["mean"]) / parts["spread"]
    return np.column_stack(
        [bot @ parts["bot_axes"], CUSTOMER_WEIGHT * customer @ parts["customer_axes"], PLACE_WEIGHT * standard]
    )


def f1(predicted: np.ndarray, gold: np.ndarray) -> float:
    """Harmonic mean of precision and recall."""
    return float(2 * (predicted & gold).sum() / max(1, predicted.sum() + gold.sum()))


def held_out_shares(rows: dict[str, np.ndarray], kept: np.ndarray, folds: int = 4) -> np.ndarray:
    """Predictions for the rows of `kept`, each by a model that did not see its dialogue."""
    predicted = np.zeros((len(kept), 3))
    for fold in range(folds):
        held = rows["dialogue"][kept] % folds == fold
        predicted[held] = predict_breakdown(fit_breakdown(rows, kept[~held]), rows, kept[held])
    return predicted


def predict_breakdown(parts: dict[str, np.ndarray], rows: dict[str, np.ndarray], wanted: np.ndarray) -> np.ndarray:
    """Predicted values (n, 3) of O, T, X."""
    table = breakdown_table(parts, rows["bot"][wanted], rows["customer"][wanted], rows["measures"][wanted])
    values = kernel(table, parts["landmarks"]) @ parts["coefficients"] + parts["base"]
    clipped = np.maximum(values, 0.01)
    return np.asarray(clipped / clipped.sum(1, keepdims=True))


def best_threshold(rows: dict[str, np.ndarray], kept: np.ndarray) -> float:
    """The share of O below which "breakdown" is said, best for F1(T+X) in an inner cross-validation."""
    none, gold = held_out_shares(rows, kept)[:, 0], rows["shares"][kept].argmax(1) > 0
    return max(np.linspace(0.2, 0.7, 51), key=lambda limit: f1(none < limit, gold))


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
