"""`trustladder audit` and `trustladder replay` as a newcomer runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from trustladder.cli import app, conversations
from trustladder.cli.replay import decided_lines
from trustladder.connect.exports import ReadAs
from trustladder.learn.conversation import Notices

EXAMPLES = sorted(str(p) for p in (Path(__file__).parent.parent.parent / "examples" / "conversations").glob("*.jsonl"))
GOOD = '{"conversation_id":"a","created_at":"2026-05-01T10:00:00Z","role":"%s","text":"%s"}\n'
CHAT = GOOD % ("customer", "I want to speak to a human agent.") + GOOD % ("bot", "How can I help?")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "chat.jsonl"
    path.write_text(CHAT)
    return path


def test_an_audit_of_the_examples(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    done = invoke("audit", *EXAMPLES, "--report", str(report), "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["read"]["conversations"] == 40
    assert found["read"]["left_out"] == 0
    assert found["in_automation"] == sum(found["standing"].values()) == sum(found["hindsight"].values())
    assert {"T-1001", "T-2008", "T-3004", "T-4008"} <= {ticket["conversation"] for ticket in found["worst"]}
    assert len(found["indicators"]) == 5
    assert all(i["value"] is None or i["low"] <= i["value"] <= i["high"] for i in found["indicators"])
    assert [row["key"] for row in found["strategies"]] == ["actual", "policy", "always", "never", "on_request"]
    page = report.read_text()
    assert "T-1001" in page
    assert "<script" not in page
    assert not any(scheme in page.replace("http://www.w3.org/2000/svg", "") for scheme in ("http://", "https://"))


def test_the_summary_on_a_terminal(chat: Path, tmp_path: Path) -> None:
    done = invoke("audit", str(chat), "--report", str(tmp_path / "r.html"))
    assert done.exit_code == 0
    for words in ("In 1 of 1 ticket", "person-asked", "The five indicators", "Always a person", "cannot be told"):
        assert words in done.stdout


def test_a_replay_is_one_line_a_decision_and_the_same_twice(chat: Path) -> None:
    first, second = (invoke("replay", str(chat)) for _ in range(2))
    assert first.stdout == second.stdout
    rows = [json.loads(line) for line in first.stdout.splitlines()]
    assert [(row["conversation"], row["message_index"], row["lane"]) for row in rows] == [
        ("a", 0, "escalated"),
        ("a", 1, "escalated"),
    ]


def test_two_processes_give_the_same_lines() -> None:
    one, two = (
        subprocess.run(
            [sys.executable, "-m", "trustladder.cli", "replay", EXAMPLES[0], "--workers", workers],
            capture_output=True,
            check=True,
        ).stdout
        for workers in ("1", "2")
    )
    assert one == two
    assert one.count(b"\n") > 50


def test_a_long_input_is_shared_among_processes_with_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "ALONE_CONVERSATIONS", 3)
    monkeypatch.setattr(conversations, "BATCH_CONVERSATIONS", 2)
    monkeypatch.setattr(conversations, "_cores", lambda: 2)
    read = list(conversations.conversations_of(EXAMPLES[:1], ReadAs(), Notices()))
    alone, shared = (list(conversations.worked(read, decided_lines, None, workers)) for workers in (1, 0))
    assert len(read) > 6
    assert alone == shared


def test_what_was_left_out_is_told_and_the_rest_is_done(chat: Path, tmp_path: Path) -> None:
    chat.write_text(CHAT + "{broken\n" + GOOD % ("custmer", "hm"))
    done = invoke("audit", str(chat), "--report", str(tmp_path / "r.html"))
    assert done.exit_code == 0
    assert "left out: malformed JSON (chat.jsonl:3)" in done.stderr
    assert "left out: the role 'custmer' is not known; did you mean customer? (chat.jsonl:4)" in done.stderr
    assert "2 left out" in (tmp_path / "r.html").read_text()


MISTAKES = {
    "nothing usable": ("{broken\n", (), "no conversation could be read"),
    "an agent who may be a bot": (CHAT + GOOD % ("agent", "hi"), (), "--bot-author NAME"),
    "a map that is none": (CHAT, ("--map", "role"), "NAME=VALUE is expected"),
    "a scale that is none": (CHAT, ("--csat-scale", "7"), "a scale is 5, 10 or 100"),
    "no such layout": (CHAT, ("--like", "zendesk"), "no such layout"),
    "another layout": (CHAT, ("--like", "tau"), "no JSON document"),
    "no such policy": (CHAT, ("--policy", "absent.yaml"), "absent.yaml"),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("verb", ["audit", "replay"])
def test_a_mistake_is_answered_with_what_to_do(tmp_path: Path, verb: str, name: str) -> None:
    content, options, words = MISTAKES[name]
    path = tmp_path / "chat.jsonl"
    path.write_text(content)
    report = ("--report", str(tmp_path / "r.html")) if verb == "audit" else ()
    done = invoke(verb, str(path), *options, *report)
    assert done.exit_code == 1
    assert words in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.output


def test_a_learned_score_that_is_not_there_is_no_audit(chat: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trustladder.cli", "audit", str(chat), "--report", str(tmp_path / "r.html")]
    named = {**os.environ, "TRUSTLADDER_RISK_MODEL": str(tmp_path / "absent.npz")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=named)
    assert done.returncode == 1
    assert "absent.npz: the learned score cannot be read" in done.stderr
    assert "trustladder learn risk" in done.stderr
    assert not (tmp_path / "r.html").exists()


def test_a_report_that_cannot_be_written(chat: Path, tmp_path: Path) -> None:
    done = invoke("audit", str(chat), "--report", str(tmp_path / "no" / "such" / "folder.html"))
    assert done.exit_code == 1
    assert "choose a place with --report" in done.stderr


@settings(max_examples=60)
@given(content=st.binary(max_size=300) | st.text(max_size=200).map(lambda t: (GOOD % ("customer", "x") + t).encode()))
def test_no_bytes_at_all_give_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "any").write_bytes(content)
    done = invoke("audit", str(folder / "any"), "--report", str(folder / "r.html"))
    assert done.exit_code in (0, 1), done.output
    assert "Traceback" not in done.output


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["tau/tau2_airline_gpt-4.1.json.gz", "maia_dqe/pt_pt_client_03.json.gz"])
def test_an_audit_of_real_sets(data_dir: Path, tmp_path: Path, name: str) -> None:
    done = invoke("audit", str(data_dir / name), "--report", str(tmp_path / "r.html"), "--format", "json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["has_bot"] == name.startswith("tau")
    assert bool(found["strategies"]) == name.startswith("tau")
