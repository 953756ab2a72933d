"""Multinomial logistic regression in numpy: what the heads and the ticket types are fitted with.

Nesterov's accelerated gradient with the step that the data's curvature allows: no randomness, no line search.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

_STEPS = 400


@dataclass(frozen=True, slots=True)
class Logistic:
    """Weights (features + 1, classes); the last row is the intercept."""

    weights: Matrix

    def logits(self, features: npt.NDArray[np.floating]) -> Matrix:
        """Scores (n, classes) before the softmax."""
        return np.asarray(features @ self.weights[:-1] + self.weights[-1], dtype=np.float64)

    def probabilities(self, features: npt.NDArray[np.floating]) -> Matrix:
        """Probabilities (n, classes); each row sums to one."""
        return softmax(self.logits(features))


def softmax(logits: Matrix) -> Matrix:
    """Rows of probabilities."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)


def fit(features: npt.NDArray[np.floating], targets: Matrix, penalty: float, weights: Matrix | None = None) -> Logistic:
    """Least cross-entropy to `targets` (n, classes; soft ones allowed) with `penalty`/2 times the squared weights.

    `weights` counts each row, 1 by default; the intercept is penalised too, which keeps the step simple.
    """
    rows = np.column_stack([features, np.ones(len(features))]).astype(np.float64)
    counts = np.ones(len(rows)) if weights is None else weights
    scaled = rows * (counts / counts.sum())[:, None]
    curvature = 0.5 * np.linalg.eigvalsh(rows.T @ scaled)[-1] + penalty
    now = ahead = np.zeros((rows.shape[1], targets.shape[1]))
    for step in range(_STEPS):
        slope = scaled.T @ (softmax(rows @ ahead) - targets) + penalty * ahead
        following = ahead - slope / curvature
        ahead = following + step / (step + 3) * (following - now)
        now = following
    return Logistic(now)
