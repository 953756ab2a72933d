"""Sentences of a draft: small, linear in the text, and usable on a stream that is still growing."""

from itertools import pairwise

import re2

_END = re2.compile(r"[.!?…\x{3002}\x{ff01}\x{ff1f}]+[\"'”’»)\]*_]*(?:\s+|$)|\s*\n\s*")
_ABBREVIATION = re2.compile(
    r"(?i)(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|no|nr|e\.g|i\.e|z\.\s?b|d\.\s?h|ggf|bzw|evtl|ca|inkl|zzgl|usw|sr|sra|núm|mme|"
    r"approx|vs|fig|art|tel|[a-z])\.\s*$"
)


_ORDINAL = re2.compile(r"(?:^|\s)\d{1,2}\.\s*$")
_AFTER_ORDINAL = re2.compile(r"^(?:[a-zäöü]|Jan|Feb|Mär|Mar|Apr|Mai|May|Jun|Jul|Aug|Sep|Okt|Oct|Nov|Dez|Dec)")
_LIST_NUMBER = re2.compile(r"^\s*\d{1,2}\.\s*$")


def sentence_ends(text: str) -> tuple[int, ...]:
    """Return the offsets just behind each complete sentence of ``text``; a tail without an end has none.

    Made for streaming: everything before the last offset may be judged and released while the rest is awaited.
    A newline ends a sentence, an abbreviation or an ordinal ("3. Mai") does not.
    """
    ends: list[int] = []
    start = 0
    for match in _END.finditer(text):
        mark = match.group()
        if "\n" not in mark and mark.startswith(".") and match.end() < len(text) and _abbreviates(text, start, match):
            continue
        ends.append(match.end())
        start = match.end()
    return tuple(ends)


def _abbreviates(text: str, start: int, match: "re2._Match") -> bool:
    before = text[max(start, match.start() - 12) : match.start() + 1]
    if _ORDINAL.search(before):
        starts_list = bool(_LIST_NUMBER.search(text[start : match.start() + 1]))
        return starts_list or bool(_AFTER_ORDINAL.search(text[match.end() : match.end() + 4]))
    return bool(_ABBREVIATION.search(before))


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of ``text`` in order, stripped, the unfinished tail included and empty ones left out."""
    cuts = (0, *sentence_ends(text), len(text))
    parts = (text[a:b].strip() for a, b in pairwise(cuts))
    return tuple(part for part in parts if part)
