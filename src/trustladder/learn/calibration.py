"""Calibration: does a Resolution Risk of 30 % come true in three cases of ten?

A case is one decision. It came true when a person should have had the ticket by then: the golden turn had come.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trustladder.core.intervals import wilson
from trustladder.core.risk import probability_of
from trustladder.learn.labels import DecidedTurn, Labelled
from trustladder.learn.risk_training import Numbers

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """One point of a reliability diagram: ``n`` cases of like risk, their mean risk, and the share that came true.

    ``low`` and ``high`` bound the share's 95 % interval (Wilson), as if the cases were independent.
    """

    n: int
    risk: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """How well risks agree with what came: the diagram, the Brier score and that of always giving the base rate.

    ``brier`` None with a reason in ``missing`` where nothing is labelled. ``error`` is the expected calibration error:
    the mean distance of risk and share over the bins. ``tickets`` and ``cases`` count labelled tickets and decisions.
    """

    tickets: int
    cases: int
    bins: tuple[Bin, ...] = ()
    brier: float | None = None
    brier_of_base_rate: float | None = None
    error: float | None = None
    missing: str = ""


def calibration(labels: Sequence[Labelled], bins: int = BINS) -> CalibrationReport:
    """Return how well the Resolution Risk of labelled tickets agrees with their golden turns, decision by decision."""
    cases = [
        (probability_of(seen.points_hundredths), came_true(label, seen)) for label in labels for seen in label.turns
    ]
    if not cases:
        missing = "No ticket is labelled: whether the risk comes true is unknown."
        return CalibrationReport(len(labels), 0, missing=missing)
    risks, came = np.array(cases, dtype=float).T
    found = reliability(came, risks, bins)
    return CalibrationReport(
        tickets=len(labels),
        cases=len(cases),
        bins=found,
        brier=brier(came, risks),
        brier_of_base_rate=brier(came, np.full(len(came), came.mean())),
        error=sum(part.n * abs(part.risk - part.share) for part in found) / len(cases),
    )


def came_true(label: Labelled, seen: DecidedTurn) -> bool:
    """True when a person should have had the ticket by that turn: another automated step makes it worse."""
    return label.golden_turn is not None and label.golden_turn <= seen.turn


def reliability(came: Numbers, risks: Numbers, bins: int = BINS) -> tuple[Bin, ...]:
    """Return the reliability diagram: cases in order of risk, in groups of equal size; like risks stay together."""
    order = np.argsort(risks, kind="stable")
    edges = np.linspace(0, len(order), bins + 1).astype(int)[1:-1]
    starts = np.unique(np.searchsorted(risks[order], risks[order][edges[edges < len(order)]]))
    return tuple(_bin(came[part], risks[part]) for part in np.split(order, starts) if len(part))


def _bin(came: Numbers, risks: Numbers) -> Bin:
    low, high = wilson(int(came.sum()), len(came))
    return Bin(len(came), float(risks.mean()), float(came.mean()), low, high)


def brier(labels: Numbers, risks: Numbers) -> float:
    """Return the Brier score: the mean squared distance of risk and outcome (Brier, 1950)."""
    return float(np.mean((risks - labels) ** 2))


def log_loss(labels: Numbers, risks: Numbers) -> float:
    """Return the mean negative log likelihood, in nats; risks are kept a millionth from 0 and 1."""
    kept = np.clip(risks, 1e-6, 1 - 1e-6)
    return float(-np.mean(labels * np.log(kept) + (1 - labels) * np.log1p(-kept)))
