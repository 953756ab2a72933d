"""The cue packs compiled: one set of linear-time patterns over all languages, asked once a clause."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import re2

LANGUAGES = ("en", "de", "es", "fr")
"""The languages that the packs can read. All are asked at once: a draft may not hide a decision in another one."""

_WORD = re2.compile(r"<([a-z]+)>")
_MAX_BYTES = 1 << 28


class CuePack:
    """All patterns of all packs, and which kind of cue each of them is."""

    def __init__(self, sources: Mapping[str, Mapping[str, Any]]) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MAX_BYTES
        self._set = re2.Set.SearchSet(options)
        self._kinds: list[str] = []
        for source in sources.values():
            for kind, pattern in _patterns(source):
                self._set.Add(pattern)
                self._kinds.append(kind)
        self._set.Compile()

    def kinds(self, clause: str) -> frozenset[str]:
        """Return the kinds of cue that occur in a folded clause."""
        return frozenset(self._kinds[index] for index in self._set.Match(clause) or ())


def _patterns(source: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    words = source["words"]
    for kind, table in source.items():
        if kind == "words":
            continue
        if kind == "promise":
            for promised, inner in table.items():
                yield from ((f"promise.{promised}", _spelled(pattern, words)) for pattern in inner["patterns"])
        else:
            yield from ((kind, _spelled(pattern, words)) for pattern in table["patterns"])


def _spelled(pattern: str, words: Mapping[str, str]) -> str:
    while (expanded := _WORD.sub(lambda match: words[match.group(1)], pattern)) != pattern:
        pattern = expanded
    return pattern


@cache
def cue_pack() -> CuePack:
    """Return the packs of this package, compiled once a process (about a tenth of a second)."""
    folder = files("trustladder.detect.acts.cues")
    return CuePack({code: tomllib.loads((folder / f"{code}.toml").read_text("utf-8")) for code in LANGUAGES})
