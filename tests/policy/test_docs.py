"""The documents of the policy file: what they show is true."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.policy.support import SMALL, policy_of

from trustladder.policy.reference import reference
from trustladder.policy.scenarios import run_scenarios
from trustladder.policy.source import parse

HOW_TO = (ROOT / "docs" / "how-to" / "policy.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.S)


def replaced(block: str, text: str) -> str:
    """The small policy with one top-level block exchanged."""
    name = block.partition(":")[0]
    return re.sub(rf"^{name}:\n(?:[ ].*\n)*", lambda _: block, text, count=1, flags=re.M)


def test_the_reference_is_the_one_of_the_code() -> None:
    page = (ROOT / "docs" / "reference" / "policy.md").read_text(encoding="utf-8")
    assert page == reference(), "write trustladder.policy.reference.reference() to docs/reference/policy.md"


def test_every_key_of_the_reference_has_a_meaning() -> None:
    empty = [line for line in reference().splitlines() if re.fullmatch(r"\| `\w+` \|.*\|\s*\|", line)]
    assert empty == []


@pytest.mark.parametrize("block", [example for example in EXAMPLES if not example.startswith("scenarios:")])
def test_the_examples_of_the_how_to_load(block: str) -> None:
    text = replaced(block, SMALL)
    assert block in text
    if block.startswith("ticket_types:"):
        text = text.replace("queue: billing", "queue: team").replace(
            "  billing:\n", "  unknown: {base: -35}\n  billing:\n"
        )
    policy_of(text)


def test_the_scenario_of_the_how_to_passes() -> None:
    (scenario,) = [example for example in EXAMPLES if example.startswith("scenarios:")]
    (result,) = run_scenarios(policy_of(), parse("how-to", scenario))
    assert result.passed, result.failures
    assert result.tested == 4


def test_links_lead_somewhere() -> None:
    for page in ("how-to", "reference"):
        text = (ROOT / "docs" / page / "policy.md").read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert (ROOT / "docs" / page / Path(link)).is_file(), link
