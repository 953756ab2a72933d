"""The digest stands for what a policy means: the same for the same meaning, another for any other."""

import json

import pytest
from tests.policy.support import SMALL, changed, policy_of

from trustladder.policy.canonical import canonical
from trustladder.policy.load import load_policy


def test_comments_layout_and_the_order_of_keys_do_not_change_it() -> None:
    lines = SMALL.splitlines(keepends=True)
    version, name, rest = lines[0], lines[1], "".join(lines[2:])
    assert load_policy(f"# why\n{name}\n\n{version}# more\n{rest}").digest == policy_of().digest
    assert policy_of(SMALL.replace("\n", "\r\n")).digest == policy_of().digest


def test_it_is_the_same_in_every_process() -> None:
    assert policy_of().digest == "0858381bf80f7a3c086ef1ab85c9bd180624b410e3d9698931904bcd6ae87c5e"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("contain_at: 45%", "contain_at: 45.1%"),
        ("payment: 15", "payment: 16"),
        ("at_least: 60", "at_least: 61"),
        ("max_bot_turns: 6", "max_bot_turns: 7"),
        ("I have noted it.", "I have it noted."),
        ("holidays: [2026-12-25]", "holidays: []"),
        ("refund: 50}", "refund: 51}"),
        ("high_value: 1000", "high_value: 1001"),
    ],
)
def test_any_change_of_meaning_changes_it(old: str, new: str) -> None:
    assert policy_of(changed((old, new))).digest != policy_of().digest


def test_the_canonical_form_is_json_and_holds_no_digest() -> None:
    plain = json.loads(canonical(policy_of()))
    assert "digest" not in plain
    assert plain["weights"]["repetition"] == 40
    assert [name for name, _ in plain["queues"]] == ["team", "lead"]
