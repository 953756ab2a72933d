"""Scenario files: what passes, what fails with its reasons, and what is broken."""

from pathlib import Path

import pytest
from tests.policy.support import policy_of

from trustladder.core import events as e
from trustladder.core.containment import Act
from trustladder.core.policy import Policy
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.errors import PolicyError, PolicyProblems
from trustladder.policy.play import DraftReading
from trustladder.policy.profiles import PROFILES, profile, profile_scenarios
from trustladder.policy.scenarios import ScenarioResult, run_scenarios
from trustladder.policy.source import parse

BILLING = """\
scenarios:
  - name: asked twice
    ticket: {type: billing}
    turns:
      - customer: Why 49 euros?
        signals: {payment: 100}
        expect: {lane: automated}
      - customer: Why 49 euros?
        signals: {repetition: 60}
        expect: {EXPECT}
"""

GOOD = BILLING.replace("EXPECT", "lane: contained")


def run(expect: str, text: str = BILLING) -> ScenarioResult:
    (result,) = run_scenarios(policy_of(), parse("s.yaml", text.replace("EXPECT", expect)))
    return result


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_does_what_its_scenarios_say(name: str) -> None:
    results = run_scenarios(profile(name), parse(f"{name}.scenarios.yaml", profile_scenarios(name)))
    assert len(results) >= 10
    failed = {result.name: result.failures for result in results if not result.passed}
    assert not failed


@pytest.mark.parametrize(
    "expect",
    [
        "lane: contained",
        "lane: {at_least: automated, at_most: contained}",
        "risk: {at_least: 60%, at_most: 70%}",
        "signals: [repetition, payment]",
        "signals: {repetition: {at_least: 60, at_most: 60}}",
        "no_signals: [rejection]",
        "rules: [money], no_rules: [asked]",
        "may: [gather], may_not: [inform, resolve]",
        "notified: false",
    ],
)
def test_what_is_true_passes(expect: str) -> None:
    assert run(expect).passed


@pytest.mark.parametrize(
    ("expect", "expected", "got"),
    [
        ("lane: escalated", "the lane escalated", "contained"),
        ("lane: {at_least: escalated}", "at least the lane escalated", "contained"),
        ("lane: {at_most: automated}", "at most the lane automated", "contained"),
        ("risk: {at_least: 90%}", "a risk of at least 90%", "61.9%"),
        ("risk: {at_most: 10%}", "a risk of at most 10%", "61.9%"),
        ("signals: [rejection]", "the signal rejection at 1 or more", "it is not there"),
        ("signals: {repetition: {at_least: 70}}", "the signal repetition at 70 or more", "60"),
        ("signals: {repetition: {at_most: 50}}", "the signal repetition at 50 or less", "60"),
        ("no_signals: [payment]", "no signal payment", "100"),
        ("rules: [asked]", "a reason from the rule asked", "money, everyone"),
        ("no_rules: [money]", "no reason from the rule money", "money, everyone"),
        ("may: [inform]", "automation may inform", "acknowledge, gather, summarise, triage"),
        ("may_not: [gather]", "automation may not gather", "acknowledge, gather, summarise, triage"),
        ("notified: true", "a person told", "nobody was told"),
        ("queue: lead", "the queue lead", "it was not handed over"),
        ("gate: release", "the gate to release", "the turn is no draft"),
    ],
)
def test_what_is_not_true_fails_with_its_place_and_its_reasons(expect: str, expected: str, got: str) -> None:
    result = run(expect)
    (failure,) = result.failures
    assert (failure.where, failure.expected) == ("s.yaml:10:18", expected)
    assert failure.got in (got, got.split(",", maxsplit=1)[0])
    assert any(why.startswith("money: Resolution Risk is 62%") for why in failure.why)
    assert any("without repetition would have given automated" in why for why in failure.why)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scenarios: []\n", "s.yaml:1:12: 'scenarios' is empty"),
        ("scenaros:\n  - name: a\n", "s.yaml:1:1: 'scenarios' is missing here"),
        (
            BILLING.replace("EXPECT", "lnae: contained"),
            "s.yaml:10:18: there is no key 'lnae' here\n  → did you mean 'lane'",
        ),
        (BILLING.replace("EXPECT", "lane: contain"), "s.yaml:10:24: 'contain' may not stand here"),
        (
            BILLING.replace("EXPECT", "rules: [mony]"),
            "s.yaml:10:26: there is no rule 'mony'\n  → did you mean 'money'?",
        ),
        (BILLING.replace("EXPECT", "queue: taem"), "s.yaml:10:25: there is no queue 'taem'"),
        (
            BILLING.replace("repetition", "repetitoin").replace("EXPECT", "lane: contained"),
            "s.yaml:9:31: there is no signal 'repetitoin'",
        ),
        (
            BILLING.replace("type: billing", "type: biling").replace("EXPECT", "lane: contained"),
            "s.yaml:3:20: there is no ticket type 'biling'",
        ),
        (BILLING.replace("customer: Why 49 euros?", "customr: Why?", 1), "s.yaml:5:9: "),
        (
            BILLING.replace("customer: Why 49 euros?", "customer: a\n        bot: b", 1),
            "s.yaml:5:9: a turn has exactly one",
        ),
        (BILLING.replace("60}", "160}"), "s.yaml:9:31: 160 is out of bounds"),
        (GOOD + GOOD.split("\n", 1)[1], "s.yaml:11:11: a scenario 'asked twice' stands above already"),
        (BILLING, "s.yaml:10:18: nothing stands after 'EXPECT'"),
        ("a: &b\n", "s.yaml:1:4: an anchor"),
    ],
)
def test_a_broken_file_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        run_scenarios(policy_of(), parse("s.yaml", text))
    assert str(caught.value).startswith(told)


