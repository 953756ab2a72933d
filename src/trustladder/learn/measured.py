"""What an evaluation gives: its measures with their baselines and aims, its curves, and how they are written down."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table. ``better`` is ``higher`` or ``lower``; ``aim`` is what we set out to reach, if anything.

    ``paired`` is the 95 % interval of our value minus the strongest learned baseline's, on the same resamples.
    """

    name: str
    data: str
    value: float
    low: float | None = None
    high: float | None = None
    baselines: tuple[tuple[str, float], ...] = ()
    aim: float | None = None
    better: str = "higher"
    paired: tuple[float, float] | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the aim was reached; None without an aim."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.better == "higher" else self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Curve:
    """What a picture needs: labels (0 or 1) and calibrated risks, example by example, and their `ids`, if any."""

    name: str
    labels: tuple[int, ...]
    risks: tuple[float, ...]
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole run: its measures, the curves for its pictures, and the sets that were not there."""

    measures: tuple[Measured, ...]
    curves: tuple[Curve, ...]
    absent: tuple[str, ...]


def roc(curve: Curve) -> list[tuple[float, float]]:
    """Return the receiver operating characteristic: pairs of false and true positive rate, from (0, 0) on."""
    labels, risks = np.array(curve.labels, dtype=float), np.array(curve.risks)
    order = np.argsort(-risks, kind="stable")
    hits = np.cumsum(labels[order]) / max(1.0, labels.sum())
    misses = np.cumsum(1 - labels[order]) / max(1.0, (1 - labels).sum())
    return [(0.0, 0.0), *zip(misses.tolist(), hits.tolist(), strict=True)]


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as JSON, each measure with whether its aim was reached."""
    whole = asdict(evaluation)
    for row, measured in zip(whole["measures"], evaluation.measures, strict=True):
        row["reached"] = measured.reached
    return whole


def as_markdown(evaluation: Evaluation) -> str:
    """Return the table of `docs/evaluation.md`."""
    lines = [
        "| measure | data | value (95 % interval) | baselines | against the baseline | aim |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_line(measured) for measured in evaluation.measures]
    if evaluation.absent:
        lines += ["", "Not measured, because it is absent: " + ", ".join(evaluation.absent) + "."]
    return "\n".join(lines) + "\n"


def _line(measured: Measured) -> str:
    paired = "" if measured.paired is None else f"{measured.paired[0]:+.3f} to {measured.paired[1]:+.3f}"
    cells = (measured.name, measured.data, value(measured), baselines(measured, "; "), paired, aim(measured, ": "))
    return f"| {' | '.join(cells)} |"


def value(measured: Measured) -> str:
    """Return a value with its interval."""
    bounds = "" if measured.low is None else f" ({measured.low:.3f} to {measured.high:.3f})"
    return f"{measured.value:.3f}{bounds}"


def baselines(measured: Measured, between: str = ", ") -> str:
    """Return the baselines in words."""
    return between.join(f"{name} {figure:.3f}" for name, figure in measured.baselines)


def aim(measured: Measured, between: str = ", ") -> str:
    """Return the aim and whether it was reached."""
    if measured.aim is None:
        return ""
    sign = "≥" if measured.better == "higher" else "≤"
    return f"{sign} {measured.aim:g}{between}{'reached' if measured.reached else 'not reached'}"
