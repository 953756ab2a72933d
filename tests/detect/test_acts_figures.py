"""The figures of docs/reference/acts.md are what the command prints today, and the error that matters stays small."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from trustladder.cli import app
from trustladder.core.containment import AUTHORITATIVE, Act
from trustladder.detect.acts import acts_of
from trustladder.detect.acts.scoring import LabelledDraft, score

ROOT = Path(__file__).parents[2]
DRAFTS = ROOT / "evaluation" / "drafts"
CHANGES = ("cancel", "modify", "update", "book", "return", "exchange", "refuel", "send", "enable", "disable", "resume")


def rows(half: str) -> list[dict[str, Any]]:
    files = sorted((DRAFTS / half).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]


def labelled(half: str) -> list[LabelledDraft]:
    return [
        LabelledDraft(row["id"], row["text"], frozenset(map(Act, row["acts"])), frozenset(row.get("promises", ())))
        for row in rows(half)
    ]


@pytest.mark.parametrize("half", ["dev", "test"])
def test_the_documented_figures_are_what_the_command_prints(half: str) -> None:
    files = [str(file) for file in sorted((DRAFTS / half).glob("*.jsonl"))]
    printed = CliRunner().invoke(app, ["acts", *files, "--score"])
    assert printed.exit_code == 0
    assert printed.output.strip() in (ROOT / "docs" / "reference" / "acts.md").read_text(encoding="utf-8")


def test_the_set_is_large_varied_and_its_halves_are_apart() -> None:
    every = rows("dev") + rows("test")
    assert len(every) >= 480
    assert len({row["id"] for row in every}) == len(every)
    assert len({row["text"] for row in every}) == len(every)
    assert sum("-de-" in row["id"] for row in every) >= 60


@pytest.mark.parametrize("half", ["dev", "test"])
def test_at_most_two_in_a_hundred_authoritative_drafts_pass_as_mild(half: str) -> None:
    scores = score(labelled(half), acts_of)
    assert scores.leaks.hits / scores.leaks.n <= 0.02


def test_a_reader_that_calls_everything_an_acknowledgement_is_caught() -> None:
    """The score itself can fail: nothing but leaks here."""
    scores = score(labelled("test"), lambda _: acts_of("Thank you."))
    assert scores.leaks.hits == scores.leaks.n > 0
    assert scores.false_alarms.hits == 0


@pytest.mark.data
def test_what_real_bots_say_after_changing_something_is_never_mild(data_dir: Path) -> None:
    said = [text for file in sorted((data_dir / "tau").glob("*.json.gz")) for text in _after_changes(file)]
    assert len(said) == 335
    assert [text for text in said if not AUTHORITATIVE & set(acts_of(text).acts)] == []


def _after_changes(file: Path) -> Iterator[str]:
    held = json.loads(gzip.decompress(file.read_bytes()))
    for run in held["simulations"] if isinstance(held, dict) else held:
        changed = False
        for message in run.get("messages") or run.get("traj"):
            calls = [call.get("name") or call["function"]["name"] for call in message.get("tool_calls") or ()]
            if message["role"] == "user":
                changed = False
            elif message["role"] == "assistant" and calls:
                changed = any(name.startswith((*CHANGES, "suspend")) for name in calls)
            elif message["role"] == "assistant" and message.get("content"):
                if changed:
                    yield message["content"]
                changed = False
