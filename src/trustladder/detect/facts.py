"""Facts that the customer has stated, in the customer's own spelling, so that nobody needs to ask again."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import re2

from trustladder.core.signals import StatedFact
from trustladder.core.ticket import Role
from trustladder.detect.scene import Scene
from trustladder.detect.text import NOT_ASCII_BYTE, Read

MOST_FACTS = 20
"""The most facts that one message gives: a pasted list is not a statement."""
_MOST_DIGITS = {"phone": 15}
_SET_MEMORY_BYTES = 32 << 20
_MACRO = re.compile(r"<([a-z]+)>")


@dataclass(frozen=True, slots=True)
class _Finder:
    kind: str
    least_digits: int
    capitals: bool
    pattern: Any


@lru_cache(maxsize=1)
def _finders() -> tuple[Any, tuple[_Finder, ...]]:
    data = tomllib.loads((files("trustladder.detect") / "stated_facts.toml").read_text(encoding="utf-8"))
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _SET_MEMORY_BYTES
    together, finders = re2.Set.SearchSet(options), []
    for entry in data["fact"]:
        pattern = _as_matched(entry["pattern"], data["words"])
        together.Add(pattern)
        finders.append(
            _Finder(
                entry["kind"],
                entry.get("digits", 0),
                entry.get("capitals", False),
                re2.compile(pattern.encode(), options),
            )
        )
    together.Compile()
    return together, tuple(finders)


def _as_matched(pattern: str, words: dict[str, str]) -> str:
    filled = _MACRO.sub(lambda found: words[found.group(1)], pattern)
    # The matched bytes hold no € or £: `Read` writes each character that is not ASCII as one control byte.
    return re.sub("[€£]", NOT_ASCII_BYTE, filled)


def facts_in(text: Read, turn: int) -> tuple[StatedFact, ...]:
    """Return the facts that a text states, each once, at most `MOST_FACTS`; ``turn`` is where it was said."""
    if "facts" not in text.memo:
        text.memo["facts"] = tuple(dict.fromkeys(_found(text)))[:MOST_FACTS]
    return tuple(StatedFact(kind, value, turn) for kind, value in text.memo["facts"])


def _found(text: Read) -> Iterator[tuple[str, str]]:
    together, finders = _finders()
    taken: list[tuple[int, int]] = []
    for number in sorted(together.Match(text.matched) or ()):
        finder = finders[number]
        for found in finder.pattern.finditer(text.matched):
            start, end = found.span(1)
            free = not any(start < stop and end > begin for begin, stop in taken)
            value = text.quote(start, end)
            if free and _plausible(finder, found.group(1)) and (value.isupper() or not finder.capitals):
                taken.append((start, end))
                yield finder.kind, value


def _plausible(finder: _Finder, value: bytes) -> bool:
    digits = sum(map(b"0123456789".__contains__, value))
    return finder.least_digits <= digits <= _MOST_DIGITS.get(finder.kind, digits)


def stated_facts(scene: Scene) -> tuple[StatedFact, ...]:
    """Return the facts that a customer's turn states; other turns state none."""
    return facts_in(scene.text, scene.turn.index) if scene.role is Role.CUSTOMER else ()
