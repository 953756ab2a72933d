"""The score of a proposed call at the gate: what is held against it, what it adds up to, what a policy makes of it."""

import pytest
from tests.detect.conversation import PERCEIVER, event_of, folded, opened, strengths, turn_of
from tests.policy.support import SMALL, changed, policy_of

from trustladder.core.containment import Act, ToolCall
from trustladder.core.signals import Signal
from trustladder.core.ticket import Ticket
from trustladder.detect.acts import acts_of
from trustladder.detect.outcome import load_outcome_model
from trustladder.detect.outcome.actions import action_words, doubts
from trustladder.detect.outcome.features import Running
from trustladder.policy.play import DraftReading
from trustladder.policy.scenarios import run_scenarios
from trustladder.policy.source import parse

RECORD = '{"order_id": "A77", "status": "delivered", "payment_history": [{"payment_method_id": "card_1"}]}'
ASKED = (
    ("customer", "Please cancel order A77."),
    ("tool", RECORD),
    ("bot", "Shall I cancel order A77? Please confirm."),
    ("customer", "Yes, go ahead."),
)
CANCEL = ToolCall("cancel_order", {"order_id": "A77"})
WILD = ToolCall("book_trip", {"seats": 4, "meal": "fish", "insurance": "no", "payment_methods": ["gift_9", "card_7"]})


def ticket_after(*said: tuple[str, str]) -> Ticket:
    ticket = opened()
    for role, text in said:
        ticket = folded(ticket, event_of(turn_of(ticket, role, text)))
    return ticket


def read(*said: tuple[str, str]) -> Running:
    running = Running()
    for turn in ticket_after(*said).turns:
        running.add(turn)
    return running


def reading(ticket: Ticket, *calls: ToolCall, text: str = "") -> Signal | None:
    turn = turn_of(ticket, "bot", text, tool_calls=calls)
    found = PERCEIVER.perceive(ticket, turn, policy_of()).signals
    return next((signal for signal in found if signal.name == "wrong_action"), None)


def test_nothing_is_held_against_a_call_that_was_looked_up_and_agreed() -> None:
    assert doubts(read(*ASKED), CANCEL) == ()


@pytest.mark.parametrize(
    ("said", "call", "doubt"),
    [
        (ASKED, ToolCall("cancel_order", {"order_id": "A77", "reason": "no longer needed"}), "nobody mentioned reason"),
        (ASKED[:3], CANCEL, "the customer has not said yes"),
        (ASKED[:2], CANCEL, "the customer was not asked"),
        ((ASKED[0], *ASKED[2:]), CANCEL, "what order_id stands for was not looked up"),
        ((*ASKED[:2], ("bot", "Unfortunately that is not possible."), ASKED[3]), CANCEL, "the bot had said"),
    ],
)
def test_what_is_held_against_a_call(said: tuple[tuple[str, str], ...], call: ToolCall, doubt: str) -> None:
    assert any(words.startswith(doubt) for words in doubts(read(*said), call))


def test_a_call_made_twice_is_told() -> None:
    running = read(*ASKED)
    running.add(turn_of(opened(), "bot", "", tool_calls=(CANCEL,)))
    assert "the same call was made before" in doubts(running, CANCEL)


def test_only_a_call_that_would_change_something_is_read() -> None:
    ticket = ticket_after(("customer", "Book me something."))
    assert reading(ticket, ToolCall("get_order", {"order_id": "Z1"})) is None
    assert reading(ticket, ToolCall("transfer_to_human_agents", {"summary": "x"})) is None
    assert reading(ticket, text="Which trip?") is None


def test_a_call_out_of_the_air_is_told_with_its_reasons_and_the_worst_of_several_counts() -> None:
    ticket = ticket_after(("customer", "Hello, I have a question about a trip."))
    wild = reading(ticket, WILD)
    assert wild is not None
    assert wild.strength > 0
    said = [evidence.field for evidence in wild.evidence]
    assert said[0].startswith("book_trip: nobody mentioned ")
    assert "book_trip: the customer was not asked" in said
    assert {evidence.turn for evidence in wild.evidence} == {1}
    both = reading(ticket, CANCEL, WILD)
    assert both is not None
    assert both.strength >= wild.strength
    assert both.evidence[0].field.startswith("book_trip")


def test_the_next_turn_without_such_a_call_takes_the_reading_back() -> None:
    ticket = ticket_after(("customer", "Hello, I have a question about a trip."))
    turn = turn_of(ticket, "bot", "", tool_calls=(WILD,))
    ticket = folded(ticket, event_of(turn), PERCEIVER.perceive(ticket, turn, policy_of()))
    assert ticket.signals["wrong_action"].strength > 0
    after = PERCEIVER.perceive(ticket, turn_of(ticket, "bot", "Where would you like to go?"), policy_of())
    assert strengths(after)["wrong_action"] == 0


def test_reading_a_draft_leaves_the_conversation_as_it_was() -> None:
    running = read(*ASKED)
    before, fork = running.measures(), running.fork()
    fork.add(turn_of(opened(), "bot", "I cannot do that.", tool_calls=(WILD, CANCEL)))
    assert running.measures() == before != fork.measures()


def test_choices_and_marks_are_words_and_numbers_names_and_ids_are_not() -> None:
    arguments = {"order_id": "A77", "reason": "damaged", "first_name": "mia", "amount": 12, "gift": True}
    found = action_words(read(*ASKED), ToolCall("return_order", arguments))
    own = {word for word in found if not word.startswith("t:")}
    chosen = {"a:return_order", "a:return reason=damaged", "a:return gift=true"}
    assert own == chosen | {"r:return status=delivered", "r:status=delivered"}


def test_what_is_shipped_knows_no_words_of_customers() -> None:
    words = load_outcome_model().action.words.known
    assert words
    assert all(word[:2] in {"a:", "r:", "t:"} for word in words)


GATE = """\
scenarios:
  - name: a booking out of the air is not released
    ticket: {type: faq}
    turns:
      - customer: Hello, I have a question about a trip.
      - draft: ''
        calls: [{tool: book_trip, arguments: {seats: 4, meal: fish, insurance: 'no', payment_id: gift_9, total: 912}}]
        expect: {gate: replace, lane: contained, rules: [doubtful-action], signals: [wrong_action]}
  - name: a cancellation that was looked up and agreed is released
    ticket: {type: faq}
    turns:
      - customer: Please cancel order A77.
      - tool: get_order
        text: '{"order_id": "A77", "status": "open"}'
      - bot: Shall I cancel order A77? Please confirm.
      - customer: Yes, go ahead.
      - draft: ''
        calls: [{tool: cancel_order, arguments: {order_id: A77}}]
        expect: {gate: release, no_rules: [doubtful-action]}
"""
RULE = """\
  - id: doubtful-action
    because: A call that reads like wrong ones is looked at by a person first.
    contain_when:
      - {signal.wrong_action: {at_least: 10}}
containment:
"""


def read_acts(text: str, declared: tuple[Act, ...], calls: tuple[ToolCall, ...], language: str) -> DraftReading:
    return DraftReading(acts_of(text, declared, calls, language).acts)


def test_a_policy_can_contain_on_it_at_the_gate() -> None:
    policy = policy_of(changed(("containment:\n", RULE), text=SMALL))
    results = run_scenarios(policy, parse("gate.yaml", GATE), PERCEIVER.perceive, read_acts)
    assert [(result.name, result.failures) for result in results if not result.passed] == []
    assert len(results) == 2
