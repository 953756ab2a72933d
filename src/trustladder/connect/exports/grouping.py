"""Rows to conversations: in one pass where a large file is already grouped, in memory otherwise."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from trustladder.connect.exports.columns import Columns
from trustladder.connect.exports.rows import Row
from trustladder.connect.exports.source import Source
from trustladder.connect.exports.values import text_of
from trustladder.learn.conversation import Notices

STREAM_FROM_BYTES = 64 << 20
"""From this size on a file is first looked through: where its conversations are in one piece each, it is streamed."""

Group = tuple[str, list[Row]]
ReadRows = Callable[[Notices], Iterator[Row]]


def grouped(read: ReadRows, columns: Columns, source: Source, notices: Notices) -> Iterator[Group]:
    """Yield each conversation's id and rows, by first appearance.

    Memory is bounded by the longest conversation where a large file is grouped, and by the file otherwise.
    """
    if source.bytes_at_most >= STREAM_FROM_BYTES and _in_one_piece(read, columns):
        for key, found in groupby(_with_id(read(notices), columns, source, notices), key=lambda pair: pair[0]):
            yield key, [row for _, row in found]
    else:
        yield from _in_memory(_with_id(read(notices), columns, source, notices), source, notices)


def _in_one_piece(read: ReadRows, columns: Columns) -> bool:
    seen: set[int] = set()
    last = None
    for row in read(Notices()):
        key = hash(_id(row, columns))
        if key != last and key in seen:
            return False
        seen.add(key)
        last = key
    return True


def _in_memory(pairs: Iterable[tuple[str, Row]], source: Source, notices: Notices) -> Iterator[Group]:
    held: dict[str, list[Row]] = {}
    last = None
    for key, row in pairs:
        if key != last and key in held:
            notices.note(
                "a conversation goes on after another one began: its lines are put together", source.at(row.line)
            )
        held.setdefault(key, []).append(row)
        last = key
    while held:
        key = next(iter(held))
        yield key, held.pop(key)


def _with_id(rows: Iterable[Row], columns: Columns, source: Source, notices: Notices) -> Iterator[tuple[str, Row]]:
    for row in rows:
        columns.note_unknown(row, source, notices)
        key = _id(row, columns)
        if key:
            yield key, row
        else:
            notices.leave_out("no conversation_id", source.at(row.line))


def _id(row: Row, columns: Columns) -> str:
    return (text_of(columns.get(row, "conversation_id")) or "").strip()
