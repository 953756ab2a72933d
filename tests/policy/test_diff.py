"""Diff: what changed, in words that an operations lead would use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.support import SMALL, changed, policy_of

from trustladder.errors import PolicyError
from trustladder.policy.diff import changes, diff
from trustladder.policy.profiles import PROFILES, profile

MILD = "acknowledge, gather, summarise, triage"
ALL = f"{MILD}, inform, resolve"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("escalate_at: 70%", "escalate_at: 55%", "money now escalates at 55% instead of 70%"),
        ("    contain_at: 45%\n", "", "money no longer contains at 45%"),
        ("contain_at: 45%", "contain_at: 45%\n    notify_at: 60%", "money now notifies a person at 60%"),
        ("repetition: 40", "repetition: 60", "repetition now adds up to 60 points instead of 40"),
        ("payment: 15, ", "", "payment now adds up to 0 points instead of 15"),
        (
            "base: -25",
            "base: 0",
            "billing now starts at +0 points instead of -25 (50% instead of 29.6% before any signal)",
        ),
        ("trust_critical: true, ", "", "billing is no longer trust-critical"),
        (
            "trust_critical: true, queue: team",
            "trust_critical: true, queue: lead",
            "billing tickets now go to lead instead of team",
        ),
        ("[How does it work?]", "[How, Why]", "faq is now recognised by 2 examples instead of 1"),
        ("[How does it work?]", "[Why?]", "faq is now recognised by other examples"),
        ("  faq:", "  faqs:", "new ticket type faqs"),
        ("  faq:", "  faqs:", "ticket type faq is gone"),
        ("id: money", "id: cash", "new rule cash"),
        (
            "{ticket_type: billing}",
            "{ticket_type: faq}",
            "money now applies where ticket_type is faq instead of where ticket_type is billing",
        ),
        ("max_bot_turns: 6", "max_bot_turns: 3", "money now escalates after 3 bot turns instead of 6"),
        ("    max_bot_turns: 6\n", "", "money now has no limit of bot turns instead of 6"),
        ("at_least: 60", "at_least: 80", "asked now also escalates when signal.human_request at least 80"),
        ("at_least: 60", "at_least: 80", "asked no longer escalates when signal.human_request at least 60"),
        ("triage, inform]}\n  - id", "triage]}\n  - id", f"money now lets automation {MILD} instead of {MILD}, inform"),
        ("Money is where trust hangs.", "It hurts.", "money now says why as: It hurts."),
        (
            ", every_tool: true",
            ", tools: {refund: {amount: {at_most: 5}}}",
            f"automated automation may now {ALL}, call refund with amount up to 5 instead of {ALL}, call every tool",
        ),
        ("people: [ana]", "people: [ana, bo]", "team is now worked by ana, bo instead of ana"),
        (
            "hours: office, escalates_to",
            "hours: office, clocks: {claim_minutes: 5}, escalates_to",
            "team: claim minutes are now 5 instead of 15",
        ),
        (
            "hours: office, escalates_to",
            "hours: office, serves: [{language: de}], escalates_to",
            "team now serves: language is de",
        ),
        ("refund: 50}", "refund: 75}", "ana may now refund up to 75 instead of 50"),
        ("Europe/Berlin", "UTC", "office is now in the time zone UTC instead of Europe/Berlin"),
        ("mon-fri", "mon-thu", "office is no longer open fri 09:00-17:00"),
        ("[2026-12-25]", "[2026-12-25, 2027-01-01]", "office is now closed on 2027-01-01"),
        ("I have noted it.", "Noted.", "the message holding (en) is now: Noted."),
        ("  handoff: {en: A colleague has it now.}\n", "", "the message handoff (en) is gone"),
        ("name: small", "name: large", "the policy is now named large instead of small"),
        ("high_value: 1000", "high_value: 500", "an account now counts as valuable from 500 instead of 1000"),
        (
            "messages:",
            "audit_sample_percent: 3\nmessages:",
            "the percentage of automated tickets that people re-read is now 3 instead of 0",
        ),
    ],
)
def test_each_change_is_told_in_words(old: str, new: str, sentence: str) -> None:
    assert sentence in diff(policy_of(), policy_of(changed((old, new))))


def test_comments_and_layout_are_no_change() -> None:
    spread = changed(("  ana: {name: Ana, hours: office,", "  ana: # she\n    {hours: office,  name: 'Ana',"))
    assert diff(policy_of(), policy_of("# a comment\n" + spread)) == []


def test_changes_are_grouped_by_the_blocks_of_the_file() -> None:
    new = policy_of(
        changed(("payment: 15", "payment: 16"), ("escalate_at: 70%", "escalate_at: 71%"), ("Ana,", "Anna,"))
    )
    assert [change.group for change in changes(policy_of(), new)] == ["weights", "thresholds", "people"]


def test_the_order_of_queues_is_a_change_because_the_first_that_serves_gets_the_ticket() -> None:
    team, lead = (
        SMALL[SMALL.index("  team: {") : SMALL.index("  lead:")],
        SMALL[SMALL.index("  lead: {") : SMALL.index("people:\n")],
    )
    swapped = policy_of(SMALL.replace(team + lead, lead + team))
    assert swapped.digest != policy_of().digest
    assert diff(policy_of(), swapped) == ["the order of queues is now: lead, team"]


@pytest.mark.parametrize("old", PROFILES)
@pytest.mark.parametrize("new", PROFILES)
def test_any_two_profiles_can_be_compared(old: str, new: str) -> None:
    assert bool(diff(profile(old), profile(new))) == (old != new)


NUMBERS = st.sampled_from(["40", "-35", "50%", "75%", "45%", "70%", "60", "1000", "15", "6", "50}", "500}", "17:00"])


@given(NUMBERS, st.integers(1, 99))
def test_two_policies_differ_in_digest_exactly_when_something_is_told(old: str, number: int) -> None:
    new = f"{number}%" if "%" in old else f"{number}" + ("}" if "}" in old else "")
    try:
        policy = policy_of(changed((old, new)))
    except PolicyError:
        return
    assert bool(diff(policy_of(), policy)) == (policy.digest != policy_of().digest)
