"""`trustladder policy` and `trustladder init`, as a user runs them."""

import json
from pathlib import Path

import pytest
from tests.policy.support import SMALL, changed
from typer.testing import CliRunner, Result

from trustladder.cli import app
from trustladder.policy.profiles import PROFILES


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


@pytest.mark.parametrize("profile", PROFILES)
def test_init_writes_a_policy_that_lints_clean_and_passes_its_scenarios(profile: str, tmp_path: Path) -> None:
    to = tmp_path / "new" / "my-policy.yaml"
    result = run("init", "--profile", profile, "--to", to)
    assert result.exit_code == 0, result.output
    assert f"trustladder policy lint {to}" in result.output
    assert (to.parent / "my-policy.scenarios.yaml").is_file()
    assert (to.parent / "policy.schema.json").is_file()
    assert run("policy", "lint", to).exit_code == 0
    tested = run("policy", "test", to, "--by-hand")
    assert tested.exit_code == 0, tested.output


def test_init_overwrites_nothing(policy: Path) -> None:
    result = run("init", "--to", policy)
    assert result.exit_code == 1
    assert "nothing is overwritten" in result.output
    assert policy.read_text(encoding="utf-8") == SMALL
    assert list(policy.parent.iterdir()) == [policy]


def test_init_again_is_no_harm_and_a_wrong_profile_is_told(tmp_path: Path) -> None:
    to = tmp_path / "policy.yaml"
    assert run("init", "--to", to).exit_code == run("init", "--to", to).exit_code == 0
    result = run("init", "--profile", "smal-team", "--to", tmp_path / "other.yaml")
    assert result.exit_code == 1
    assert "did you mean 'small-team'?" in result.output


def test_lint_ends_with_0_when_clean_2_with_errors_and_1_when_broken(policy: Path) -> None:
    assert run("policy", "lint", policy).exit_code == 0
    policy.write_text(changed(("    because: Money is where trust hangs.\n", "")), encoding="utf-8")
    warned = run("policy", "lint", policy)
    assert warned.exit_code == 0
    assert "0 errors, 1 warnings" in warned.output
    policy.write_text(changed(("contain_at: 45%", "contain_at: 55%")), encoding="utf-8")
    found = run("policy", "lint", policy)
    assert found.exit_code == 2
    assert f"{policy}:18:17: error: contain_at of money never counts" in found.output
    policy.write_text("version: [", encoding="utf-8")
    broken = run("policy", "lint", policy)
    assert broken.exit_code == 1
    assert f"error: {policy}:1:11: this is not YAML" in broken.output


def test_lint_speaks_json(policy: Path) -> None:
    policy.write_text(changed(("contain_at: 45%", "contain_at: 55%")), encoding="utf-8")
    (finding,) = json.loads(run("policy", "lint", policy, "--format", "json").output)["findings"]
    assert finding["code"] == "shadowed"
    assert finding["where"] == f"{policy}:18:17"


SCENARIOS = """\
scenarios:
  - name: a question
    turns:
      - {customer: How does it work?, signals: {}, expect: {lane: automated}}
"""


def test_test_ends_with_0_when_all_pass_2_when_some_fail_and_1_when_broken(policy: Path) -> None:
    scenarios = policy.with_name("policy.scenarios.yaml")
    missing = run("policy", "test", policy, "--by-hand")
    assert missing.exit_code == 1
    assert str(scenarios) in missing.output
    scenarios.write_text(SCENARIOS, encoding="utf-8")
    passed = run("policy", "test", policy, "--by-hand")
    assert (passed.exit_code, passed.output) == (0, "PASS  a question\n1 of 1 scenarios pass\n")
    other = policy.with_name("other.yaml")
    other.write_text(SCENARIOS.replace("automated", "escalated"), encoding="utf-8")
    failed = run("policy", "test", policy, other, "--by-hand")
    assert failed.exit_code == 2
    assert f"{other}:4:61: expected the lane escalated; got: automated" in failed.output
    assert "because 35 more points would have given contained" in failed.output.replace("35.00", "35")
    other.write_text(SCENARIOS.replace("expect", "expekt"), encoding="utf-8")
    assert run("policy", "test", policy, other, "--by-hand").exit_code == 1


def test_test_speaks_json(policy: Path) -> None:
    scenarios = policy.with_name("policy.scenarios.yaml")
    scenarios.write_text(SCENARIOS.replace("automated", "contained"), encoding="utf-8")
    answer = json.loads(run("policy", "test", policy, "--by-hand", "--format", "json").output)
    assert (answer["passed"], answer["failed"]) == (0, 1)
    (failure,) = answer["scenarios"][0]["failures"]
    assert failure["expected"] == "the lane contained"


def test_diff_tells_what_changed(policy: Path) -> None:
    new = policy.with_name("new.yaml")
    new.write_text(changed(("escalate_at: 70%", "escalate_at: 55%"), ("payment: 15", "payment: 20")), encoding="utf-8")
    told = run("policy", "diff", policy, new)
    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "weights:",
        "  - payment now adds up to 20 points instead of 15",
        "thresholds:",
        "  - money now escalates at 55% instead of 70%",
    ]
    answer = json.loads(run("policy", "diff", policy, new, "--format", "json").output)
    assert [change["group"] for change in answer["changes"]] == ["weights", "thresholds"]
    assert answer["old"] != answer["new"]
    assert "nothing that a decision depends on has changed" in run("policy", "diff", policy, policy).output


def test_show_gives_the_digest_and_where_care_rises(policy: Path) -> None:
    shown = run("policy", "show", policy)
    row = next(line for line in shown.output.splitlines() if line.startswith("billing"))
    assert row.split() == ["billing", "30%", "45%", "70%", "6", "team"]
    answer = json.loads(run("policy", "show", policy, "--format", "json").output)
    assert answer["digest"] in shown.output


def test_schema_is_printed_as_published() -> None:
    assert json.loads(run("policy", "schema").output)["title"] == "trustladder policy"
    assert json.loads(run("policy", "schema", "--scenarios").output)["title"] == "trustladder scenarios"