def test_a_broken_file_tells_everything_at_once() -> None:
    text = BILLING.replace("type: billing", "type: biling").replace("EXPECT", "rules: [mony], queue: taem")
    with pytest.raises(PolicyProblems) as caught:
        run_scenarios(policy_of(), parse("s.yaml", text))
    assert len(caught.value.problems) == 3


TEXT_ONLY = """\
scenarios:
  - name: read by detectors
    turns:
      - customer: I was charged twice
        expect: {signals: [payment]}
      - bot: I transfer you to a colleague
        confidence: 30
        expect: {signals: [low_confidence]}
      - tool: get_invoice
        text: not found
        failed: true
        expect: {signals: [tool_failure]}
      - draft: I have refunded 20 euros
        expect: {gate: GATE}
"""


def perceive(ticket: Ticket, turn: Turn, policy: Policy) -> e.SignalsDetected:
    """A detector of a few words: what matters here is what it is given."""
    assert turn.index == len(ticket.turns), "the ticket is the one before the turn"
    assert policy.name == "small"
    seen = {
        "payment": turn.role is Role.CUSTOMER and "charged" in turn.text,
        "low_confidence": turn.confidence == 30,
        "tool_failure": turn.role is Role.TOOL and turn.failed and turn.author == "get_invoice",
    }
    evidence = (Evidence(turn.index, turn.text),)
    return e.SignalsDetected(tuple(Signal(name, 20, evidence) for name, there in seen.items() if there))


def test_turns_without_signals_by_hand_are_read_by_the_detectors() -> None:
    (result,) = run_scenarios(policy_of(), parse("s.yaml", TEXT_ONLY.replace("GATE", "release")), perceive)
    assert result.passed, result.failures
    (by_hand,) = run_scenarios(policy_of(), parse("s.yaml", TEXT_ONLY.replace("GATE", "release")))
    assert len(by_hand.failures) == 3


def test_the_acts_of_a_draft_are_read_and_a_promised_handoff_is_made() -> None:
    def read_acts(text: str, *given: object) -> DraftReading:
        assert given == ((), (), "")
        return DraftReading((Act.RESOLVE,), ("handoff",) if "refunded" in text else ())

    (result,) = run_scenarios(policy_of(), parse("s.yaml", TEXT_ONLY.replace("GATE", "withhold")), perceive, read_acts)
    assert result.passed, result.failures


def test_a_person_who_writes_owns_the_ticket_and_the_bot_is_silent() -> None:
    text = """\
scenarios:
  - name: person
    turns:
      - {customer: Hello, signals: {}}
      - {system: The agent joined}
      - {human: I have it now, expect: {lane: owned, queue: team}}
      - {draft: I can help too, acts: [inform], signals: {}, expect: {gate: withhold, may_not: [acknowledge]}}
"""
    assert run("", text).passed


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(BILLING.replace("EXPECT", "lane: contained"), encoding="utf-8")
    (result,) = run_scenarios(policy_of(), file)
    assert (result.name, result.tested, result.passed) == ("asked twice", 2, True)
    assert result.where == f"{file}:2:11"
