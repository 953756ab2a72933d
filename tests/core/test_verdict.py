"""Verdicts: the golden turn by hindsight and by review, and how the moment of a handoff scores against it."""

import math

import pytest

from trustladder.core.verdict import golden_transfer_within


@pytest.mark.parametrize(
    ("golden", "handoff", "tolerance", "score"),
    [
        (None, None, 1, 1.0),
        (None, 3, 1, 0.0),
        (3, None, 1, 0.0),
        (3, 3, 1, 1.0),
        (4, 3, 1, math.exp(-0.5)),
        (3, 4, 1, math.exp(-2.0)),
        (3, 4, 2, math.exp(-0.5)),
        (3, 9, 1, 0.0),
    ],
)
def test_gtt_weighs_late_above_early(golden: int | None, handoff: int | None, tolerance: int, score: float) -> None:
    assert golden_transfer_within(golden, handoff, tolerance) == pytest.approx(score)
