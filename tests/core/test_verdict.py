"""Verdicts: the golden turn by hindsight and by review, and how the moment of a handoff scores against it."""

import math
from typing import Any

import pytest

from trustladder.core import events as e
from trustladder.core.episode import Episode
from trustladder.core.verdict import (
    GoldenTurn,
    Verdict,
    golden_transfer_within,
    golden_transfers,
    golden_turn,
    golden_turns,
    hindsight,
    verdict_on,
)

DAY_MS = 86_400_000


def episode(**more: Any) -> Episode:
    return Episode("1", **more)


GOLDEN = GoldenTurn(4, "why", "hindsight", 80)


@pytest.mark.parametrize(
    ("golden", "handoff", "bot_turns", "verdict", "late_by"),
    [
        (GOLDEN, 4, [1, 3, 5], Verdict.ON_TIME, 0),
        (GOLDEN, 3, [1, 3], Verdict.ON_TIME, 0),
        (GOLDEN, 8, [1, 3, 5, 7], Verdict.LATE, 2),
        (GOLDEN, None, [1, 3, 5], Verdict.MISSED, 1),
        (None, 3, [1], Verdict.UNNECESSARY, 0),
        (None, None, [1, 3], Verdict.RIGHTLY_AUTOMATED, 0),
    ],
)
def test_a_verdict_compares_the_handoff_with_the_golden_turn(
    golden: GoldenTurn | None, handoff: int | None, bot_turns: list[int], verdict: Verdict, late_by: int
) -> None:
    judged = verdict_on(episode(bot_turns=bot_turns), golden, handoff)
    assert (judged.verdict, judged.late_by_turns) == (verdict, late_by)


@pytest.mark.parametrize(
    ("judged", "turn"),
    [
        (episode(clear_signals={"human_request": [6], "legal_or_safety": [4]}, outcome="solved"), 4),
        (episode(clear_signals={"repetition": [2, 6]}), 6),
        (episode(clear_signals={"repetition": [2, 6]}, outcome="solved"), None),
        (episode(clear_signals={"rejection": [2]}, outcome="failed"), 2),
        (episode(clear_signals={"rejection": [2]}), None),
        (episode(clear_signals={"rejection": [2]}, satisfaction=20), 2),
        (episode(), None),
    ],
)
def test_the_golden_turn_comes_from_hindsight(judged: Episode, turn: int | None) -> None:
    golden = golden_turn(judged)
    assert (golden.turn if golden else None) == turn


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


TALK: dict[str, Any] = {"customer_turns": [0, 2, 4], "bot_turns": [1, 3, 5]}
HANDED: dict[str, Any] = {**TALK, "handoff_turn": 5, "human_turns": [6], "resolved_by": "ana", "outcome": "solved"}


@pytest.mark.parametrize(
    ("judged", "source", "turn", "confidence"),
    [
        pytest.param(episode(**HANDED, repair="explained the invoice"), "correction", 4, 50, id="made good, no sign"),
        pytest.param(
            episode(**HANDED, repair="refunded 20", clear_signals={"rejection": [2]}), "refund", 2, 75, id="refund"
        ),
        pytest.param(episode(**HANDED, repair="made an exception"), "refund", 4, 50, id="exception"),
        pytest.param(episode(**TALK, complaint=True), "complaint", 4, 45, id="complaint"),
        pytest.param(
            episode(**TALK, outcome="closed", resolved_at_ms=DAY_MS, reopened_at_ms=8 * DAY_MS),
            "reopened",
            4,
            45,
            id="back within a week",
        ),
        pytest.param(episode(**TALK, outcome="failed"), "outcome", 4, 35, id="bad outcome, no sign"),
        pytest.param(
            episode(**TALK, satisfaction=10, clear_signals={"repetition": [4]}), "outcome", 4, 60, id="dissatisfied"
        ),
    ],
)
def test_every_rule_on_hindsight_names_itself(judged: Episode, source: str, turn: int, confidence: int) -> None:
    golden = golden_turn(judged)
    assert golden is not None
    assert (golden.source, golden.turn, golden.confidence) == (f"hindsight:{source}", turn, confidence)


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(episode(**HANDED), id="solved by a person who had nothing to make good"),
        pytest.param(
            episode(**TALK, resolved_at_ms=DAY_MS, reopened_at_ms=8 * DAY_MS + 1, outcome="closed"), id="back too late"
        ),
        pytest.param(
            episode(**HANDED, resolved_at_ms=DAY_MS, reopened_at_ms=2 * DAY_MS), id="a person's closing did not hold"
        ),
        pytest.param(episode(**TALK, repair="refunded", resolved_by="export"), id="a repair without a person"),
        pytest.param(episode(customer_turns=[0], outcome="failed"), id="no bot ever answered"),
    ],
)
def test_what_gives_no_golden_turn(judged: Episode) -> None:
    assert golden_turns(judged) == ()


def test_all_rules_that_apply_are_told_earliest_first() -> None:
    judged = episode(**TALK, complaint=True, clear_signals={"human_request": [4], "rejection": [2]})
    assert [(golden.turn, golden.source.removeprefix("hindsight:")) for golden in golden_turns(judged)] == [
        (2, "complaint"),
        (4, "human_request"),
    ]


def test_a_persons_word_stands_above_the_rules() -> None:
    judged = episode(**HANDED, complaint=True, review=e.CaseReviewed(1, "ben", "late", 2, "timing"))
    verdict = hindsight(judged)
    assert (verdict.verdict, verdict.reviewer, verdict.fault, verdict.late_by_turns) == (
        Verdict.LATE,
        "ben",
        "timing",
        2,
    )
    assert verdict.golden == GoldenTurn(2, "a person reviewed the case", "review:ben", 100)
    fine = episode(**HANDED, complaint=True, review=e.CaseReviewed(1, "ben", "unnecessary", fault="answer"))
    assert (hindsight(fine).verdict, hindsight(fine).golden) == (Verdict.UNNECESSARY, None)


def test_gtt_by_ticket_type_weighs_late_above_early() -> None:
    def judged(name: str, golden: int, handoff: int | None) -> tuple[Episode, Any]:
        one = episode(ticket_type=name, **TALK)
        return one, verdict_on(one, GoldenTurn(golden, "", "", 100), handoff)

    both = golden_transfers([judged("billing", 2, 2), judged("billing", 2, 3), judged("login", 2, 0)])
    assert [(transfer.ticket_type, transfer.n) for transfer in both] == [("billing", 2), ("login", 1)]
    assert both[0].scores[0] == pytest.approx((1 + math.exp(-2)) / 2)
    assert both[1].scores == pytest.approx([math.exp(-1 / (2 * t * t)) for t in (1, 2, 3)])
    assert golden_transfers([judged("billing", 2, None)])[0].scores == (0, 0, 0)
