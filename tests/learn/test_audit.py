"""The audit: who was handed over when, against the policy and against simpler ways; and what cannot be told."""

from dataclasses import replace

import pytest
from tests.learn.made_up import ASKED_FOR_A_PERSON, bot, customer, human, told

from trustladder.core import events as e
from trustladder.core.verdict import Verdict
from trustladder.detect.perceiver import Perceiver
from trustladder.learn.audit import Audit, Auditor
from trustladder.learn.case import Case, examine
from trustladder.learn.conversation import Conversation, Ending
from trustladder.learn.report.words import what_was_read
from trustladder.policy.profiles import default_policy

ASKS = customer("I want to speak to a human agent.")
ANNOUNCED = "I am transferring you to a human agent now."
FAQ = (
    customer("What are your opening hours?"),
    bot("From nine to five, Monday to Friday."),
    customer("Great, thank you!"),
)


def examined(conversation: Conversation) -> Case:
    return examine(conversation, default_policy(), Perceiver(budget_ms=10**6).perceive)


def audited(*conversations: Conversation, limit: int = 20) -> Audit:
    auditor = Auditor(default_policy(), limit)
    for i, conversation in enumerate(conversations):
        auditor.add(examined(replace(conversation, id=f"t{i}")))
    return auditor.finish(["chats.jsonl"], (), 1.0)


ENDS = {
    "left to automation": (told(*FAQ), Verdict.RIGHTLY_AUTOMATED, 0),
    "missed": (told(*ASKED_FOR_A_PERSON, bot("How can I help?")), Verdict.MISSED, 2),
    "late by two": (told(ASKS, bot("How can I help?"), bot("Tell me more"), human("Anna here")), Verdict.LATE, 2),
    "at once": (told(ASKS, human("Anna here")), Verdict.RIGHTLY_AUTOMATED, 0),
    "announced": (told(customer("Hi"), bot("Hello"), ASKS, bot(ANNOUNCED), human("Anna here")),
                  Verdict.ON_TIME, 0),
    "handed over by the tool": (told(customer("Hi"), bot("Hello"), ASKS, bot("", "transfer_to_human_agents")),
                                Verdict.ON_TIME, 0),
    "promised, and nobody came": (told(ASKS, bot(ANNOUNCED), customer("hello?"),
                                       bot("Is there anything else?")), Verdict.MISSED, 2),
    "nobody saw why": (told(*FAQ, human("Anna here, anything else?")), Verdict.UNNECESSARY, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_the_verdict_against_the_policy(name: str) -> None:
    conversation, verdict, beyond = ENDS[name]
    reading = examined(conversation).worst
    assert len(reading.beyond) == beyond
    if reading.in_automation:
        assert reading.against_policy.verdict is verdict
    else:
        assert name == "at once"


def test_expected_harm_is_the_sum_of_the_risk_before_each_step_beyond() -> None:
    case = examined(told(*ASKED_FOR_A_PERSON, bot("How can I help?")))
    risks = [moment.risk for moment in case.timeline]
    assert risks[0] is not None
    assert risks[2] is not None
    assert case.worst.harm == pytest.approx(risks[0] + risks[2])
    assert case.worst.minutes_beyond == 3


def test_a_reopened_ticket_counts_as_two_episodes() -> None:
    case = examined(told(*FAQ, e.Resolved("export"), *ASKED_FOR_A_PERSON, ending=Ending("failed", 0)))
    first, second = case.readings
    assert (first.overstayed, second.overstayed) == (False, True)
    assert (first.episode.satisfaction, second.episode.satisfaction) == (None, 0)
    assert first.episode.resolved_at_ms is not None


def test_the_headline_counts_tickets_and_the_worst_come_first() -> None:
    long = told(*ASKED_FOR_A_PERSON, *[bot("Let me see.")] * 4)
    found = audited(told(*FAQ), told(ASKS, bot("How can I help?")), long)
    assert found.headline.startswith("In 2 of 3 tickets (67 %) the bot went on after the turn")
    assert [case.conversation for case in found.worst] == ["t2", "t1"]
    assert found.beyond_turns == (1, 5)
    assert found.asked_for_person == 2
    assert found.rules[0].rule_id == "person-asked"
    assert "Begin with the rule person-asked, which would have ended 2 of the 2: " in found.advice


def test_a_single_ticket_is_spoken_of_as_one() -> None:
    found = audited(told(ASKS, bot("How can I help?")))
    assert found.advice.startswith("It wrote once more. The customer asked for a person. The rule person-asked would")
    assert what_was_read(found).startswith("1 conversation with 2 messages")
    assert "People handled 1 ticket" in audited(told(customer("It is broken"), human("Anna here"))).headline


def test_a_ticket_that_was_opened_again_explains_why_tickets_outnumber_conversations() -> None:
    again = told(*FAQ, e.Resolved("export"), *ASKED_FOR_A_PERSON)
    assert what_was_read(audited(again)).endswith("; one was opened again, as a new ticket")
    assert "opened again" not in what_was_read(audited(told(*FAQ)))


def test_only_the_worst_timelines_are_kept() -> None:
    found = audited(*[told(*ASKED_FOR_A_PERSON, *[bot("Let me see.")] * n) for n in range(6)], limit=2)
    assert [case.conversation for case in found.worst] == ["t5", "t4"]
    assert found.overstayed == 6


def test_simpler_ways_stand_beside_the_policy() -> None:
    bad = told(*ASKED_FOR_A_PERSON, bot("How can I help?"), ending=Ending("failed"))
    good = told(*FAQ, ending=Ending("solved"))
    rows = {row.key: row for row in audited(bad, good).strategies}
    assert {key: row.handoffs for key, row in rows.items()} == {
        "actual": 0, "policy": 1, "always": 2, "never": 0, "on_request": 1,
    }  # fmt: skip
    assert {key: row.beyond_turns for key, row in rows.items()} == {
        "actual": 2, "policy": 0, "always": 0, "never": 2, "on_request": 0,
    }  # fmt: skip
    always, never = rows["always"], rows["never"]
    assert (always.caught, always.ended_badly, always.unneeded, always.ended_well) == (1, 1, 1, 1)
    assert (never.caught, never.unneeded) == (0, 0)
    assert never.bot_turns == 3


def test_without_a_bot_lateness_is_refused() -> None:
    found = audited(told(customer("It is broken"), human("Anna here"), customer("ok")))
    assert not found.has_bot
    assert "name it with --bot-author" in found.headline
    assert found.strategies == ()
    assert all(indicator.value is None and indicator.missing for indicator in found.indicators)


def test_what_the_input_cannot_carry_is_said() -> None:
    untimed = replace(told(*FAQ), timed=False)
    found = audited(untimed)
    missing = {indicator.key: indicator.missing for indicator in found.indicators}
    assert all(missing.values())
    assert any("no times" in limit for limit in found.limits)
    assert any("No outcome" in limit for limit in found.limits)
    assert any("No person's turn" in limit for limit in found.limits)


def test_two_voices_are_counted() -> None:
    found = audited(told(customer("Hi"), human("Anna here"), bot("Can I help?"), bot("Hello?")))
    assert found.bot_turns_after_people == 2


def test_time_to_resolution_needs_a_time() -> None:
    said = (ASKS, bot("ok"), human("Anna here"), e.Resolved("export"))
    timed = {i.key: i for i in audited(told(*said)).indicators}["time_to_resolution"]
    assert timed.value == pytest.approx(1 / 60)
    untimed = {i.key: i for i in audited(replace(told(*said), timed=False)).indicators}["time_to_resolution"]
    assert untimed.value is None
