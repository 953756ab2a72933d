"""Loading: what a good file becomes, and what a bad one is told."""

from pathlib import Path

import pytest
from tests.policy.support import SMALL, changed, policy_of

from trustladder.core.conditions import Comparison, Condition
from trustladder.core.containment import Act, ToolCall
from trustladder.core.policy import Shift
from trustladder.core.risk import NEVER, points_hundredths_of
from trustladder.errors import PolicyError, PolicyProblems
from trustladder.policy.load import load_policy


def problem(text: str) -> str:
    """The one problem of a text, as it is shown."""
    with pytest.raises(PolicyProblems) as caught:
        load_policy(text)
    assert len(caught.value.problems) == 1, str(caught.value)
    return str(caught.value).replace("<text>:", "")


def test_a_good_file_becomes_the_values_that_the_ladder_decides_with() -> None:
    policy = policy_of()
    money = policy.rules[1]
    assert money.when == (Condition("ticket_type", Comparison.IS, "billing"),)
    assert money.contain_at == points_hundredths_of(0.45)
    assert money.notify_at == NEVER
    assert money.max_bot_turns == 6
    assert policy.rules[2].escalate_when == ((Condition("signal.human_request", Comparison.AT_LEAST, 60),),)
    assert policy.ticket_types["billing"].trust_critical
    assert policy.weights["repetition"] == 40
    assert policy.queues["team"].escalates_to == "lead"
    assert policy.people["bo"].authority == {"refund": 500.0}
    assert policy.messages["holding"] == {"en": "I have noted it."}
    assert policy.hours["office"].holidays == ("2026-12-25",)
    assert (policy.currency, policy.high_value, policy.permit_seconds) == ("EUR", 1000.0, 5.0)


def test_a_file_and_its_text_give_the_same_policy(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert load_policy(file) == load_policy(SMALL) == load_policy(str(file))
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert load_policy(file) == load_policy(SMALL)


@pytest.mark.parametrize(
    ("days", "shifts"),
    [
        ("mon: 09:00-17:00", [(0, 540, 1020)]),
        ("sat-mon: 09:00-10:00", [(0, 540, 600), (5, 540, 600), (6, 540, 600)]),
        ("tue: [08:00-12:00, 13:00-24:00]", [(1, 480, 720), (1, 780, 1440)]),
        ("fri: 22:00-06:00", [(4, 1320, 1800)]),
    ],
)
def test_hours_are_read(days: str, shifts: list[tuple[int, int, int]]) -> None:
    policy = policy_of(changed(("mon-fri: 09:00-17:00", days)))
    assert policy.hours["office"].shifts == tuple(Shift(*shift) for shift in shifts)


def test_a_threshold_follows_from_costs() -> None:
    text = changed(("    escalate_at: 70%\n", "    costs: {spillover: 200, person_minutes: 60, person_minute: 2}\n"))
    rule = policy_of(text).rules[1]
    assert rule.escalate_at == points_hundredths_of(0.6)
    assert rule.costs is not None
    assert rule.costs.spillover == 200


@pytest.mark.parametrize(("percent", "points"), [("50%", 0), ("50 %", 0), ("33.5%", points_hundredths_of(0.335))])
def test_risks_are_percentages(percent: str, points: int) -> None:
    assert policy_of(changed(("contain_at: 50%", f"contain_at: {percent}"))).rules[0].contain_at == points


def test_tools_are_granted_within_limits() -> None:
    tools = "tools: {refund: {amount: {at_most: 50}}}, every_tool: true}"
    automated = policy_of(changed(("every_tool: true}", tools))).automated
    assert automated.objections((), [ToolCall("refund", {"amount": 60})])
    assert not automated.objections((), [ToolCall("refund", {"amount": 50}), ToolCall("look_up", {})])


def test_several_comparisons_of_one_field_all_hold() -> None:
    text = changed(("{ticket_type: billing}", "{account.value: {at_least: 10, at_most: 20}, language: [en, de]}"))
    assert policy_of(text).rules[1].when == (
        Condition("account.value", Comparison.AT_LEAST, 10),
        Condition("account.value", Comparison.AT_MOST, 20),
        Condition("language", Comparison.IN, ("en", "de")),
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version: 1", "version: 2", "1:10: 2 may not stand here\n  → write 1"),
        ("name: small\n", "", "1:1: 'name' is missing here\n  → add 'name:'"),
        ("currency: EUR", "currncy: EUR", "3:1: there is no key 'currncy' here\n  → did you mean 'currency'?"),
        ("  unknown: {base: -35", "  unknown: {base: low", "6:19: a whole number must stand here, not 'low'"),
        ("base: -35", "base: -3.5", "6:19: a whole number must stand here, not -3.5"),
        ("base: -35", "base: true", "6:19: a whole number must stand here, not true"),
        ("base: -35", "base: -350", "6:19: -350 is out of bounds\n  → it must be at least -200"),
        ("repetition: 40", "repetition: -1", "9:23: -1 is out of bounds\n  → it must be at least 0"),
        ("repetition: 40", "repetitoin: 40", "9:11: there is no signal 'repetitoin'\n  → did you mean 'repetition'?"),
        ("contain_at: 50%", "contain_at: 50", "13:17: a risk is written as a percentage, such as 45%"),
        ("contain_at: 50%", "contain_at: 101%", "13:17: a risk is written as a percentage, such as 45%"),
        ("contain_at: 50%", "contain_at:", "13:5: nothing stands after 'contain_at'"),
        ("id: money", "id: everyone", "15:9: a rule 'everyone' stands above already"),
        ("id: money", "id: The Money", "15:9: 'The Money' is no name\n  → use small letters"),
        (
            "{ticket_type: billing}",
            "{ticket_type: biling}",
            "17:25: there is no ticket type 'biling'\n  → did you mean 'billing'?",
        ),
        (
            "{ticket_type: billing}",
            "{tickettype: billing}",
            "17:12: there is no field 'tickettype'\n  → did you mean 'ticket_type'?",
        ),
        (
            "{ticket_type: billing}",
            "{ticket_type: [billing, x]}",
            "17:35: there is no ticket type 'x'\n  → known: billing, faq, unknown",
        ),
        (
            "{ticket_type: billing}",
            "{reopened: 1}",
            "17:22: reopened is compared with true or false, not with 1\n  → write it as 'reopened: true'",
        ),
        ("{ticket_type: billing}", "{ticket_type: {}}", "17:25: nothing to compare ticket_type with"),
        (
            "signal.human_request: {at_least: 60}",
            "human_request: {at_least: 60}",
            "25:10: there is no field 'human_request'\n  → did you mean 'signal.human_request'?",
        ),
        ("{at_least: 60}", "60", "25:32: signal.human_request is a number: say how to compare it\n  → write it as"),
        (
            "{at_least: 60}",
            "{at_most: 60}",
            "25:33: signal.human_request cannot be compared by 'at_most': with at_most,",
        ),
        (
            "{at_least: 60}",
            "{at_least: 101}",
            "25:43: signal.human_request has a whole strength from 0 to 100, not 101",
        ),
        ("{at_least: 60}", "{atleast: 60}", "25:33: there is no comparison 'atleast'\n  → did you mean 'at_least'?"),
        ("triage, inform, resolve", "triage, infrm", "27:62: there is no act 'infrm'\n  → did you mean 'inform'?"),
        ("queue: team}\n  faq", "queue: taem}\n  faq", "6:31: there is no queue 'taem'\n  → did you mean 'team'?"),
        ("people: [ana]", "people: [anna]", "30:19: there is no person 'anna'\n  → did you mean 'ana'?"),
        ("escalates_to: lead", "escalates_to: laed", "30:54: there is no queue 'laed'\n  → did you mean 'lead'?"),
        ("[ana], hours: office", "[ana], hours: ofice", "30:32: there is no block of hours 'ofice'\n  → did you mean"),
        (
            "Europe/Berlin",
            "Europe/Berln",
            "36:18: there is no time zone 'Europe/Berln'\n  → did you mean 'Europe/Berlin'",
        ),
        ("mon-fri:", "mon-fry:", "36:40: 'mon-fry' is no day\n  → write mon, tue … sun, or a stretch such as mon-fri"),
        ("09:00-17:00", "9-5", "36:49: '9-5' is no stretch of time\n  → write it as 09:00-17:00"),
        ("09:00-17:00", "09:00-25:00", "36:49: '09:00-25:00' is no stretch of time"),
        ("2026-12-25", "2026-02-30", "36:74: '2026-02-30' is no date\n  → write it as 2026-12-25"),
        ("holding:", "hodling:", "38:3: there is no key 'hodling' here\n  → did you mean 'holding'?"),
        ("high_value: 1000", "high_value: .nan", "4:13: a finite number must stand here"),
        ("name: small", "name: small\nname: large", "3:1: 'name' stands here a second time\n  → it stands on line 2"),
    ],
)
def test_each_mistake_is_told_with_its_place_and_a_remedy(old: str, new: str, told: str) -> None:
    assert problem(changed((old, new))).startswith(told)


