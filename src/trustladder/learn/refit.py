"""New weights from labelled tickets: a penalised logistic regression around the policy's own weights.

The weights in force are the mean of the prior, so that few labels change little and none change nothing (ridge
towards a known vector; van Houwelingen and le Cessie, Statistics in Medicine 9, 1990). No weight falls below 0
(law 7), and the result is whole points that people can read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trustladder.core.risk import POINTS_TO_DOUBLE_THE_ODDS
from trustladder.learn.calibration import brier, came_true, log_loss
from trustladder.learn.labels import Labelled
from trustladder.learn.measures_outcome import splits
from trustladder.learn.resample import ratio_interval
from trustladder.learn.risk_training import Numbers, fit_logistic, logistic

FEWEST_LABELS = 200
"""Labelled tickets below which nothing is fitted."""
FEWEST_OF_EACH = 30
"""Of both kinds, those that needed a person and those that did not, there must be so many."""
FEWEST_SEEN = 20
"""A signal that was seen in fewer labelled tickets keeps its weight."""

PRIOR_POINTS = 10.0
"""Deviation of the prior, in points: how far from the weight in force a weight is expected to lie."""
PRIOR_BASE_POINTS = 20.0
"""The same for the base."""

_LOGIT = math.log(2) / POINTS_TO_DOUBLE_THE_ODDS
_STRENGTH = 100.0


@dataclass(frozen=True, slots=True)
class WeightChange:
    """A signal's weight in points before and after, and in how many labelled tickets it was seen."""

    signal: str
    before: int
    after: int
    tickets: int


@dataclass(frozen=True, slots=True)
class Refit:
    """New weights, and what they are worth on labelled tickets that the fit did not see.

    ``base_shift`` is added to the base of every ticket type. Brier score and log loss are cross-validated; by
    ``brier_change`` (below 0 is better) stands its 95 % interval, from resampled accounts. Where there are too few
    labels ``missing`` says how many are needed, and the weights are those in force.
    """

    weights: Mapping[str, int]
    base_shift: int
    labels: int
    needed_a_person: int
    changes: tuple[WeightChange, ...] = ()
    brier_before: float | None = None
    brier_after: float | None = None
    brier_change: tuple[float, float] | None = None
    log_loss_before: float | None = None
    log_loss_after: float | None = None
    missing: str = ""

    @property
    def is_better(self) -> bool:
        """True when the whole interval of the change in the Brier score lies below 0."""
        return self.brier_change is not None and self.brier_change[1] < 0


@dataclass(frozen=True, slots=True)
class _Cases:
    """Every decision on a labelled ticket: strengths (0 to 1) by signal, the logit in force, what came, whose it is."""

    strengths: Numbers
    held: Numbers
    came: Numbers
    groups: tuple[str, ...]
    tickets: int

    def take(self, places: Sequence[int]) -> "_Cases":
        kept = np.asarray(places, dtype=int)
        groups = tuple(self.groups[place] for place in places)
        tickets = max(1, round(self.tickets * len(kept) / max(1, len(self.groups))))
        return _Cases(self.strengths[kept], self.held[kept], self.came[kept], groups, tickets)


def refit(weights: Mapping[str, int], labels: Sequence[Labelled], seed: int = 0) -> Refit:
    """Return new weights for a policy that has ``weights`` (points at full strength), from its labelled tickets.

    A case is a decision; it came true when the golden turn had come. Accounts are never in fit and test at once.
    """
    needed = sum(label.golden_turn is not None for label in labels)
    missing = _too_few(len(labels), needed)
    if missing:
        return Refit(dict(weights), 0, len(labels), needed, missing=missing)
    seen = {name: sum(_was_seen(label, name) for label in labels) for name in weights}
    names = [name for name in sorted(weights) if seen[name] >= FEWEST_SEEN]
    cases = _cases(labels, weights, names)
    before = logistic(cases.held)
    after = _cross_validated(cases, weights, names, seed)
    moved, base_shift = _fit(cases, weights, names)
    return Refit(
        weights={**weights, **moved},
        base_shift=base_shift,
        labels=len(labels),
        needed_a_person=needed,
        changes=tuple(WeightChange(n, weights[n], moved[n], seen[n]) for n in names if moved[n] != weights[n]),
        brier_before=brier(cases.came, before),
        brier_after=brier(cases.came, after),
        brier_change=_change(cases, before, after, seed),
        log_loss_before=log_loss(cases.came, before),
        log_loss_after=log_loss(cases.came, after),
    )


def _too_few(labels: int, needed: int) -> str:
    if labels < FEWEST_LABELS:
        return f"{labels} tickets are labelled; weights are fitted from {FEWEST_LABELS} on."
    if min(needed, labels - needed) < FEWEST_OF_EACH:
        return (
            f"{needed} of {labels} labelled tickets needed a person; weights are fitted where at least "
            f"{FEWEST_OF_EACH} did and {FEWEST_OF_EACH} did not."
        )
    return ""


def _was_seen(label: Labelled, name: str) -> bool:
    return any(seen.strengths.get(name) for seen in label.turns)


def _cases(labels: Sequence[Labelled], weights: Mapping[str, int], names: Sequence[str]) -> _Cases:
    rows = [(label, seen) for label in labels for seen in label.turns]
    strengths = np.array([[seen.strengths.get(name, 0) for name in names] for _, seen in rows], dtype=float)
    points = [
        seen.base_points + sum(weights.get(name, 0) * strength for name, strength in seen.strengths.items()) / _STRENGTH
        for _, seen in rows
    ]
    return _Cases(
        strengths=strengths.reshape(len(rows), len(names)) / _STRENGTH,
        held=_LOGIT * np.array(points),
        came=np.array([came_true(label, seen) for label, seen in rows], dtype=float),
        groups=tuple(label.account_id or label.ticket_id for label, _ in rows),
        tickets=len(labels),
    )


def _fit(cases: _Cases, weights: Mapping[str, int], names: Sequence[str]) -> tuple[dict[str, int], int]:
    """Return the new weights and the shift of the base.

    Fitted in deviations of the prior. The decisions of one ticket are much alike, so that together they weigh as much
    against the prior as one ticket does.
    """
    scale = np.array([*([PRIOR_POINTS] * len(names)), PRIOR_BASE_POINTS])
    rows = len(cases.came)
    design = np.column_stack([cases.strengths, np.ones(rows)]) * (_LOGIT * scale)
    at_least = np.array([*(-float(weights[name]) for name in names), -np.inf]) / scale
    row_weights = np.full(rows, cases.tickets / rows)
    found = scale * fit_logistic(design, cases.came, row_weights, np.ones(len(scale)), at_least, offset=cases.held)
    moved = {name: max(0, round(weights[name] + float(step))) for name, step in zip(names, found, strict=False)}
    return moved, round(float(found[-1]))


def _cross_validated(cases: _Cases, weights: Mapping[str, int], names: Sequence[str], seed: int) -> Numbers:
    risks = np.zeros(len(cases.came))
    for rest, fold in splits(cases.groups, cases.came, seed):
        moved, base_shift = _fit(cases.take(rest), weights, names)
        steps = np.array([moved[name] - weights[name] for name in names], dtype=float)
        risks[fold] = logistic(cases.held[fold] + _LOGIT * (cases.strengths[fold] @ steps + base_shift))
    return risks


def _change(cases: _Cases, before: Numbers, after: Numbers, seed: int) -> tuple[float, float]:
    gaps = (after - cases.came) ** 2 - (before - cases.came) ** 2
    return ratio_interval(cases.groups, gaps, np.ones(len(gaps)), seed)
