"""Values from outside, and the judge against a real server."""

import time
from typing import Any

import pytest
from tests.detect.conversation import POLICY, folded, opened, perceived, strengths, turn_of
from tests.support.endpoint import Endpoint

from trustladder.core.events import SignalsDetected
from trustladder.detect.judge import Judge
from trustladder.detect.outside import only_raising, outside_sentiment, outside_signal
from trustladder.detect.perceiver import Perceiver, default_perceiver
from trustladder.errors import BadInput
from trustladder.settings import Settings
from trustladder.web.service import perceiver_of


@pytest.mark.parametrize(
    ("value", "worst", "best", "expected"),
    [(-1.0, -1.0, 1.0, 100), (0.0, -1.0, 1.0, 50), (1.0, -1.0, 1.0, 0), (5.0, 1.0, 5.0, 0), (9.0, -1.0, 1.0, 0)],
)
def test_a_vendors_sentiment_on_its_own_scale(value: float, worst: float, best: float, expected: int) -> None:
    signal = outside_sentiment(value, "vendor", worst=worst, best=best)
    assert (signal.name, signal.strength, signal.source) == ("sentiment", expected, "vendor")


@pytest.mark.parametrize(
    ("name", "strength", "source"),
    [
        ("mood", 50, "vendor"),
        ("sentiment", 101, "vendor"),
        ("sentiment", -1, "vendor"),
        ("sentiment", 0.5, "vendor"),
        ("sentiment", True, "vendor"),
        ("sentiment", "50", "vendor"),
        ("sentiment", 50, ""),
        ("sentiment", 50, " Trustladder "),
        ("sentiment", 50, "x" * 65),
    ],
)
def test_what_cannot_be_a_report_is_refused(name: str, strength: Any, source: str) -> None:
    with pytest.raises(BadInput):
        outside_signal(name, strength, source)


def test_a_report_that_comes_alone_counts_only_above_the_board() -> None:
    _, ticket = perceived([("customer", "I am very disappointed")])
    held = ticket.signals["sentiment"].strength
    lower, higher = (outside_signal("sentiment", held + step, "vendor") for step in (-1, 1))
    assert only_raising(ticket, (), (lower, higher)) == (higher,)
    after = folded(ticket, SignalsDetected(only_raising(ticket, (), (lower,))))
    assert after.signals["sentiment"].strength == held


def judged(judge: Judge, text: str = "I was charged twice", budget_ms: int = 5_000) -> SignalsDetected:
    ticket = opened()
    perceiver = Perceiver(detectors=[judge.detector()], budget_ms=budget_ms)
    return perceiver.perceive(ticket, turn_of(ticket, "customer", text, message_id="m-1"), POLICY)


def test_the_judges_number_is_a_signal_with_its_source_and_quote(endpoint: Endpoint) -> None:
    seen = judged(Judge(endpoint.url, "small", "sk-test", source="house judge"))
    (signal,) = seen.signals
    assert (signal.name, signal.strength, signal.source) == ("outside_judge", 80, "house judge")
    assert signal.evidence[0].quote == "charged twice"
    assert endpoint.keys == ["Bearer sk-test"]
    assert endpoint.asked[0]["model"] == "small"
    assert "I was charged twice" in endpoint.asked[0]["messages"][1]["content"]


def test_a_quote_that_nobody_wrote_is_no_evidence(endpoint: Endpoint) -> None:
    endpoint.content = '{"risk": 80, "quote": "I will sue"}'
    assert judged(Judge(endpoint.url, "small")).signals[0].evidence[0].quote == "I was charged twice"


def test_a_message_is_judged_once(endpoint: Endpoint) -> None:
    judge = Judge(endpoint.url, "small")
    assert judged(judge).signals == judged(judge).signals
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    "content",
    [
        '{"risk": 101}',
        '{"risk": -1}',
        '{"risk": "80"}',
        '{"risk": 12.5}',
        '{"risk": 1, "lane": "automated"}',
        '{"quote": "x"}',
        "Sure! The risk is 10.",
        "",
        "[]",
        "x" * 70_000,
    ],
)
def test_an_answer_of_another_shape_is_unknown(endpoint: Endpoint, content: str) -> None:
    endpoint.content = content
    seen = judged(Judge(endpoint.url, "small"))
    assert seen.signals == ()
    assert [item.name for item in seen.unknown] == ["outside_judge"]


@pytest.mark.parametrize("status", [301, 401, 429, 500])
def test_a_refusal_is_unknown(endpoint: Endpoint, status: int) -> None:
    endpoint.status = status
    assert [item.name for item in judged(Judge(endpoint.url, "small")).unknown] == ["outside_judge"]


def test_a_slow_judge_is_unknown_within_the_budget(endpoint: Endpoint) -> None:
    endpoint.delay_seconds = 1.5
    started = time.monotonic()
    seen = judged(Judge(endpoint.url, "small", timeout_seconds=5), budget_ms=200)
    assert time.monotonic() - started < 1.2
    assert [item.reason for item in seen.unknown] == ["judge did not answer in time"]


def test_a_judge_that_is_not_there_is_unknown() -> None:
    assert [item.name for item in judged(Judge("http://127.0.0.1:9/v1", "small")).unknown] == ["outside_judge"]


def test_the_judge_never_lowers_what_detectors_read(endpoint: Endpoint) -> None:
    endpoint.content = '{"risk": 0}'
    ticket = opened()
    turn = turn_of(ticket, "customer", "I want to talk to a human", message_id="m-2")
    with_judge = Perceiver([Judge(endpoint.url, "small").detector()], budget_ms=5_000).perceive(ticket, turn, POLICY)
    assert strengths(with_judge) == strengths(Perceiver().perceive(ticket, turn, POLICY))


def test_the_settings_put_a_judge_beside_the_detectors(endpoint: Endpoint) -> None:
    perceiver = perceiver_of(Settings(judge_url=endpoint.url, judge_model="small", judge_key="sk-test"))
    ticket = opened()
    seen = perceiver.perceive(ticket, turn_of(ticket, "customer", "I was charged twice", message_id="m-1"), POLICY)
    assert {signal.name: signal.source for signal in seen.signals}["outside_judge"] == "small"
    assert endpoint.keys == ["Bearer sk-test"]
    with pytest.raises(BadInput, match="no model"):
        perceiver_of(Settings(judge_url=endpoint.url))
    assert perceiver_of(Settings()) is default_perceiver()
