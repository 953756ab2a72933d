"""Training of the learned score: the three parts, each calibrated on scores of conversations not fitted on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trustladder.detect.outcome.model import OutcomeModel, Part
from trustladder.detect.outcome.trees import TreePart
from trustladder.learn.measures_outcome import cross_fit
from trustladder.learn.outcome_data import Case, read_betold, read_tau
from trustladder.learn.outcome_fit import (
    ACTIONS,
    INTENT_SHARES,
    INTENT_WEIGHTS,
    SHARES,
    TEXT,
    Recipe,
    Rows,
    action_rows,
    all_writes,
    fit,
    fit_intents,
    intent_logits,
    intent_rows,
    stacked,
    text_rows,
)
from trustladder.learn.risk_training import Numbers, fit_calibration

SEED = 0


def _calibrated(rows: Rows, recipe: Recipe, readings: int) -> Part:
    weights = np.full(len(rows.labels), 1 / readings)

    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        return fit(rows.take(train), recipe, weights[list(train)]).logits(rows.take(test))

    held_out = cross_fit(rows, score, SEED)
    return fit(rows, recipe, weights).part(fit_calibration(held_out, rows.labels, rows.domains), rows)


def train_text(cases: Sequence[Case]) -> Part:
    """The part that reads conversations in text, fitted at several points of each."""
    return _calibrated(stacked([text_rows(cases, share) for share in SHARES]), TEXT, len(SHARES))


def train_intents(cases: Sequence[Case]) -> TreePart:
    """The part that reads conversations whose turns carry intents, fitted at several points of each."""
    rows = stacked([intent_rows(cases, share) for share in INTENT_SHARES])
    weights = np.repeat(INTENT_WEIGHTS, len(cases))

    def score(train: Sequence[int], test: Sequence[int]) -> Numbers:
        return intent_logits(fit_intents(rows.take(train), weights[list(train)]), rows.take(test))

    calibration = fit_calibration(cross_fit(rows, score, SEED), rows.labels, rows.domains)
    return TreePart(fit_intents(rows, weights), calibration.slope, calibration.constant, calibration.shifts)


def train_actions(cases: Sequence[Case]) -> Part:
    """The part that reads proposed actions."""
    return _calibrated(action_rows(cases, all_writes(cases)), ACTIONS, 1)


def train_model(data_dir: Path) -> OutcomeModel:
    """The shipped model, from the recorded conversations under `data_dir`."""
    text, calls = read_tau(data_dir / "tau"), read_betold(data_dir / "betold")
    return OutcomeModel(train_text(text), train_intents(calls), train_actions(text))
