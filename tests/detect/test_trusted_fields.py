"""Signals of account, process, bot confidence and tools: tables."""

from dataclasses import replace

import pytest
from tests.detect.conversation import PERCEIVER, POLICY, calls, event_of, folded, opened, strengths, turn_of

from trustladder.core import events as e
from trustladder.core.containment import ToolCall
from trustladder.core.ticket import Ticket
from trustladder.detect.bot import finality, promised_handoff

VALUED = replace(POLICY, high_value=10_000.0)
MINUTE_MS = 60_000


def seen_on(ticket: Ticket, role: str = "customer", text: str = "Hello", **more: object) -> dict[str, int]:
    return dict(strengths(PERCEIVER.perceive(ticket, turn_of(ticket, role, text, **more), VALUED)))


@pytest.mark.parametrize(
    ("value", "tier", "expected"),
    [
        (None, None, 0),
        (0.0, None, 0),
        (2_500.0, None, 25),
        (10_000.0, None, 100),
        (1e9, None, 100),
        (-5.0, None, 0),
        (100.0, "Enterprise", 100),
        (None, "VIP", 100),
        (None, " gold ", 70),
        (9_000.0, "gold", 90),
        (None, "basic", 0),
    ],
)
def test_account_value(value: float | None, tier: str | None, expected: int) -> None:
    ticket = opened(e.AccountLearned("A-1", value, tier))
    assert seen_on(ticket).get("account_value", 0) == expected


def test_account_value_without_a_high_value_in_the_policy_rests_on_the_tier() -> None:
    ticket = opened(e.AccountLearned("A-1", 1e9, None))
    seen = PERCEIVER.perceive(ticket, turn_of(ticket, "customer", "Hello"), POLICY)
    assert "account_value" not in strengths(seen)


@pytest.mark.parametrize(("marked", "expected"), [(True, 100), (False, 0), (None, 0)])
def test_at_risk_account(marked: bool | None, expected: int) -> None:
    assert seen_on(opened(e.AccountLearned("A-1", at_risk=marked))).get("at_risk_account", 0) == expected


@pytest.mark.parametrize(
    ("past", "bad", "again"),
    [
        ((e.Resolved("customer"), e.Reopened()), 0, 70),
        ((e.Resolved("export", "unsolved"), e.Reopened()), 100, 70),
        ((e.SatisfactionGiven(20), e.Resolved("customer"), e.Reopened()), 80, 70),
        ((e.Escalated("q", "r", 1, 1, 1), e.Resolved("p"), e.Reopened()), 60, 70),
        ((e.Resolved("customer"), e.Reopened(), e.Resolved("customer"), e.Reopened()), 0, 85),
    ],
)
def test_what_an_earlier_episode_carries_in(past: tuple[e.Event, ...], bad: int, again: int) -> None:
    seen = seen_on(opened(*past))
    assert seen.get("recent_bad_ticket", 0) == bad
    assert seen["reopened"] == again


def test_turns_and_minutes_in_automation_count_from_the_start_of_the_stretch() -> None:
    ticket = opened(e.CustomerWrote("1", "Hi"), e.BotWrote("2", "Hello"), e.BotWrote("3", "How can I help?"))
    assert seen_on(ticket)["turns_in_automation"] == 20
    assert seen_on(ticket, "bot", "What is it about?")["turns_in_automation"] == 30
    assert seen_on(ticket, "bot", "", tool_calls=calls("get_order"))["turns_in_automation"] == 20
    turn = replace(turn_of(ticket, "customer", "x"), at_ms=ticket.stretch_started_at_ms + 30 * MINUTE_MS)  # type: ignore[operator]
    assert strengths(PERCEIVER.perceive(ticket, turn, POLICY))["minutes_in_automation"] == 50


def test_what_is_said_between_lookups_is_one_turn() -> None:
    look = e.BotWrote("2", "Let me look that up.", tool_calls=calls("get_order"))
    ticket = opened(e.CustomerWrote("1", "Where is it?"), look, e.ToolReturned("get_order", "sent"), look)
    assert ticket.bot_turns == 1
    assert seen_on(ticket, "bot", "It was sent on Monday.")["turns_in_automation"] == 10
    answered = folded(ticket, e.ToolReturned("get_order", "sent"), e.BotWrote("3", "It was sent on Monday."))
    assert answered.bot_turns == 1
    assert folded(answered, e.BotWrote("4", "Anything else?")).bot_turns == 2
    assert folded(answered, e.CustomerWrote("4", "And the lamp?"), look).bot_turns == 2


def test_a_lookup_before_the_first_word_does_not_hide_the_turn() -> None:
    silent = e.BotWrote("2", "", tool_calls=calls("get_order"))
    ticket = opened(e.CustomerWrote("1", "Where is it?"), silent, e.ToolReturned("get_order", "sent"))
    assert ticket.bot_turns == 0
    assert folded(ticket, e.BotWrote("3", "It was sent on Monday.")).bot_turns == 1


def test_a_second_channel_is_a_switch() -> None:
    ticket = folded(opened(), e.CustomerWrote("1", "Hi", channel="chat"), e.CustomerWrote("2", "Hi", channel="email"))
    assert seen_on(ticket)["channel_switch"] == 70


