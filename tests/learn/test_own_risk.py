"""The learned score from a business's own conversations: what is learned from, what is refused, what comes out."""

import json
from pathlib import Path

import pytest
from tests.learn.made_up import bot, customer, human, told
from typer.testing import CliRunner, Result

from trustladder.cli import app
from trustladder.core.ticket import Role, Turn
from trustladder.detect.outcome import load_outcome_model
from trustladder.errors import ModelUnusable
from trustladder.learn.conversation import Ending, Notices
from trustladder.learn.own_risk import ended_badly, labelled


def export(path: Path, count: int, word: str) -> Path:
    """Conversations of four messages of which every third fails; there the customer says ``word``."""
    lines = []
    for number in range(count):
        failed = number % 3 == 0
        said = f"My lamp {word if failed else 'shines'} in room {number % 7}."
        rows = (("customer", said), ("bot", "I see."), ("customer", f"Thanks, order {number % 11}."), ("bot", "Fine."))
        for role, text in rows:
            row = {"conversation_id": f"c{number}", "role": role, "text": text, "account_id": f"a{number % 40}"}
            lines.append(json.dumps({**row, "status": "failed" if failed else "solved"}))
    path.write_text("\n".join(lines) + "\n")
    return path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["learn", "risk", *arguments])


def test_what_tells_a_bad_end_is_learned_and_runs_from_its_file(tmp_path: Path) -> None:
    out = tmp_path / "own.npz"
    done = invoke(str(export(tmp_path / "x.jsonl", 150, "flickers")), "--out", str(out), "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["conversations"], found["failed"], found["customers"]) == (150, 50, 40)
    assert found["figures"]["100%"]["auc"] > 0.95
    assert found["figures"]["100%"]["turn_count"] == 0.5
    model = load_outcome_model(out)
    bad, good = ([Turn(0, Role.CUSTOMER, f"My lamp {word}.", 0)] for word in ("flickers", "shines"))
    assert model.score(bad).strength > model.score(good).strength + 30
    assert any(reason.what == "flickers" for reason in model.score(bad).reasons)
    assert model.action.card == load_outcome_model().action.card


def test_conversations_that_tell_nothing_give_figures_and_no_file(tmp_path: Path) -> None:
    out = tmp_path / "own.npz"
    done = invoke(str(export(tmp_path / "x.jsonl", 150, "shines")), "--out", str(out))
    assert done.exit_code == 1
    assert "Measured on customers left out" in done.stdout
    assert "nothing was written" in done.output
    assert not out.exists()


def test_too_few_ends_are_refused_with_what_is_missing(tmp_path: Path) -> None:
    done = invoke(str(export(tmp_path / "x.jsonl", 60, "flickers")))
    assert done.exit_code == 1
    assert "60 conversations with a known end, at least 100 are needed; 20 that ended badly, at least 25" in done.output


@pytest.mark.parametrize(
    ("ending", "bad"),
    [
        (Ending("solved"), False),
        (Ending("failed"), True),
        (Ending("solved", satisfaction=0), True),
        (Ending("", satisfaction=75), False),
        (Ending("solved", complaint=True), True),
        (Ending("on hold"), None),
        (Ending(), None),
    ],
)
def test_what_counts_as_a_bad_end(ending: Ending, bad: bool | None) -> None:
    assert ended_badly(ending) is bad


def test_nothing_after_a_person_came_is_read_and_what_cannot_be_learned_from_is_counted() -> None:
    notices = Notices()
    known = told(customer("Help"), bot("Yes?"), human("Anna here"), customer("Thanks"), ending=Ending("solved"))
    silent = told(bot("Hello"), human("Anna here"), ending=Ending("solved"))
    (case,) = labelled([known, silent, told(customer("Hi"))], notices)
    assert [turn.text for turn in case.turns] == ["Help", "Yes?"]
    assert sum(notice.count for notice in notices.list()) == 2


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_model_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ModelUnusable, match="no file of a learned score"):
        load_outcome_model(path)
    with pytest.raises(ModelUnusable, match="cannot be read"):
        load_outcome_model(tmp_path / "absent.npz")
