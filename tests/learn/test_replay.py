"""Replay: the same core as live traffic, in shadow, the same every time."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.learn.made_up import ASKED_FOR_A_PERSON, START_MS, bot, customer, human, told

from trustladder.connect.exports import ReadAs, read_conversations
from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.ticket import Role
from trustladder.detect.perceiver import Perceiver
from trustladder.learn.conversation import Conversation, Ending, Notices
from trustladder.learn.replay import as_line, replay, steps
from trustladder.policy.profiles import default_policy

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "conversations"


def lanes(conversation: Conversation) -> list[tuple[int, str, str]]:
    decided = replay(conversation, default_policy(), Perceiver(budget_ms=10**6).perceive)
    return [(d.message.index, d.role.value, d.decision.lane.word) for d in decided]


def test_a_decision_for_each_turn_of_the_customer_and_of_the_bot() -> None:
    conversation = told(
        customer("Hello"), e.SystemNoted("joined"), bot("Hi!"), e.ToolReturned("look_up", "{}"), bot("There.")
    )
    assert [(index, role) for index, role, _ in lanes(conversation)] == [(0, "customer"), (2, "bot"), (4, "bot")]


def test_what_the_bot_said_after_our_handoff_stays_in_the_history() -> None:
    assert lanes(told(*ASKED_FOR_A_PERSON)) == [
        (0, "customer", "escalated"),
        (1, "bot", "escalated"),
        (2, "customer", "escalated"),
    ]


def test_a_person_takes_the_ticket_and_the_decisions_say_so() -> None:
    decided = replay(
        told(customer("Hi"), human("Anna here"), customer("thanks")), default_policy(), Perceiver().perceive
    )
    assert [(d.decision.lane, d.held_by_people) for d in decided] == [(Lane.AUTOMATED, False), (Lane.OWNED, True)]


def test_a_transfer_that_the_bot_calls_is_a_handoff() -> None:
    said = (customer("Hi"), bot("One moment", "transfer_to_human_agents"), customer("ok"))
    assert [lane for _, _, lane in lanes(told(*said))] == ["automated", "automated", "escalated"]


def test_a_ticket_that_comes_back_starts_a_new_episode() -> None:
    said = (*ASKED_FOR_A_PERSON, e.Resolved("export"), customer("What are your opening hours?"))
    assert lanes(told(*said))[-1] == (4, "customer", "automated")


def test_tool_calls_without_words_are_no_bot_turn() -> None:
    played = list(steps(told(customer("Hi"), bot("", "look_up"), bot("Hello")), default_policy(), Perceiver().perceive))
    folded = [recorded.event for step in played for recorded in step.recorded]
    assert sum(isinstance(event, e.BotWrote) for event in folded) == 2
    decided = [step.decided for step in played if step.decided is not None]
    assert [d.role for d in decided] == [Role.CUSTOMER, Role.BOT, Role.BOT]


@given(
    outcome=st.sampled_from(["", "solved", "failed"]),
    satisfaction=st.none() | st.integers(0, 100),
    complaint=st.booleans(),
    label=st.text(max_size=10),
)
@settings(max_examples=25)
def test_how_it_ended_never_changes_a_decision(
    outcome: str, satisfaction: int | None, complaint: bool, label: str
) -> None:
    ending = Ending(outcome, satisfaction, complaint, START_MS, {"reward": label})
    plain, policy, perceive = told(*ASKED_FOR_A_PERSON), default_policy(), Perceiver(budget_ms=10**6).perceive
    assert replay(replace(plain, ending=ending), policy, perceive) == replay(plain, policy, perceive)


def test_the_examples_replay_the_same_every_time() -> None:
    policy = default_policy()
    paths = sorted(str(path) for path in EXAMPLES.glob("*.jsonl"))
    assert len(paths) == 4

    def decide_all() -> str:
        perceive = Perceiver(budget_ms=10**6).perceive
        found = read_conversations(paths, ReadAs(), Notices())
        return json.dumps([as_line(d) for conversation in found for d in replay(conversation, policy, perceive)])

    assert decide_all() == decide_all()


def test_a_line_tells_what_a_scorer_needs() -> None:
    decided = replay(told(*ASKED_FOR_A_PERSON), default_policy(), Perceiver(budget_ms=10**6).perceive)
    line = as_line(decided[0])
    assert (line["conversation"], line["message_index"], line["role"]) == ("t", 0, "customer")
    assert (line["lane"], line["proposed"], line["rule_ids"]) == ("escalated", "escalated", ["person-asked"])
    points, risk = line["points_by_signal"], line["risk"]
    assert isinstance(points, dict)
    assert line["points"] == pytest.approx(sum(points.values()))
    assert isinstance(risk, float)
    assert risk == pytest.approx(decided[0].decision.risk.probability, abs=1e-6)
    assert line["policy_digest"] == default_policy().digest


@pytest.mark.data
def test_outcomes_of_the_real_sets_reach_no_decision(data_dir: Path) -> None:
    path = str(data_dir / "tau" / "tau2_airline_gpt-4.1.json.gz")
    found = list(read_conversations([path], ReadAs(), Notices()))
    policy, perceive = default_policy(), Perceiver(budget_ms=10**6).perceive
    for conversation in found:
        bare = replace(conversation, ending=Ending())
        assert replay(bare, policy, perceive) == replay(conversation, policy, perceive)
