"""Text as perception reads it: folded for matching, while every quote stays the original's.

Folding maps compatibility forms, accents, curly quotes and letters of other scripts that look Latin to plain
lower case, and drops characters that nobody sees. A character's place in the original is kept, so that evidence
quotes what was written and not what was matched.
"""

import re
import unicodedata
from bisect import bisect_left
from functools import lru_cache
from typing import Any

from trustladder.detect.once import once

WINDOW_CHARACTERS = 20_000
"""How much is read at each end of a longer message. A cue in the unread middle cannot be seen, so a message that
was cut leaves its signals unknown rather than absent."""

QUOTE_CHARACTERS = 240
"""The longest quote in evidence."""

_LOOKALIKES = dict(zip("аеорсухіѕјһԁԛԝкмтнвαονρικτυχεηβ", "aeopcyxisjhdqwkmthbaovpiktyxenb", strict=True))
_PLAIN = {
    **_LOOKALIKES,
    **dict.fromkeys("‘’‚‛´`ʼ′", "'"),  # noqa: RUF001 - quotation marks of every kind
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),  # noqa: RUF001 - dashes of every kind
    "ß": "s",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ı": "i",  # noqa: RUF001 - the point
    "¡": " ",
    "¿": " ",
    "。": ".",
    "…": ".",
}
_FOLD_MEMORY = 20_000


class _Fold(dict[int, str]):
    """Characters to their folded form, learned as they come; ``uneven`` are those that are not one for one."""

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        if len(self) > _FOLD_MEMORY:
            self.clear()
        folded = self[code] = _fold_character(chr(code))
        if len(folded) != 1:
            self.uneven.add(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if character in "\n\r":
        return "\n"
    if character in "\t\v\f" or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc"):
        return " "
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    lower = unicodedata.normalize("NFKC", character).lower()
    if lower in _PLAIN:
        return _PLAIN[lower]
    bare = "".join(c for c in unicodedata.normalize("NFKD", lower) if unicodedata.category(c) != "Mn")
    return "".join(_PLAIN.get(c, c) for c in bare)


_FOLD = _Fold()
_ASCII = {code: _fold_character(chr(code)) for code in range(128)}
# A full stop after a digit may be an ordinal ("3. März"), and a line that goes on in lower case was only wrapped.
# Each alternative begins with a space or a line feed, so that the search passes over all other characters at once.
_SENTENCE_END = re.compile(r"[ ](?<=[!?;] )|[ ](?<=[^0-9]\. )|\n[ ]*\n|\n(?![a-z])")
NOT_ASCII_BYTE = "\x1a"
"""What stands in the matched bytes for a character outside ASCII."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_NO_WORD = "".join(sign for sign in map(chr, range(128)) if not sign.isalnum() and sign != "'").encode()
_WORDS_APART = bytes.maketrans(_NO_WORD, b" " * len(_NO_WORD))


def _break_clauses(folded: str) -> str:
    """Put a line feed where a clause ends and a space where a line was only wrapped; lengths stay."""
    broken = _SENTENCE_END.sub(lambda found: "\v" * len(found.group()), folded)
    return broken.replace("\n", " ").replace("\v", "\n")


class Read:
    """One text, read once: what was written, what is matched, and the way back.

    ``folded`` is in lower case with a line feed after each clause; ``matched`` is the same in ASCII bytes, one
    byte a character, so that offsets of a match are offsets of ``folded``. ``cut`` tells that the middle of a
    very long text was not read. ``memo`` is where detectors keep what follows from this text alone, and ``unsaid``
    holds the signals of which a cue matched and was unsaid ("I am not angry").
    """

    def __init__(self, text: str) -> None:
        self.cut = len(text) > 2 * WINDOW_CHARACTERS
        self.original = f"{text[:WINDOW_CHARACTERS]}\n{text[-WINDOW_CHARACTERS:]}" if self.cut else text
        self.memo: dict[str, Any] = {}
        self.unsaid: set[str] = set()
        self._places: list[int] | None = None
        self.folded = _break_clauses(self._fold())
        plain = self.folded if self.folded.isascii() else _NOT_ASCII.sub(NOT_ASCII_BYTE, self.folded)
        self.matched = plain.encode("ascii")

    def _fold(self) -> str:
        text = self.original
        if text.isascii():
            return text.translate(_ASCII)
        folded = text.translate(_FOLD)
        if not _FOLD.uneven.isdisjoint(text):
            self._places = [place for place, character in enumerate(text) for _ in _FOLD[ord(character)]]
        return folded

    def quote(self, start: int, end: int) -> str:
        """Return what was written at a span of ``folded``, at most `QUOTE_CHARACTERS` of it."""
        if self._places is not None:
            end = self._places[end - 1] + 1 if end > start else self._places[start]
            start = self._places[start]
        return self.original[start:end].strip()[:QUOTE_CHARACTERS]

    def clause(self, start: int) -> tuple[int, int]:
        """Return the span of the clause of ``folded`` in which a place lies."""
        place = bisect_left(self._breaks, start)
        begin = self._breaks[place - 1] + 1 if place else 0
        return begin, self._breaks[place] if place < len(self._breaks) else len(self.folded)

    @once
    def _breaks(self) -> list[int]:
        return [place for place, character in enumerate(self.folded) if character == "\n"]

    @once
    def words(self) -> tuple[str, ...]:
        """The words in order, folded."""
        if not self.folded.isascii():
            return tuple(_WORD.findall(self.folded))
        # The same words, twice as fast; only what holds an apostrophe is cut by the regular expression.
        apart = self.matched.translate(_WORDS_APART).decode().split()
        if "'" not in self.folded:
            return tuple(apart)
        return tuple([word for piece in apart for word in (_WORD.findall(piece) if "'" in piece else (piece,))])

    @property
    def opening(self) -> str:
        """The text's first words, for evidence that rests on the whole message."""
        return self.original.strip()[:QUOTE_CHARACTERS]


@lru_cache(maxsize=8192)
def _read_short(text: str) -> Read:
    return Read(text)


@lru_cache(maxsize=64)
def _read_long(text: str) -> Read:
    return Read(text)


_SHORT_CHARACTERS = 2_000


def read(text: str) -> Read:
    """Return the reading of a text, remembered: the newest 8,192 short texts and 64 long ones."""
    if len(text) <= _SHORT_CHARACTERS:
        return _read_short(text)
    # What is never read must not be remembered either: a megabyte is not kept for its middle.
    if len(text) > 2 * WINDOW_CHARACTERS:
        return Read(text)
    return _read_long(text)