def test_costs_and_escalate_at_together_are_refused() -> None:
    text = changed(("    escalate_at: 70%\n", "    escalate_at: 70%\n    costs: {spillover: 9, person_minutes: 3}\n"))
    assert "keep one of the two" in problem(text)


def test_confidence_says_why_it_can_only_be_at_most() -> None:
    told = problem(changed(("{ticket_type: billing}", "{confidence: {at_least: 50}}")))
    assert "more confidence must never mean more care" in told
    assert policy_of(changed(("{ticket_type: billing}", "{confidence: {at_most: 50}}"))).rules[1].when


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    text = changed(
        ("currency: EUR", "currncy: EUR"),
        ("repetition: 40", "repetitoin: 40"),
        ("{ticket_type: billing}", "{ticket_type: biling}"),
        ("people: [bo]", "people: [bob]"),
        ("Europe/Berlin", "Berlin"),
    )
    with pytest.raises(PolicyProblems) as caught:
        load_policy(text)
    assert [int(one.where.split(":")[1]) for one in caught.value.problems] == [3, 9, 17, 31, 36]
    assert str(caught.value).count("→") == 5
    assert isinstance(caught.value, PolicyError)


def test_acts_and_tools_mean_the_same_in_any_order() -> None:
    text = changed(
        ("triage]}\nqueues", "summarise]}\nqueues"), ("gather, summarise, summarise]", "triage, gather, summarise]")
    )
    assert policy_of(text).contained.acts == (Act.ACKNOWLEDGE, Act.GATHER, Act.SUMMARISE, Act.TRIAGE)
    assert policy_of(text).digest == policy_of().digest


def test_targets_of_the_indicators_are_shares_and_hours() -> None:
    block = "targets: {restated_after_handoff: 10%, time_to_resolution: 8}\nmessages:"
    assert dict(load_policy(changed(("messages:", block))).targets) == {
        "restated_after_handoff": 0.1,
        "time_to_resolution": 8.0,
    }
    with pytest.raises(PolicyError, match="weather"):
        load_policy(changed(("messages:", "targets: {weather: 10%}\nmessages:")))
