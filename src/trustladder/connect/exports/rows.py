"""Rows: one message each, from JSONL, from a JSON list, or from CSV, with the line that it stands on."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from trustladder.connect.exports.source import Source, lines
from trustladder.errors import BadInput
from trustladder.learn.conversation import Notices

LONGEST_CELL_CHARACTERS = 32 << 20
_DELIMITERS = (",", ";", "\t", "|")
_BROKEN = "not UTF-8: what could not be read stands as \N{REPLACEMENT CHARACTER}"

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One message of an export: its line (or item), from 1, and its fields as they are."""

    line: int
    fields: Fields


def rows(source: Source, notices: Notices) -> Iterator[Row]:
    """Yield the rows of a source, whichever of the formats it is in. Raises `BadInput` for one that is empty."""
    start = source.head().removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise BadInput("the file is empty", where=source.name, fix="give a file with one message a line")
    if start.startswith(b"["):
        yield from _listed(source, notices)
    elif start.startswith(b"{"):
        yield from _json_lines(source, notices)
    else:
        yield from _csv(source, notices)


def _json_lines(source: Source, notices: Notices) -> Iterator[Row]:
    decoder = msgspec.json.Decoder()
    for number, line in lines(source, notices):
        if not line.strip():
            continue
        found = _decode(decoder, line, source.at(number), notices)
        if isinstance(found, dict):
            yield from _unfolded(number, found, source, notices)
        elif found is not _UNREADABLE:
            notices.leave_out("not a JSON object", source.at(number))


def _unfolded(number: int, found: Fields, source: Source, notices: Notices) -> Iterator[Row]:
    """Yield the row, or the rows of a conversation that stands on one line with its ``messages``."""
    messages = found.get("messages")
    if not isinstance(messages, list):
        yield Row(number, found)
        return
    notices.note("a whole conversation on one line: read from its messages", source.at(number))
    shared = {name: value for name, value in found.items() if name != "messages"}
    if "id" in shared:
        shared.setdefault("conversation_id", shared.pop("id"))
    for message in messages:
        if isinstance(message, dict):
            yield Row(number, {**shared, **message})
        else:
            notices.leave_out("not a JSON object", source.at(number))


_UNREADABLE = object()


def _decode(decoder: "msgspec.json.Decoder[Any]", line: bytes, place: str, notices: Notices) -> Any:
    """Decode one line of JSON, strictly first and then as Python's more lenient reader does."""
    try:
        return decoder.decode(line)
    except RecursionError:
        notices.leave_out("JSON nested too deeply", place)
        return _UNREADABLE
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_leniently(line, place, notices)


def _decode_leniently(line: bytes, place: str, notices: Notices) -> Any:
    text = line.decode("utf-8", "replace")
    try:
        found = json.loads(text, strict=False, parse_constant=lambda _: None)
    except RecursionError:
        notices.leave_out("JSON nested too deeply", place)
        return _UNREADABLE
    except ValueError:
        notices.leave_out("malformed JSON", place)
        return _UNREADABLE
    if not _is_utf_8(line):
        notices.note(_BROKEN, place)
    return found


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _listed(source: Source, notices: Notices) -> Iterator[Row]:
    """A JSON list instead of lines: read whole, and counted by item."""
    found = _decode(msgspec.json.Decoder(), source.whole(), source.name, notices)
    if not isinstance(found, list):
        raise BadInput("the JSON list cannot be read", where=source.name, fix="write one JSON object a line (JSONL)")
    notices.note("a JSON list instead of lines: places are counted by item", source.name)
    for number, item in enumerate(found, 1):
        if isinstance(item, dict):
            yield from _unfolded(number, item, source, notices)
        else:
            notices.leave_out("not a JSON object", source.at(number))


def _decoded(source: Source, notices: Notices) -> Iterator[str]:
    for number, line in lines(source, notices):
        if not _is_utf_8(line):
            notices.note(_BROKEN, source.at(number))
        yield line.decode("utf-8", "replace")


def _csv(source: Source, notices: Notices) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL_CHARACTERS)
    reader = csv.reader(_decoded(source, notices), delimiter=_delimiter(source))
    heading = _heading(reader, source)
    while (cells := _next_cells(reader, source, notices)) is not None:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(heading):
            why = (
                f"{len(cells)} cells under {len(heading)} headings; text with a delimiter or a line break needs quotes"
            )
            notices.leave_out(why, source.at(reader.line_num))
            continue
        yield Row(reader.line_num, {name: cell for name, cell in zip(heading, cells, strict=False) if cell != ""})


def _delimiter(source: Source) -> str:
    first = source.head().partition(b"\n")[0].decode("utf-16" if source.head(2) == b"\xff\xfe" else "utf-8", "replace")
    return max(_DELIMITERS, key=first.count)


def _heading(reader: Any, source: Source) -> list[str]:
    try:
        heading = [cell.strip() for cell in next(reader)]
    except (csv.Error, StopIteration) as error:
        raise BadInput(f"no heading can be read: {error}", where=source.at(1), fix="give CSV with a heading") from error
    if sum(map(bool, heading)) < 2:
        raise BadInput(
            "neither JSON objects nor CSV with a heading",
            where=source.at(1),
            fix="give JSONL or CSV with conversation_id, created_at, role and text",
        )
    return heading


def _next_cells(reader: Any, source: Source, notices: Notices) -> list[str] | None:
    while True:
        try:
            return next(reader, None)
        except csv.Error as error:
            notices.leave_out(f"malformed CSV ({error})", source.at(reader.line_num))
