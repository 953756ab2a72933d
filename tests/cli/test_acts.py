"""`trustladder acts`: drafts in, acts out, and a bad row spoils only itself."""

import json
from pathlib import Path

from typer.testing import CliRunner

from trustladder.cli import app


def run(*arguments: str, stdin: str | bytes = "") -> tuple[int, list[dict[str, object]], str]:
    result = CliRunner().invoke(app, ["acts", *arguments], input=stdin)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_text_lines_from_stdin() -> None:
    code, rows, _ = run("-", stdin="Hello there!\n\nI've cancelled your order.\n")
    assert code == 0
    assert [(row["id"], row["acts"]) for row in rows] == [("1", ["acknowledge"]), ("3", ["resolve"])]
    assert rows[1]["evidence"] == [{"act": "resolve", "quote": "I've cancelled your order."}]


def test_json_lines_with_declared_acts_and_promises(tmp_path: Path) -> None:
    file = tmp_path / "drafts.jsonl"
    file.write_text(
        json.dumps({"id": "a", "text": "I'm transferring you to a colleague.", "declared": ["acknowledge"]}) + "\n"
    )
    code, (row,), _ = run(str(file))
    assert code == 0
    assert row["acts"] == ["acknowledge", "triage"]
    assert row["promises"] == [{"kind": "handoff", "quote": "I'm transferring you to a colleague."}]


def test_bad_rows_are_named_by_their_line_and_the_rest_is_read() -> None:
    bad = '{"text": 3}\n{broken\n{"text": "Thanks!", "declared": ["dance"]}\n{"text": "Thanks!"}\n[1]\n'
    code, rows, errors = run("-", "--format", "jsonl", stdin=bad)
    assert code == 1
    assert [row["id"] for row in rows] == ["4"]
    assert [line.split(": ")[1] for line in errors.splitlines()] == ["stdin:1", "stdin:2", "stdin:3", "stdin:5"]


def test_bytes_that_are_no_utf_8_do_not_stop_it() -> None:
    code, rows, _ = run("-", stdin=b"Thank you.\n\xff\xfe\xfa\nThank you.\n")
    assert code == 0
    assert [row["id"] for row in rows] == ["1", "2", "3"]


def test_json_can_be_read_as_plain_text() -> None:
    _, (row,), _ = run("-", "--format", "text", stdin='{"text": "Thanks!"}\n')
    assert row["acts"] != ["acknowledge"]


def test_scoring_needs_labels() -> None:
    result = CliRunner().invoke(app, ["acts", "-", "--score"], input="Thank you.\n")
    assert result.exit_code == 1
    assert "no draft with labels" in result.stderr


def test_a_file_that_is_not_there_is_told_in_words() -> None:
    result = CliRunner().invoke(app, ["acts", "nowhere.jsonl"])
    assert result.exit_code == 1
    assert "nowhere.jsonl: cannot be read" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_score_is_printed_with_its_intervals() -> None:
    row = json.dumps({"id": "x", "text": "I've cancelled your order.", "acts": ["resolve"]})
    result = CliRunner().invoke(app, ["acts", "-", "--score"], input=row)
    assert "| resolve | 100.0 % (1/1;" in result.stdout
    assert "authoritative read as mild only: 0.0 % (0/1;" in result.stdout
