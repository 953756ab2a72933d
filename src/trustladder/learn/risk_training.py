"""Fitting the learned score: one penalised logistic with bounds on signs, in numpy and the same on every run.

numpy rather than an optional scikit-learn: the bounds on signs, which carry the score over to bots it has not seen,
are not in scikit-learn's logistic, and `trustladder learn risk` then runs wherever trustladder does. The solver is
accelerated projected gradient (Beck and Teboulle 2009) with restarts (O'Donoghue and Candes 2015).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

STEPS = 400
TOLERANCE = 1e-7
CLIP = 3.0
"""Standardised measures are cut at this many deviations: an extreme of a new bot counts no more than those seen."""


def logistic(scores: Numbers) -> Numbers:
    """Probabilities from logits, without overflow."""
    calm: Numbers = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return calm


def _step_size(design: Numbers, weights: Numbers, penalty: Numbers) -> float:
    vector = np.ones(design.shape[1]) / np.sqrt(design.shape[1])
    length = 1.0
    for _ in range(30):
        vector = design.T @ (weights * (design @ vector))
        length = float(np.linalg.norm(vector)) or 1.0
        vector /= length
    return 1.0 / (0.25 * length * 1.05 + float(penalty.max()))


def fit_logistic(
    design: Numbers,
    labels: Numbers,
    weights: Numbers,
    penalty: Numbers,
    lower: Numbers | None = None,
    upper: Numbers | None = None,
    offset: Numbers | float = 0.0,
) -> Numbers:
    """Coefficients (columns of `design`) that minimise weighted logistic loss plus `penalty` x squares / 2.

    `offset` are logits that stand already, one a row, to which the fit adds. `penalty`, `lower` and `upper` have one
    entry a column; put a column of ones with penalty 0 for the constant.
    Deterministic: no randomness and a fixed number of steps at most.
    """
    low = np.full(design.shape[1], -np.inf) if lower is None else lower
    high = np.full(design.shape[1], np.inf) if upper is None else upper
    step = _step_size(design, weights, penalty)
    held = np.zeros(design.shape[1])
    ahead, momentum = held, 1.0
    for _ in range(STEPS):
        slope = design.T @ (weights * (logistic(design @ ahead + offset) - labels)) + penalty * ahead
        moved = np.clip(ahead - step * slope, low, high)
        if float(np.dot(ahead - moved, moved - held)) > 0:
            momentum = 1.0  # the momentum points uphill: start it anew
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - held)
        done = float(np.abs(moved - held).max()) < TOLERANCE
        held, momentum = moved, following
        if done:
            break
    return held


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and deviation of each measure where the score was fitted."""

    mean: Numbers
    deviation: Numbers

    def apply(self, measures: Numbers) -> Numbers:
        """Standardised measures, cut at `CLIP` deviations."""
        scaled: Numbers = np.clip((measures - self.mean) / self.deviation, -CLIP, CLIP)
        return scaled


def fit_scale(measures: Numbers, weights: Numbers) -> Scale:
    """The weighted mean and deviation of each column."""
    mean = np.average(measures, axis=0, weights=weights)
    variance = np.average((measures - mean) ** 2, axis=0, weights=weights)
    return Scale(mean, np.sqrt(variance) + 1e-6)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that a score may use, with their inverse document frequency."""

    words: tuple[str, ...]
    idf: Numbers

    def matrix(self, counts: Sequence[dict[str, int]]) -> Numbers:
        """One row a conversation: (1 + ln count) x idf, scaled to length one."""
        place = {word: i for i, word in enumerate(self.words)}
        rows = np.zeros((len(counts), len(self.words)))
        for row, found in zip(rows, counts, strict=True):
            for word, count in found.items():
                at = place.get(word)
                if at is not None:
                    row[at] = (1.0 + np.log(count)) * self.idf[at]
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        lengths[lengths == 0] = 1.0
        unit: Numbers = rows / lengths
        return unit


def fit_vocabulary(
    counts: Sequence[dict[str, int]], groups: Sequence[str], kind: str, least_groups: int = 4
) -> Vocabulary:
    """Words of one kind (`c:`, `b:`, `t:`, `i:`) that at least `least_groups` customers' conversations hold.

    A word that nearly every reading holds tells nothing and is left out.
    """
    holders: dict[str, set[str]] = {}
    readings: Counter[str] = Counter()
    for found, group in zip(counts, groups, strict=True):
        for word in found:
            if word.startswith(kind):
                holders.setdefault(word, set()).add(group)
                readings[word] += 1
    total, most = len(set(groups)), 0.95 * len(counts)
    kept = sorted(word for word, held in holders.items() if least_groups <= len(held) and readings[word] <= most)
    idf = np.array([np.log((1 + total) / (1 + len(holders[word]))) + 1 for word in kept])
    return Vocabulary(tuple(kept), idf)


@dataclass(frozen=True, slots=True)
class Calibration:
    """From logit to calibrated logit: `slope` x score + `constant` + the shift of the conversation's domain."""

    slope: float
    constant: float
    shifts: dict[str, float]

    def apply(self, scores: Numbers, domains: Sequence[str]) -> Numbers:
        """Calibrated logits; a domain that was not seen is shifted by nothing (the pooled base rate)."""
        shift = np.array([self.shifts.get(domain, 0.0) for domain in domains])
        shifted: Numbers = self.slope * scores + self.constant + shift
        return shifted


def fit_calibration(scores: Numbers, labels: Numbers, domains: Sequence[str], shrink: float = 30.0) -> Calibration:
    """Platt scaling with a shrunken shift for each named domain, from scores of conversations not fitted on."""
    names = sorted({domain for domain in domains if domain})
    shifts = np.array([[float(domain == name) for name in names] for domain in domains]).reshape(len(domains), -1)
    design = np.column_stack([scores, np.ones(len(scores)), shifts])
    penalty = np.array([0.01, 0.0, *([shrink] * len(names))])
    lower = np.array([0.0, -np.inf, *([-np.inf] * len(names))])
    found = fit_logistic(design, labels, np.ones(len(labels)), penalty, lower)
    return Calibration(float(found[0]), float(found[1]), dict(zip(names, found[2:].tolist(), strict=True)))
