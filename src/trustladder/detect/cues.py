"""Cue packs: patterns in data files, one file a signal and language, compiled once for all of them together.

A cue matches within one clause and its ``unless`` patterns count only where they touch the match in that same
clause. So a clause's cues never depend on the other clauses of a message, and nothing that a customer puts before
or after a request takes it back (law 6).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import re2

from trustladder.detect.text import Read
from trustladder.errors import TrustladderError

_ACCENTS = {"ä": "(?:ae?)", "ö": "(?:oe?)", "ü": "(?:ue?)", "ß": "(?:ss?)", "'": "'?", " ": " +"}
_PLAIN_ACCENTS = str.maketrans("áàâãåéèêëíìîïóòôõúùûñç", "aaaaaeeeeiiiioooouuunc")
_MACRO = re.compile(r"<([A-Z_]+)>")
_MISSPELT = re.compile(r"~([a-z]+)~")
_UNBOUNDED = re.compile(r"\\s|\\W|\\D|\[\^(?!\\n)|\(\?P")
_SET_MEMORY_BYTES = 64 << 20


class CuePackError(TrustladderError):
    """A cue pack that cannot be used."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One pattern of a pack: the signal it speaks for, how strongly (0 to 100), and what unsays it."""

    signal: str
    language: str
    strength: int
    pattern: str
    tag: str = ""
    unless: tuple[str, ...] = ()


class Hit(NamedTuple):
    """A cue that matched: where in the folded text, how strongly, and its tag (a kind of fact, an act …)."""

    strength: int
    start: int
    end: int
    tag: str = ""
    language: str = ""


Hits = Mapping[str, tuple[Hit, ...]]
"""What matched, by signal, strongest first."""

COUNTED = frozenset({"negative", "positive"})
"""The packs of which every match counts, not only the strongest."""

NO_HITS: tuple[Hit, ...] = ()


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _SET_MEMORY_BYTES
    options.never_nl = False
    return options


def written_out(pattern: str, words: Mapping[str, str]) -> str:
    """Return a pattern as it is matched: macros filled in, accents and apostrophes optional, whole words only.

    ``^`` means the start of a clause and ``$`` its end. Raises `CuePackError` for an unknown macro and for a
    class that could run over the end of a clause.
    """
    filled = _MISSPELT.sub(lambda found: one_slip(found.group(1)), _fill(pattern, words))
    if _UNBOUNDED.search(filled):
        raise CuePackError(f"the pattern {pattern!r} could match across clauses", fix="write a space, or [^\\n…]")
    plain = filled.translate(_PLAIN_ACCENTS)
    body = "".join(piece if piece.startswith("[") else _loosen(piece) for piece in _pieces(plain))
    head = r"\b"
    if body.startswith("^"):
        head, body = "(?m)^[ \"'(*-]*", body[1:]
    tail = "" if body.endswith(("$", r"\?", "!", "*", ")?")) else r"\b"
    return f"{head}(?:{body}){tail}"


def one_slip(word: str) -> str:
    """Return a pattern for a word with at most one slip of the hand: a letter wrong, missing, added or swapped.

    The first letter is never wrong or missing, so that few other words are near.
    """
    cuts = range(1, len(word))
    wrong = (f"{word[:i]}[a-z]?{word[i + 1 :]}" for i in cuts)
    added = (f"{word[:i]}[a-z ]{word[i:]}" for i in cuts)
    swapped = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1) if word[i] != word[i + 1])
    return f"(?:{word}|{'|'.join((*wrong, *added, *swapped))})"


def _fill(pattern: str, words: Mapping[str, str]) -> str:
    for _ in range(4):
        if not _MACRO.search(pattern):
            return pattern
        try:
            pattern = _MACRO.sub(lambda found: f"(?:{words[found.group(1)]})", pattern)
        except KeyError as missing:
            raise CuePackError(f"no word list <{missing.args[0]}>", fix="add it under [words]") from None
    raise CuePackError("word lists that contain each other", fix="let <A> use <B>, and not the other way too")


def _pieces(pattern: str) -> list[str]:
    return re.findall(r"\[(?:\\.|[^\]\\])*\]|(?:\\.|[^\[\\])+", pattern)


def _loosen(piece: str) -> str:
    # A space that may be missing must not become "one or more, as few as possible".
    loose = "".join(_ACCENTS.get(character, character) for character in piece.replace(" ?", "\v"))
    return loose.replace("\v", " *")


def _cues_of(name: str, data: Mapping[str, Any]) -> Iterator[Cue]:
    words = data.get("words", {})
    for entry in data["cue"]:
        unless = tuple(_written(name, line, words) for line in _lines(entry.get("unless", "")))
        for line in _lines(entry["patterns"]):
            written = _written(name, line, words)
            yield Cue(data["signal"], data["language"], entry["strength"], written, entry.get("tag", ""), unless)


