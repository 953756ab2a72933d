"""What the evaluation computes, by hand; and what it says of sets that are not there."""

from pathlib import Path

import numpy as np
import pytest

from trustladder.errors import BadInput
from trustladder.learn.calibration import brier
from trustladder.learn.evaluation import evaluate
from trustladder.learn.evaluation_failure import average_precision, recall_at
from trustladder.learn.measured import Curve, Evaluation, Measured, as_json, as_markdown, roc
from trustladder.learn.report.evaluation import as_page

LABELS = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
RISKS = np.array([0.9, 0.8, 0.6, 0.2, 0.1])


def test_average_precision_is_the_mean_precision_at_each_bad_ending() -> None:
    assert average_precision(LABELS, RISKS) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert average_precision(np.zeros(3), np.zeros(3)) == 0.0


def test_brier_is_the_mean_squared_distance() -> None:
    assert brier(LABELS, RISKS) == pytest.approx((0.01 + 0.64 + 0.16 + 0.04 + 0.01) / 5)


def test_recall_at_a_workload_counts_the_bad_endings_among_the_riskiest() -> None:
    assert recall_at(LABELS, RISKS, 0.2) == 0.5
    assert recall_at(LABELS, RISKS, 0.6) == 1.0


CURVE = Curve("made up", (1, 0, 1, 0, 0), (0.9, 0.8, 0.6, 0.2, 0.1))


def test_the_roc_runs_from_corner_to_corner_and_never_falls() -> None:
    points = roc(CURVE)
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    assert points == sorted(points)


def test_a_folder_without_a_labelled_set_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no labelled set is here"):
        evaluate(tmp_path)


def test_the_table_and_the_page_say_whether_an_aim_was_reached() -> None:
    low = Measured("an error", "made <up>", 0.04, aim=0.05, better="lower", baselines=(("never", 0.4),))
    missed = Measured("an AUC", "made up", 0.7, 0.6, 0.8, aim=0.75, paired=(-0.1, 0.1))
    found = Evaluation((low, missed), (CURVE,), ("maia_dqe",))
    assert [row["reached"] for row in as_json(found)["measures"]] == [True, False]
    table = as_markdown(found)
    assert "≤ 0.05: reached" in table
    assert "| 0.700 (0.600 to 0.800) |" in table
    page = as_page(found)
    assert "made &lt;up&gt;" in page
    assert page.count("<svg") == 2
    assert "http" not in page.replace("http-equiv", "")
