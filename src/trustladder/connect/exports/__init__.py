"""Readers of past conversations: our own format, and the layouts of public sets as they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from trustladder.connect.exports import betold, dbdc3, maia, tau
from trustladder.connect.exports.assemble import Reader
from trustladder.connect.exports.columns import Columns, first_rows
from trustladder.connect.exports.grouping import grouped
from trustladder.connect.exports.layouts import recognise
from trustladder.connect.exports.roles import Roles, roles_from
from trustladder.connect.exports.rows import Row, rows
from trustladder.connect.exports.source import Source, open_source
from trustladder.connect.exports.values import text_of
from trustladder.errors import BadInput
from trustladder.learn.conversation import Conversation, Notices

LAYOUTS: Mapping[str, Callable[[Source, Notices], Iterator[Conversation]]] = {
    "tau": tau.read,
    "maia": maia.read,
    "dbdc3": dbdc3.read,
    "betold": betold.read,
}
"""Layouts of public sets, by the name that ``--like`` takes."""


@dataclass(frozen=True, slots=True)
class ReadAs:
    """How a file is to be read: its layout, the names of its columns and roles, who the bot is, the scale of csat."""

    like: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    bot_authors: Sequence[str] = ()
    csat_scale: int = 5


def read_conversations(paths: Sequence[str], how: ReadAs, notices: Notices) -> Iterator[Conversation]:
    """Yield the conversations of some files (``-`` is standard input), one by one.

    What cannot be used is left out and counted in ``notices``. Raises `BadInput` where a file as a whole cannot be
    used: it is empty, lacks a column, or does not tell the bot from people.
    """
    if how.like and how.like not in LAYOUTS:
        raise BadInput(f"--like {how.like}: no such layout", fix="the layouts are " + ", ".join(LAYOUTS))
    seen: dict[str, int] = {}
    for path in paths:
        with open_source(path) as source:
            for conversation in _of_file(source, how, notices):
                yield _named_apart(conversation, seen, notices)


def _of_file(source: Source, how: ReadAs, notices: Notices) -> Iterator[Conversation]:
    like = how.like or recognise(source)
    if not how.like and like:
        notices.note(f"read as --like {like}", source.name)
    return LAYOUTS[like](source, notices) if like else _of_rows(source, how, notices)


def _of_rows(source: Source, how: ReadAs, notices: Notices) -> Iterator[Conversation]:
    columns = Columns(how.columns)
    roles = Roles(roles_from(how.roles), frozenset(name.casefold() for name in how.bot_authors))
    ahead = first_rows(rows(source, Notices()))
    if ahead:
        columns.require(ahead, source)
        _tell_bot_from_people(ahead, source, columns, roles)

    def read(into: Notices) -> Iterator[Row]:
        return rows(source, into)

    reader = Reader(source, columns, roles, notices, how.csat_scale)
    for key, found in grouped(read, columns, source, notices):
        conversation = reader.conversation(key, found)
        if conversation is not None:
            yield conversation
    roles.must_be_decided()
    if roles.bot_authors and not roles.met:
        written = f"; those who wrote: {roles.authors()}" if roles.authors() else ""
        notices.note(f"no line is by {' or '.join(map(repr, how.bot_authors))} (--bot-author){written}", source.name)


def _tell_bot_from_people(ahead: Sequence[Row], source: Source, columns: Columns, roles: Roles) -> None:
    """Raise `BadInput`, before anything is judged, where the file does not tell its bot from people."""
    probe = Roles(roles.own, roles.bot_authors)

    def look(at: Row) -> None:
        author = text_of(columns.get(at, "author")) or ""
        probe.of(columns.get(at, "role"), author.strip(), source.at(at.line), Notices())

    for row in ahead:
        look(row)
    if probe.undecided:
        for row in islice(rows(source, Notices()), len(ahead), None):
            look(row)
    probe.must_be_decided()


def _named_apart(conversation: Conversation, seen: dict[str, int], notices: Notices) -> Conversation:
    """Give a conversation whose id was there before, mostly in another file, an id of its own."""
    count = seen[conversation.id] = seen.get(conversation.id, 0) + 1
    if count == 1:
        return conversation
    notices.note("a conversation id that was there before: the file's name was added to it", conversation.source)
    name = f"{conversation.id} in {conversation.source}"
    again = seen[name] = seen.get(name, 0) + 1
    return replace(conversation, id=name if again == 1 else f"{name} #{again}")