@pytest.mark.parametrize(("confidence", "expected"), [(None, 0), (100, 0), (90, 10), (20, 80), (0, 100)])
def test_low_confidence_is_what_is_missing_to_a_hundred(confidence: int | None, expected: int) -> None:
    assert seen_on(opened(), "bot", confidence=confidence).get("low_confidence", 0) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cancel_order", 100),
        ("refund", 100),
        ("issue_refund", 100),
        ("delete_account", 100),
        ("exchange_items", 80),
        ("book_flight", 80),
        ("send_certificate", 80),
        ("update_address", 60),
        ("modify_order_items", 60),
        ("get_order_details", 0),
        ("list_refunds", 0),
        ("search_flights", 0),
        ("calculate", 0),
        ("think", 0),
        ("transfer_to_human_agents", 0),
        ("escalate_to_human", 0),
    ],
)
def test_finality_of_a_tool_by_its_name(name: str, expected: int) -> None:
    assert finality(name) == expected
    assert seen_on(opened(), "bot", tool_calls=calls(name)).get("irreversible_action", 0) == expected


def test_failures_add_up_and_the_same_call_again_is_one() -> None:
    ticket = opened()
    strengths_seen = []
    for _ in range(3):
        turn = turn_of(ticket, "tool", "it broke", failed=True)
        strengths_seen.append(strengths(PERCEIVER.perceive(ticket, turn, POLICY))["tool_failure"])
        ticket = folded(ticket, event_of(turn))
    assert strengths_seen == [50, 75, 100]
    call = ToolCall("charge", {"amount": 5})
    once = folded(opened(), e.BotWrote("1", "", tool_calls=(call,)))
    assert seen_on(once, "bot", "", tool_calls=(call,))["tool_failure"] == 60
    assert "tool_failure" not in seen_on(once, "bot", "", tool_calls=(ToolCall("charge", {"amount": 6}),))
    lookup = ToolCall("get_order", {"number": 5})
    asked = folded(
        opened(), e.BotWrote("1", "", tool_calls=(lookup,)), e.ToolReturned("get_order", "error", failed=True)
    )
    assert seen_on(asked, "bot", "", tool_calls=(lookup,))["tool_failure"] == 40


def test_a_handoff_tool_makes_the_promise_true() -> None:
    promise = "I will transfer you to an agent."
    assert seen_on(opened(), "bot", promise)["broken_promise"] == 60
    assert "broken_promise" not in seen_on(opened(), "bot", promise, tool_calls=calls("transfer_to_human_agents"))
    kept = folded(opened(), e.BotWrote("1", "", tool_calls=calls("transfer_to_human_agents")))
    assert "broken_promise" not in seen_on(kept, "bot", "YOU ARE BEING TRANSFERRED TO A HUMAN AGENT.")


@pytest.mark.parametrize(
    ("text", "promised"),
    [
        ("One moment, I'll connect you with a colleague.", "I'll connect you with a colleague"),
        ("Would you like me to connect you with a colleague?", ""),
        ("We will call you back tomorrow.", ""),
        ("Ich verbinde Sie mit einer Kollegin.", "Ich verbinde Sie mit einer Kollegin"),
    ],
)
def test_promised_handoff_gives_the_words(text: str, promised: str) -> None:
    assert promised_handoff(text) == promised


@pytest.mark.parametrize(
    ("labels", "name", "expected"),
    [
        (("transfer_agent",), "human_request", 100),
        (("agent",), "human_request", 100),
        (("repeat",), "repetition", 80),
        (("rephrase",), "repetition", 80),
        (("negate",), "rejection", 40),
        (("no", "inform"), "rejection", 40),
        (("hangup",), "churn_threat", 100),
        (("inconclusive",), "clarification", 60),
        (("confirm",), "rejection", 0),
        (("inform",), "human_request", 0),
        (("user_agent",), "human_request", 0),
    ],
)
def test_labels_of_a_structured_conversation(labels: tuple[str, ...], name: str, expected: int) -> None:
    assert seen_on(opened(), "customer", "", intents=labels).get(name, 0) == expected


def test_a_second_no_in_a_row_weighs_more_and_a_yes_between_resets_it() -> None:
    once = folded(opened(), e.CustomerWrote("1", "", ("negate",)), e.BotWrote("2", ""))
    assert seen_on(once, "customer", "", intents=("negate",))["rejection"] == 70
    twice = folded(once, e.CustomerWrote("3", "", ("negate",)))
    assert seen_on(twice, "customer", "", intents=("negate",))["rejection"] == 90
    calm = folded(twice, e.CustomerWrote("4", "", ("confirm",)))
    assert seen_on(calm, "customer", "", intents=("negate",))["rejection"] == 40


def test_the_bots_labels_show_repetition_and_failure() -> None:
    asked = folded(opened(), e.BotWrote("1", "", intents=("propose_date",)))
    assert seen_on(asked, "bot", "", intents=("propose_date",))["bot_repetition"] == 60
    assert "bot_repetition" not in seen_on(asked, "bot", "", intents=("ask_name",))
    assert seen_on(opened(), "bot", "", intents=("did_not_understand",))["tool_failure"] == 60
