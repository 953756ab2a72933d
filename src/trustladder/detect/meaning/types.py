"""Ticket type: a classifier made from the policy's own examples, which may answer that it does not know."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trustladder.detect.meaning.encoder import Encoder, Vectors, load_encoder
from trustladder.detect.meaning.logistic import Logistic, fit

_PENALTY_BY_EXAMPLE = 0.15
_NEIGHBOURS = 3
_NEIGHBOUR_WEIGHT = 8.0
_FOLDS = 5
_KEPT = 0.97
"""Share of rightly named held-out examples that stay above the threshold of the unknown."""


@dataclass(frozen=True, slots=True)
class TypeClassifier:
    """Names the type of a text, or none; `score` is the best logit plus the likeness of the type's nearest examples."""

    names: tuple[str, ...]
    model: Logistic
    examples: Vectors
    owners: npt.NDArray[np.intp]
    threshold: float
    spread: float
    encoder: Encoder
    by_type: tuple[Vectors, ...] = field(init=False, repr=False)
    slopes: Vectors = field(init=False, repr=False)
    constants: Vectors = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_type = tuple(self.examples[self.owners == place] for place in range(len(self.names)))
        weights = self.model.weights.astype(np.float32)
        object.__setattr__(self, "by_type", by_type)
        object.__setattr__(self, "slopes", weights[:-1])
        object.__setattr__(self, "constants", weights[-1])

    @classmethod
    def fit(
        cls, examples: Mapping[str, Sequence[str]], unknown: Sequence[str] = (), encoder: Encoder | None = None
    ) -> "TypeClassifier":
        """Learns from examples by type (10 to 50 sentences each do well).

        `unknown` may give sentences that belong to no type. Raises `ValueError` for fewer than two types.
        """
        if len(examples) < 2:
            raise ValueError("a classifier needs examples of at least two ticket types")
        reader, names = encoder or load_encoder(), tuple(examples)
        vectors = reader.encode([text for name in names for text in examples[name]])
        owners = np.repeat(np.arange(len(names)), [len(examples[name]) for name in names])
        others = reader.encode(list(unknown))
        threshold, spread = _threshold(vectors, owners, len(names), others)
        return cls(names, _learn(vectors, owners, len(names), others), vectors, owners, threshold, spread, reader)

    def classify(self, text: str) -> tuple[str | None, int]:
        """The type and how sure, 0 to 100; below 50 the type is unknown and the name is None."""
        return self.classify_vector(self.encoder.encode([text])[0])

    def classify_vector(self, vector: Vectors) -> tuple[str | None, int]:
        """`classify` for a text whose vector is known already."""
        logits = (vector @ self.slopes + self.constants).tolist()
        best = logits.index(max(logits))
        nearest = sorted((self.by_type[best] @ vector).tolist())[-_NEIGHBOURS:]
        score = logits[best] + _NEIGHBOUR_WEIGHT * sum(nearest) / max(1, len(nearest))
        sure = round(100 / (1 + math.exp(-max(-30.0, min(30.0, (score - self.threshold) / self.spread)))))
        return (self.names[best] if sure >= 50 else None), sure

    def scores(self, vectors: Vectors) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        """For each vector the place of its best type in `names`, and the score."""
        return _scores(self.model, self.examples, self.owners, vectors)


def _learn(vectors: Vectors, owners: npt.NDArray[np.intp], types: int, others: Vectors) -> Logistic:
    """Examples with their type as target; sentences of no type with all types alike."""
    targets = np.concatenate([np.eye(types)[owners], np.full((len(others), types), 1 / types)])
    return fit(np.concatenate([vectors, others]), targets, _PENALTY_BY_EXAMPLE / len(targets))


def _scores(
    model: Logistic, examples: Vectors, owners: npt.NDArray[np.intp], vectors: Vectors
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    logits = model.logits(vectors)
    best = logits.argmax(axis=1)
    near = np.zeros(len(vectors))
    for owner in np.unique(best):
        rows = np.flatnonzero(best == owner)
        near[rows] = _nearness(vectors[rows], examples[owners == owner])
    return best, logits.max(axis=1) + _NEIGHBOUR_WEIGHT * near


def _nearness(vectors: Vectors, examples: Vectors) -> Vectors:
    """How like each vector is to the nearest examples of a type; 0 where it has none."""
    alike = np.sort(vectors @ examples.T, axis=1)
    return np.asarray(alike[:, -_NEIGHBOURS:].mean(axis=1) if alike.size else np.zeros(len(vectors), vectors.dtype))


def _threshold(vectors: Vectors, owners: npt.NDArray[np.intp], types: int, others: Vectors) -> tuple[float, float]:
    """The score that `_KEPT` of the rightly named held-out examples reach, and a scale for sureness."""
    folds = np.arange(len(owners)) % _FOLDS
    found = []
    for fold in range(_FOLDS):
        held = folds == fold
        if not held.any() or held.all():
            continue
        model = _learn(vectors[~held], owners[~held], types, others)
        best, scores = _scores(model, vectors[~held], owners[~held], vectors[held])
        found.append(scores[best == owners[held]])
    right = np.concatenate(found) if found else np.zeros(0)
    if not right.size:
        return 0.0, 1.0
    return float(np.quantile(right, 1 - _KEPT)), float(max(right.std() / 2, 0.1))
