"""Edits of a policy file: what is meant changes, and every other line stays, comments included."""

import difflib

import pytest

from trustladder.errors import BadInput
from trustladder.policy import edit
from trustladder.policy.diff import diff
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import PROFILES, profile_text


def lines_changed(before: str, after: str) -> list[str]:
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in told if not line.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize("name", PROFILES)
def test_an_edit_that_sets_what_is_there_changes_no_byte(name: str) -> None:
    text = profile_text(name)
    policy = load_policy(text)
    bases = {kind: held.base for kind, held in policy.ticket_types.items()}
    assert edit.set_points(text, dict(policy.weights), bases) == text


@pytest.mark.parametrize("name", PROFILES)
def test_a_threshold_is_one_line(name: str) -> None:
    text = profile_text(name)
    after = edit.set_escalate_at(text, "everyone", 66)
    assert len(lines_changed(text, after)) == 2
    assert diff(load_policy(text), load_policy(after))[0].startswith("everyone now escalates at 66% instead of")


def test_weights_and_bases_keep_their_comments() -> None:
    text = profile_text("product-heavy")
    after = edit.set_points(text, {"outcome_risk": 7}, {"unknown": -20})
    assert [line.replace("  #", " #") for line in lines_changed(text, after)] == [
        "-    base: -35",
        "+    base: -20",
        "-  outcome_risk: 36 # a learned score: how far it stands above a coin toss",
        "+  outcome_risk: 7 # a learned score: how far it stands above a coin toss",
    ]


def test_a_rule_more() -> None:
    text = profile_text("product-heavy")
    after = edit.add_rule(text, {"id": "more", "when": {"ticket_type": {"is": "billing"}}, "escalate_at": "60%"})
    assert lines_changed(text, after) == [
        "+  - id: more",
        "+    when: {ticket_type: {is: billing}}",
        "+    escalate_at: 60%",
    ]
    assert diff(load_policy(text), load_policy(after)) == ["new rule more"]


def test_a_threshold_takes_the_place_of_costs() -> None:
    text = profile_text("product-heavy").replace("escalate_at: 78%", "costs: {spillover: 90, person_minutes: 12}")
    after = load_policy(edit.set_escalate_at(text, "everyone", 40))
    assert after.rules[0].costs is None


def test_one_type_of_a_rule_for_several_gets_more_and_the_others_keep_what_they_have() -> None:
    text = profile_text("product-heavy")
    others = ["entitlement", "cancellation", "security", "legal"]
    acts = ["acknowledge", "gather", "summarise", "triage", "inform", "resolve"]
    before, after = (
        load_policy(text),
        load_policy(edit.split_authority(text, "trust-critical", "billing", others, acts)),
    )
    held = {rule.id: rule.authority for rule in after.rules}
    assert held["trust-critical"] is None
    assert held["trust-critical-authority"] == next(r.authority for r in before.rules if r.id == "trust-critical")
    assert held["authority-billing"] is not None
    assert [act.value for act in held["authority-billing"].acts] == acts


def test_a_rule_that_is_not_there() -> None:
    with pytest.raises(BadInput, match="no rule 'nobody'"):
        edit.set_escalate_at(profile_text("product-heavy"), "nobody", 50)