def _lines(block: str) -> list[str]:
    return [line for line in block.splitlines() if line]


def _written(name: str, pattern: str, words: Mapping[str, str]) -> str:
    try:
        written = written_out(pattern, words)
        re2.compile(written.encode(), _options())
    except (CuePackError, re2.error) as error:
        what = f"the pattern {pattern!r} cannot be used: {getattr(error, 'what', error)}"
        raise CuePackError(what, where=name, fix=getattr(error, "fix", "see the RE2 syntax")) from None
    return written


@lru_cache(maxsize=1)
def shipped_packs() -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return every pack that comes with the product, as (file name, contents), in the order of names."""
    folder = files("trustladder.detect") / "cues"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return tuple((entry.name, tomllib.loads(entry.read_text(encoding="utf-8"))) for entry in found)


class CueSet:
    """All cues for one kind of speaker in one automaton: one pass over a text tells which of them match.

    What unsays a cue is looked for in the same pass, so that most cues that match need no second one.
    """

    def __init__(self, cues: tuple[Cue, ...]) -> None:
        self.cues = cues
        unless = tuple(dict.fromkeys(pattern for cue in cues for pattern in cue.unless))
        places = {pattern: place for place, pattern in enumerate(unless, len(cues))}
        self._unless = [tuple(places[pattern] for pattern in cue.unless) for cue in cues]
        self._order = [(-cue.strength, number) for number, cue in enumerate(cues)]
        self._patterns = (*(cue.pattern for cue in cues), *unless)
        self._single: dict[int, Any] = {}
        self._set = re2.Set.SearchSet(_options())
        for cue in cues:
            self._set.Add(cue.pattern)
        for pattern in unless:
            self._set.Add(f"(?m){pattern}")  # it will be held against one clause, whose end is not the text's
        self._set.Compile()

    def hits(self, text: Read) -> Hits:
        """Return what matches, by signal, strongest first; what is unsaid everywhere stands in `Read.unsaid`.

        Of a signal's cues with the same tag only the strongest that holds is looked up, since a signal is as
        strong as its strongest cue; of the packs in `COUNTED` every match.
        """
        found: dict[str, list[Hit]] = {}
        settled: set[tuple[str, str]] = set()
        matched = self._matching(text)
        for number in sorted((n for n in matched if n < len(self.cues)), key=self._order.__getitem__):
            cue = self.cues[number]
            key = (cue.signal, cue.tag)
            if key in settled:
                continue
            counted = cue.signal in COUNTED
            said = False
            for hit in self._spans(number, text, matched):
                said = True
                found.setdefault(cue.signal, []).append(hit)
                if not counted:
                    settled.add(key)
                    break
            if not said:
                text.unsaid.add(cue.signal)
        return {name: tuple(hits) for name, hits in found.items()}

    def _matching(self, text: Read) -> frozenset[int]:
        """Return the numbers of the patterns that match somewhere: cues, and what unsays them."""
        return frozenset(self._set.Match(text.matched) or ())

    def _spans(self, number: int, text: Read, matched: frozenset[int]) -> Iterator[Hit]:
        cue, unless = self.cues[number], [place for place in self._unless[number] if place in matched]
        for found in self._compiled(number).finditer(text.matched):
            start, end = found.span()
            if not unless or not self._unsaid(unless, text, start, end):
                yield Hit(cue.strength, start, end, cue.tag, cue.language)

    def _unsaid(self, unless: list[int], text: Read, start: int, end: int) -> bool:
        begin, stop = text.clause(start)
        clause = text.matched[begin:stop]
        return any(
            begin + found.start() < end and begin + found.end() > start
            for number in unless
            for found in self._compiled(number).finditer(clause)
        )

    def _compiled(self, number: int) -> Any:
        if number not in self._single:
            self._single[number] = re2.compile(self._patterns[number].encode(), _options())
        return self._single[number]


@lru_cache(maxsize=4)
def cue_set(speaker: str) -> CueSet:
    """Return the shipped cues for a speaker: ``customer``, ``bot`` or ``tool``."""
    packs = (pack for pack in shipped_packs() if pack[1]["speaker"] == speaker)
    return CueSet(tuple(cue for name, data in packs for cue in _cues_of(name, data)))


def hits_in(text: Read, speaker: str) -> Hits:
    """Return the hits of a speaker's cues in a text, remembered with the reading."""
    if speaker not in text.memo:
        text.memo[speaker] = cue_set(speaker).hits(text)
    hits: Hits = text.memo[speaker]
    return hits
