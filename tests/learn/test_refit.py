"""Calibration and refits: known weights are found again, few labels change nothing, and no weight turns negative."""

import math

import numpy as np
import pytest

from trustladder.core.risk import probability_of
from trustladder.learn.calibration import calibration, log_loss, reliability
from trustladder.learn.labels import DecidedTurn, Labelled
from trustladder.learn.refit import FEWEST_LABELS, refit

HELD = {"repetition": 20, "rejection": 20, "urgency": 20, "security": 20, "churn_threat": 5}
TRUE = {"repetition": 60, "rejection": 20, "urgency": 0, "security": 20, "churn_threat": 5}
BASE = -40


def made(n: int, seed: int, true: dict[str, int] = TRUE, shift: int = 0) -> list[Labelled]:
    """Tickets of one decision each, whose golden turn comes with the probability that the true weights give."""
    rng = np.random.default_rng(seed)
    labels = []
    for i in range(n):
        strengths = {name: int(rng.integers(0, 101)) for name in HELD if rng.random() < 0.4 and name != "security"}
        needs = BASE + shift + sum(true[name] * strength / 100 for name, strength in strengths.items())
        held = 100 * BASE + sum(HELD[name] * strength for name, strength in strengths.items())
        came = bool(rng.random() < probability_of(round(100 * needs)))
        turn = DecidedTurn(0, held, BASE, strengths)
        labels.append(Labelled(f"t{i}", "billing", 0 if came else None, (1,), (turn,), account_id=f"a{i // 2}"))
    return labels


def test_weights_move_to_the_truth_and_predict_tickets_that_the_fit_did_not_see() -> None:
    found = refit(HELD, made(3_000, 1))
    assert not found.missing and found.is_better
    assert found.weights["repetition"] == pytest.approx(60, abs=8)
    assert found.weights["urgency"] <= 8
    assert found.weights["rejection"] == pytest.approx(20, abs=8)
    assert found.brier_before is not None and found.brier_after is not None
    assert found.log_loss_before is not None and found.log_loss_after is not None
    assert found.brier_after < found.brier_before and found.log_loss_after < found.log_loss_before
    new = made(3_000, 2)
    assert brier_with(new, found.weights, found.base_shift) < brier_with(new, HELD, 0)


def brier_with(labels: list[Labelled], weights: object, shift: int) -> float:
    assert isinstance(weights, dict)
    risks = [
        probability_of(100 * (BASE + shift) + sum(weights[k] * v for k, v in label.turns[0].strengths.items()))
        for label in labels
    ]
    came = [label.golden_turn is not None for label in labels]
    return float(np.mean((np.array(risks) - np.array(came)) ** 2))


def test_true_weights_stay_where_they_are_and_no_gain_is_claimed() -> None:
    found = refit(HELD, made(1_000, 3, true=HELD))
    assert max(abs(change.after - change.before) for change in found.changes) <= 10
    assert not found.is_better


def test_a_base_that_is_too_low_is_raised() -> None:
    assert refit(HELD, made(2_000, 4, true=HELD, shift=20)).base_shift == pytest.approx(20, abs=7)


def test_few_labels_move_weights_less_than_many() -> None:
    few, many = (refit(HELD, made(n, 5)).weights["repetition"] for n in (FEWEST_LABELS, 4_000))
    assert 20 <= few < many


def test_a_signal_that_was_hardly_seen_keeps_its_weight() -> None:
    assert refit(HELD, made(1_000, 6)).weights["security"] == HELD["security"]


def test_weights_are_whole_and_never_negative() -> None:
    harmless = dict.fromkeys(HELD, 0) | {"repetition": -60}
    weights = refit(HELD, made(3_000, 7, true=harmless, shift=20)).weights
    assert weights["repetition"] == 0
    assert {type(weight) for weight in weights.values()} == {int}
    assert min(weights.values()) >= 0


@pytest.mark.parametrize(("n", "says"), [(0, "0 tickets are labelled"), (FEWEST_LABELS - 1, "from 200 on")])
def test_nothing_is_fitted_from_too_few_labels(n: int, says: str) -> None:
    found = refit(HELD, made(n, 8))
    assert says in found.missing
    assert found.weights == HELD and found.brier_after is None and not found.changes


def test_nothing_is_fitted_where_hardly_anyone_needed_a_person() -> None:
    labels = [label for label in made(2_000, 9) if label.golden_turn is None][:400]
    assert "0 of 400 labelled tickets needed a person" in refit(HELD, labels).missing


def test_the_same_labels_give_the_same_weights() -> None:
    labels = made(400, 10)
    assert refit(HELD, labels) == refit(HELD, labels)


def test_a_true_risk_lies_on_the_diagonal_and_a_bold_one_beside_it() -> None:
    true = calibration(made(4_000, 11, true=HELD))
    assert sum(part.low <= part.risk <= part.high for part in true.bins) >= len(true.bins) - 2
    bold = calibration(made(4_000, 11, true=HELD, shift=-60))
    assert true.error is not None and bold.error is not None and true.error < 0.04 < bold.error
    assert true.brier is not None and true.brier_of_base_rate is not None and true.brier < true.brier_of_base_rate


def test_like_risks_stay_in_one_bin() -> None:
    risks = np.array([0.1] * 50 + [0.9] * 50)
    bins = reliability(np.array([0.0] * 50 + [1.0] * 50), risks)
    assert [(part.n, part.share) for part in bins] == [(50, 0.0), (50, 1.0)]


def test_every_case_is_in_one_bin() -> None:
    rng = np.random.default_rng(1)
    assert sum(part.n for part in reliability(np.zeros(37), rng.random(37).round(1))) == 37


def test_nothing_labelled_is_said() -> None:
    assert calibration([]).missing
    assert log_loss(np.array([1.0]), np.array([0.5])) == pytest.approx(math.log(2))
