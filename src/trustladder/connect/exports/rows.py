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
_NEEDED = "give JSONL or CSV with conversation_id, created_at, role and text"
_BROKEN = "not UTF-8: what could not be read stands as \N{REPLACEMENT CHARACTER}"

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One message of an export: its line (or item), from 1, and its fields as they are."""

    line: int
    fields: Fields


def rows(source: Source, notices: Notices) -> Iterator[Row]:
    """Yield the rows of a source, whichever of the formats it is in. Raises `BadInput` for one that is empty."""
    start = source.beginning().lstrip()
    if not start:
        source.whole()  # raises where nothing of it can be unpacked
        raise BadInput("the file is empty", where=source.name, fix="give a file with one message a line")
    if start.startswith(b"["):
        yield from _listed(source, notices)
    elif start.startswith(b"{"):
        yield from _json_lines(source, notices)
    elif b"\0" in start.partition(b"\n")[0]:
        raise BadInput("this is no text file", where=source.name, fix=_NEEDED)
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


class _ToTheEnd:
    """Lines, and whether they have been asked for past the last one, as a reader does only inside an open quote."""

    def __init__(self, of: Iterator[str]) -> None:
        self._of, self.passed = of, False

    def __iter__(self) -> Iterator[str]:
        yield from self._of
        self.passed = True


def _csv(source: Source, notices: Notices) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL_CHARACTERS)
    text = _ToTheEnd(_decoded(source, notices))
    reader = csv.reader(text, delimiter=_delimiter(source))
    heading = _heading(reader, source)
    began, empty = reader.line_num + 1, True
    while (cells := _next_cells(reader, source, notices)) is not None:
        if text.passed:
            notices.leave_out("a quote is opened in this row and never closed: the rest of the file", source.at(began))
            return
        began = reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        empty = False
        if len(cells) > len(heading):
            why = (
                f"{len(cells)} cells under {len(heading)} headings; text with a delimiter or a line break needs quotes"
            )
            notices.leave_out(why, source.at(reader.line_num))
            continue
        yield Row(reader.line_num, {name: cell for name, cell in zip(heading, cells, strict=False) if cell != ""})
    if empty:
        raise BadInput("there is a heading and no row below it", where=source.name, fix="export it again, with rows")


def _delimiter(source: Source) -> str:
    first = source.beginning().partition(b"\n")[0].decode("utf-8", "replace")
    return max(_DELIMITERS, key=first.count)


def _heading(reader: Any, source: Source) -> list[str]:
    try:
        heading = [cell.strip() for cell in next(reader)]
    except (csv.Error, StopIteration) as error:
        if b"\r" in source.beginning():
            raise BadInput("its lines end in CR alone", where=source.name, fix="save it as UTF-8 CSV") from error
        raise BadInput(f"no heading can be read: {error}", where=source.at(1), fix="give CSV with a heading") from error
    if sum(map(bool, heading)) < 2:
        raise BadInput(
            "neither JSON objects nor CSV with a heading",
            where=source.at(1),
            fix=_NEEDED,
        )
    return heading


def _next_cells(reader: Any, source: Source, notices: Notices) -> list[str] | None:
    while True:
        try:
            return next(reader, None)
        except csv.Error as error:
            notices.leave_out(f"malformed CSV ({error})", source.at(reader.line_num))
