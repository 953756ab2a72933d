"""Fitting and measuring the learned score: the solver, the folds, the figures and the recorded data."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from tests.conftest import real_data

from trustladder.core.ticket import Role
from trustladder.detect.outcome import OutcomeModel, load_outcome_model
from trustladder.errors import BadInput
from trustladder.learn.measures_outcome import (
    auc,
    auc_interval,
    auc_within,
    calibration_error,
    folds_by_group,
    interval,
    left_in_automation,
    macro_f1,
    measure_writes,
)
from trustladder.learn.outcome_data import read_betold, read_tau, writes_of
from trustladder.learn.outcome_fit import ACTIONS, TEXT, Recipe, Rows, fit, text_rows
from trustladder.learn.risk_training import Calibration, Numbers, fit_calibration, fit_logistic, logistic


def sample(rows: int, columns: int) -> tuple[Numbers, Numbers]:
    draw = np.random.default_rng(3)
    design = np.column_stack([draw.normal(size=(rows, columns)), np.ones(rows)])
    labels = (draw.random(rows) < logistic(design @ draw.normal(size=columns + 1))).astype(float)
    return design, labels


@pytest.mark.parametrize("low", [-np.inf, 0.0])
def test_the_solver_stops_where_no_allowed_step_is_better(low: float) -> None:
    design, labels = sample(200, 6)
    weights, penalty, lower = np.full(200, 0.5), np.array([1.0] * 6 + [1e-3]), np.array([low] * 6 + [-np.inf])
    found = fit_logistic(design, labels, weights, penalty, lower)
    slope = design.T @ (weights * (logistic(design @ found) - labels)) + penalty * found
    held = found <= lower
    assert np.abs(slope[~held]).max() < 1e-2
    assert (slope[held] >= 0).all()
    assert held.any() == (low == 0.0)


def test_how_often_each_bot_fails_is_kept_out_of_the_sum() -> None:
    draw = np.random.default_rng(7)
    bots = tuple(f"bot {number % 2}" for number in range(600))
    poor, effort = np.array([bot == "bot 1" for bot in bots]), draw.normal(size=600)
    labels = (draw.random(600) < logistic(effort + 3.0 * poor - 1.5)).astype(float)
    recipe = Recipe(("tells the bot", "effort"), 1.0, (), 1.0, frozenset(), frozenset())
    measures = np.column_stack([poor + 0.5 * draw.normal(size=600), effort])
    one = tuple(map(str, range(600)))
    rows = Rows(measures, ({},) * 600, labels, one, ("",) * 600, bots, tuple(range(600)), np.zeros((600, 0)))
    mixed, apart = (fit(rows, replace(recipe, strata=strata), np.ones(600)) for strata in (0.0, 2.0))
    assert abs(apart.coefficients[0]) < 0.3 < mixed.coefficients[0]
    assert apart.known["bot 1 "] - apart.known["bot 0 "] > 2.0
    assert auc(labels, apart.logits_of_known(rows)) > auc(labels, apart.logits(rows)) + 0.05
    strangers = replace(rows, bots=("another",) * 600)
    assert apart.logits_of_known(strangers).tolist() == apart.logits(strangers).tolist()


def test_auc_is_the_share_of_pairs_in_order() -> None:
    draw = np.random.default_rng(1)
    labels, scores = (draw.random(60) < 0.4).astype(float), np.round(draw.normal(size=60), 1)
    bad, good = scores[labels > 0], scores[labels < 1]
    assert auc(labels, scores) == pytest.approx(mannwhitneyu(bad, good).statistic / (len(bad) * len(good)))
    assert auc(np.ones(3), np.arange(3.0)) == 0.5


def test_auc_within_forgets_what_only_tells_the_strata_apart() -> None:
    labels = np.array([1.0, 1, 0, 1, 0, 0])
    strata = ["a", "a", "a", "b", "b", "b"]
    by_stratum = np.array([1.0, 1, 1, 0, 0, 0])
    assert auc(labels, by_stratum) > 0.6
    assert auc_within(labels, by_stratum, strata) == 0.5


def test_left_in_automation_and_calibration_error_and_f1_by_hand() -> None:
    labels, risks = np.array([0.0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.9])
    assert left_in_automation(labels, risks) == 0.25
    assert calibration_error(labels, labels) == 0
    assert calibration_error(labels, np.full(5, 0.4), bins=1) == pytest.approx(0)
    assert macro_f1(labels, np.array([0.0, 0, 1, 1, 1])) == pytest.approx((0.8 + 0.8) / 2)


def test_a_group_is_in_one_fold_and_folds_are_alike() -> None:
    groups = [f"g{i % 23}" for i in range(230)]
    labels = np.array([float(i % 3 == 0) for i in range(230)])
    folds = folds_by_group(groups, labels, seed=0)
    homes = [{groups[i] for i in fold} for fold in folds]
    assert sorted(i for fold in folds for i in fold) == list(range(230))
    assert sum(len(home) for home in homes) == 23
    assert all(30 <= len(fold) <= 60 for fold in folds)
    assert folds == folds_by_group(groups, labels, seed=0)


def test_an_interval_of_groups_is_wider_than_one_of_single_examples() -> None:
    values = np.repeat([0.0, 1, 0, 1, 1, 0], 30)
    grouped = interval([str(i // 30) for i in range(180)], lambda places: float(values[places].mean()))
    single = interval([str(i) for i in range(180)], lambda places: float(values[places].mean()))
    assert grouped[1] - grouped[0] > 2 * (single[1] - single[0])


@pytest.mark.parametrize("coarse", [False, True])
def test_the_interval_of_an_auc_at_once_is_the_one_resample_by_resample(coarse: bool) -> None:
    draw = np.random.default_rng(3)
    labels = (draw.random(90) < 0.4).astype(float)
    ours, theirs = (draw.normal(size=90) + weight * labels for weight in (1.0, 0.2))
    if coarse:
        ours, theirs = np.round(ours), np.zeros(90)
    groups = [f"g{i % 17}" for i in range(90)]
    assert auc_interval(groups, labels, ours) == interval(groups, lambda at: auc(labels[at], ours[at]))
    gain = interval(groups, lambda at: auc(labels[at], ours[at]) - auc(labels[at], theirs[at]))
    assert auc_interval(groups, labels, ours, theirs) == gain


def test_calibration_mends_scores_that_are_too_sure_and_leaves_an_unknown_domain_alone() -> None:
    draw = np.random.default_rng(5)
    truth = draw.normal(size=2000)
    labels = (draw.random(2000) < logistic(truth)).astype(float)
    fitted = fit_calibration(3 * truth, labels, ["here"] * 2000)
    assert fitted.slope == pytest.approx(1 / 3, abs=0.05)
    plain = Calibration(1.0, 0.0, {"here": 2.0}).apply(np.zeros(2), ["here", "elsewhere"])
    assert plain.tolist() == [2.0, 0.0]


@pytest.mark.data
def test_the_recorded_conversations_are_read_without_their_ending() -> None:
    cases = read_tau(real_data() / "tau")
    assert len(cases) == 426
    assert sum(case.failed for case in cases) == 189
    assert not any(
        re.search("#{3}[A-Z]", turn.text) for case in cases for turn in case.turns if turn.role is Role.CUSTOMER
    )
    first = cases[0].until(0.5)
    assert first == cases[0].turns[: len(first)]
    assert first[-1].role is Role.CUSTOMER
    assert len(read_betold(real_data() / "betold")) == 1352


@pytest.mark.data
def test_most_conversations_with_a_wrong_action_failed() -> None:
    cases = read_tau(real_data() / "tau")
    wrong = [
        case.failed
        for number, case in enumerate(cases)
        if any(write.wrong and not write.failed for write in writes_of(case, number))
    ]
    assert sum(wrong) / len(wrong) > 0.8


@pytest.mark.data
def test_the_running_score_is_the_fitted_one() -> None:
    cases = read_tau(real_data() / "tau")[::12]
    rows = text_rows(cases, 0.5)
    fitted = fit(rows, TEXT, np.ones(len(rows.labels)))
    shipped = load_outcome_model()
    model = OutcomeModel(fitted.part(Calibration(1.0, 0.0, {}), rows), shipped.intents, shipped.action)
    strengths = [model.score(case.until(0.5)).strength for case in cases]
    assert strengths == [round(100 * float(risk)) for risk in logistic(fitted.logits(rows))]
    assert np.abs(fitted.coefficients[-1 - 512 : -1]).max() > 0


@pytest.mark.data
@pytest.mark.slow
def test_wrong_actions_are_told_better_than_by_the_tools_name() -> None:
    found = measure_writes(real_data())
    assert found["trustladder"]["auc"] > found["tool_name"]["auc"] + 0.05
    assert len(found["trustladder"]["scores"]) == len(found["labels"]) == found["actions"]
    assert set(ACTIONS.raises).isdisjoint(ACTIONS.lowers)


def test_a_folder_without_conversations_is_refused_with_what_to_do(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for read in (read_tau, read_betold):
        with pytest.raises(BadInput, match="TRUSTLADDER_DATA"):
            read(tmp_path)
