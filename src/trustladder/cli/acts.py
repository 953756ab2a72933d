"""`trustladder acts FILE`: the acts of each draft as one JSON line, or how well they agree with labels."""

import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trustladder.core.containment import Act
from trustladder.errors import BadInput

if TYPE_CHECKING:
    from trustladder.detect.acts.scoring import ActScores, LabelledDraft


class Format(StrEnum):
    """How a file of drafts is written: JSON lines, or one draft a line; ``auto`` looks at each line."""

    AUTO = "auto"
    JSONL = "jsonl"
    TEXT = "text"


def acts(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Drafts: JSON lines or text; - for stdin.")],
    form: Annotated[Format, typer.Option("--format", help="auto, jsonl or text.")] = Format.AUTO,
    score: Annotated[bool, typer.Option("--score", help="Compare with the labels in the file.")] = False,
) -> None:
    """Tell which acts each draft performs: acknowledge, gather, summarise, triage, inform, resolve.

    A JSON line holds `text`, and may hold `id`, `language`, `declared` (acts) and, to be scored, `acts` and `promises`.
    """
    problems: list[str] = []
    rows = [row for file in files for row in _rows(file, form, problems)]
    if score:
        typer.echo(_score_table(rows, problems))
    else:
        for row in rows:
            typer.echo(json.dumps(_reading(row), ensure_ascii=False))
    for problem in problems:
        typer.echo(f"skipped: {problem}", err=True)
    if problems:
        raise typer.Exit(1)


def _rows(file: str, form: Format, problems: list[str]) -> Iterator[dict[str, Any]]:
    name = "stdin" if file == "-" else file
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            yield _row(line, form, number)
        except BadInput as error:
            problems.append(f"{name}:{number}: {error.what}")


def _lines(file: str) -> list[str]:
    """The lines of a file or of stdin; bytes that are no UTF-8 are replaced, so that one of them spoils one row."""
    if file == "-":
        return sys.stdin.buffer.read().decode("utf-8-sig", "replace").split("\n")
    try:
        return Path(file).read_bytes().decode("utf-8-sig", "replace").split("\n")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=file, fix="give a file of drafts, or -") from error


def _row(line: str, form: Format, number: int) -> dict[str, Any]:
    if form is Format.TEXT or (form is Format.AUTO and not line.lstrip().startswith("{")):
        return {"id": str(number), "text": line.strip()}
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput("not a JSON object") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise BadInput("no text")
    return {
        **row,
        "id": str(row.get("id", number)),
        "language": _text(row, "language"),
        "declared": _acts(row, "declared"),
    }


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field) or ""
    if not isinstance(value, str):
        raise BadInput(f"{field} is not text")
    return value


def _acts(row: dict[str, Any], field: str) -> tuple[Act, ...]:
    values = row.get(field) or []
    if not isinstance(values, list):
        raise BadInput(f"{field} is not a list")
    try:
        return tuple(Act(value) for value in values)
    except ValueError as error:
        raise BadInput(f"{field}: {error}; the acts are {', '.join(Act)}") from error


def _reading(row: dict[str, Any]) -> dict[str, Any]:
    from trustladder.detect.acts import acts_of

    reading = acts_of(row["text"], row.get("declared", ()), language=row.get("language", ""))
    return {
        "id": row["id"],
        "acts": [act.value for act in reading.acts],
        "promises": [{"kind": promise.kind, "quote": promise.quote} for promise in reading.promises],
        "evidence": [{"act": act.value, "quote": quote} for act, quote in reading.evidence],
        "confidence": reading.confidence,
    }


def _score_table(rows: Sequence[dict[str, Any]], problems: list[str]) -> str:
    from trustladder.detect.acts import acts_of
    from trustladder.detect.acts.scoring import score

    drafts = [draft for row in rows if (draft := _labelled(row, problems)) is not None]
    if not drafts:
        raise BadInput("no draft with labels", fix='give rows with "acts": ["acknowledge", ...]')
    return _table(score(drafts, acts_of), len(drafts))


def _labelled(row: dict[str, Any], problems: list[str]) -> "LabelledDraft | None":
    from trustladder.detect.acts.scoring import LabelledDraft

    try:
        labels = _acts(row, "acts")
        promises = row.get("promises") or []
        if not labels or not isinstance(promises, list):
            raise BadInput("no acts to compare with")
        return LabelledDraft(row["id"], row["text"], frozenset(labels), frozenset(map(str, promises)))
    except BadInput as error:
        problems.append(f"draft {row['id']}: {error.what}")
        return None


def _table(scores: "ActScores", drafts: int) -> str:
    lines = [f"{drafts} drafts", "", "| act | precision | recall |", "|---|---|---|"]
    lines += [f"| {name} | {share} | {scores.recall[name]} |" for name, share in scores.precision.items()]
    lines += [
        "",
        f"authoritative read as mild only: {scores.leaks}",
        f"mild read as authoritative: {scores.false_alarms}",
    ]
    return "\n".join(lines)
