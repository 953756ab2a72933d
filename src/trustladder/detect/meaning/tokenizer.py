"""Text to token rows: the word pieces of BERT's uncased vocabulary, with a memory per word.

Words are looked up once and remembered, so a sentence costs one regular expression and one dictionary
read a word. Two kinds of word that carry no meaning by their letters get rows of their own, taken from
the vocabulary's unused places: long numbers and order codes (one row by length), and letters of scripts
that the vocabulary lacks (one row by the letter's hash, so that a repeated sentence still looks repeated).
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

MAX_TOKENS = 256
"""Tokens of one text that are read; what follows them is not."""

_MAX_WORD_LETTERS = 64
_MAX_WORDS_REMEMBERED = 100_000
_MAX_LETTERS_REMEMBERED = 20_000
_CODE_LETTERS = 5
_CODE_ROWS = 16
_WORDS = re.compile(r"[^\W_]+|[^\w\s]|_").findall
_ASCII = [chr(code) for code in range(128)]
_LETTERS = "".join(filter(str.isalnum, _ASCII)).encode()
_SIGNS = "".join(sign for sign in _ASCII if not sign.isalnum() and not sign.isspace()).encode()
_SPACES = "".join(filter(str.isspace, _ASCII)).encode()
_WITHOUT_SIGNS = bytes.maketrans(_SIGNS, b" " * len(_SIGNS))
_SHORT_LETTERS = 2_000
_DIGIT = re.compile(r"\d").search


class _Pieces(dict[str, tuple[int, ...]]):
    """Rows by word; a word that is new is cut into pieces and remembered."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        super().__init__()
        self._rows = {piece: row for row, piece in enumerate(vocabulary)}
        self._spare = [row for row, piece in enumerate(vocabulary) if piece.startswith("[unused")]

    def __missing__(self, word: str) -> tuple[int, ...]:
        pieces = self._cut(word[:_MAX_WORD_LETTERS])
        if len(self) < _MAX_WORDS_REMEMBERED:
            self[word] = pieces
        return pieces

    def _cut(self, word: str) -> tuple[int, ...]:
        if len(word) >= _CODE_LETTERS and _DIGIT(word):
            return (self._spare[min(len(word), _CODE_ROWS) - 1],)
        return self._greedy(word) or tuple(self._letter(letter) for letter in word)

    def _greedy(self, word: str) -> tuple[int, ...]:
        """The longest pieces from the left, or nothing when some part of the word has none."""
        rows: list[int] = []
        start, prefix = 0, ""
        while start < len(word):
            end = self._longest(word, start, prefix)
            if end == start:
                return ()
            rows.append(self._rows[prefix + word[start:end]])
            start, prefix = end, "##"
        return tuple(rows)

    def _longest(self, word: str, start: int, prefix: str) -> int:
        for end in range(len(word), start, -1):
            if prefix + word[start:end] in self._rows:
                return end
        return start

    def _letter(self, letter: str) -> int:
        known = self._rows.get(letter)
        if known is not None:
            return known
        others = self._spare[_CODE_ROWS:]
        return others[zlib.crc32(letter.encode("utf-8", "replace")) % len(others)]


class Tokenizer:
    """Cuts texts into rows of the vocabulary; deterministic, and safe for any string."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._pieces = _Pieces(vocabulary)

    def rows(self, text: str) -> list[int]:
        """The rows of `text`, at most `MAX_TOKENS`, in no order; none for a text without words or signs."""
        rows = list(chain.from_iterable(map(self._pieces.__getitem__, words(text))))
        if len(rows) <= MAX_TOKENS:
            return rows
        # A word has at least one piece, so that words beyond the most tokens cannot count.
        pieces = map(self._pieces.__getitem__, _WORDS(plain(text))[:MAX_TOKENS])
        return list(chain.from_iterable(pieces))[:MAX_TOKENS]


def words(text: str) -> tuple[str, ...]:
    """The lower-case words and signs of `text` in no order, accents taken off; the newest short ones are remembered."""
    return _newest_words(text) if len(text) <= _SHORT_LETTERS else _words(text)


def _words(text: str) -> tuple[str, ...]:
    if not text.isascii():
        return tuple(_WORDS(plain(text)))
    # Three times as fast as the regular expression, which would keep the order.
    read = text.lower().encode()
    signs = read.translate(None, _LETTERS + _SPACES).decode()
    return (*read.translate(_WITHOUT_SIGNS).decode().split(), *signs)


@lru_cache(maxsize=256)
def _newest_words(text: str) -> tuple[str, ...]:
    return _words(text)


def plain(text: str) -> str:
    """`text` in lower case without accents."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFD", text.lower().replace("\u2019", "'")).translate(_WITHOUT_ACCENTS)


class _WithoutAccents(dict[int, str]):
    """Letters to themselves and accents to nothing, learned as they come."""

    def __missing__(self, code: int) -> str:
        if len(self) > _MAX_LETTERS_REMEMBERED:
            self.clear()
        letter = chr(code)
        self[code] = kept = "" if unicodedata.category(letter) == "Mn" else letter
        return kept


_WITHOUT_ACCENTS = _WithoutAccents()
