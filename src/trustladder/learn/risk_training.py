"""Fitting the learned score: one penalised logistic with bounds on signs, the same on every run.

scipy's L-BFGS-B rather than an optional scikit-learn: the bounds on signs, which carry the score over to bots it has
not seen, are not in scikit-learn's logistic, and `trustladder learn risk` then runs wherever trustladder does.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, minimize
from scipy.sparse import csr_array, diags_array

Numbers = npt.NDArray[np.float64]

STEPS = 400
TOLERANCE = 1e-7
CLIP = 3.0
"""Standardised measures are cut at this many deviations: an extreme of a new bot counts no more than those seen."""


def logistic(scores: Numbers) -> Numbers:
    """Probabilities from logits, without overflow."""
    calm: Numbers = 0.5 * (1.0 + np.tanh(0.5 * scores))
    return calm


def fit_logistic(
    design: Numbers | csr_array,
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

    def loss(coefficients: Numbers) -> tuple[float, Numbers]:
        logits = design @ coefficients + offset
        value = weights @ (np.logaddexp(0.0, logits) - labels * logits) + 0.5 * penalty @ coefficients**2
        return float(value), design.T @ (weights * (logistic(logits) - labels)) + penalty * coefficients

    bounds = Bounds(-np.inf if lower is None else lower, np.inf if upper is None else upper)
    start, options = np.zeros(design.shape[1]), {"maxiter": STEPS, "ftol": TOLERANCE, "gtol": TOLERANCE}
    found: Numbers = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return found


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

    def matrix(self, counts: Sequence[Mapping[str, int]]) -> csr_array:
        """One row a conversation: (1 + ln count) x idf, scaled to length one."""
        place = {word: i for i, word in enumerate(self.words)}
        known = [[(place[word], count) for word, count in found.items() if word in place] for found in counts]
        ends = np.cumsum([0, *map(len, known)])
        at = np.array([at for row in known for at, _ in row], dtype=np.int64)
        values = (1.0 + np.log(np.array([count for row in known for _, count in row], dtype=np.float64))) * self.idf[at]
        rows = csr_array((values, at, ends), shape=(len(counts), len(self.words)))
        lengths = np.sqrt((rows * rows).sum(axis=1))
        return csr_array(diags_array(1.0 / np.where(lengths == 0, 1.0, lengths)) @ rows)


def fit_vocabulary(
    counts: Sequence[dict[str, int]], groups: Sequence[str], kind: str, least_groups: int = 4
) -> Vocabulary:
    """Words of one kind (`c:`, `t:`, `i:` …) that at least `least_groups` customers' conversations hold.

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
