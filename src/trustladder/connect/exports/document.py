"""JSON documents of public sets: loaded whole, and converted one conversation at a time."""

import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import msgspec

from trustladder.connect.exports.source import Source
from trustladder.errors import BadInput
from trustladder.learn.conversation import Conversation, Notices

_CHECK = "check --like, or leave it out"
_SHAPE = (KeyError, TypeError, AttributeError, ValueError, IndexError)


def load(source: Source, layout: str) -> Any:
    """Return the JSON document. Raises `BadInput` when it is none."""
    try:
        return msgspec.json.decode(source.whole())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            f"no JSON document, as --like {layout} needs: {error}",
            where=source.name,
            fix="check --like, or leave it out",
        ) from error


_NO_ARCHIVE = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)
"""What a damaged archive raises: a cut one ends early, and a packed one fails in its packing."""


def members(source: Source) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each JSON file in a tar archive, by name. Raises `BadInput` when it is none."""
    try:
        with tarfile.open(fileobj=BytesIO(source.whole())) as archive:
            files = [m for m in archive.getmembers() if m.isfile() and m.name.endswith(".json")]
            for member in sorted(files, key=lambda m: m.name):
                opened = archive.extractfile(member)
                if opened is not None:
                    yield member.name, opened.read()
    except _NO_ARCHIVE as error:
        raise BadInput(f"no tar archive, as --like dbdc3 needs: {error}", where=source.name, fix=_CHECK) from error


Convert = Callable[[Any, int], Conversation | None]


def converted(items: Any, convert: Convert, source: Source, notices: Notices) -> Iterator[Conversation]:
    """Yield what ``convert`` makes of each item (and its number, from 1); an item of another shape is left out."""
    if not isinstance(items, list):
        raise BadInput("no list of conversations where the layout has one", where=source.name, fix=_CHECK)
    used = 0
    for number, item in enumerate(items, 1):
        try:
            conversation = convert(item, number)
        except _SHAPE:
            notices.leave_out("a conversation of another shape than the layout's", source.at(number))
            continue
        if conversation is None or not conversation.messages:
            notices.leave_out("a conversation without a message", source.at(number))
        else:
            used += 1
            yield conversation
    if items and not used:
        raise BadInput("no conversation of the layout's shape is in it", where=source.name, fix=_CHECK)
