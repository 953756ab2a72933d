"""Claims about a conversation, each held against the words it rests on: what does not stand there is dropped.

A claim is a report of what one side said ("Customer says …"), never a statement of what is so. The check is made for
English, and knows the negations of German, Spanish and French: there it drops more than it must.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from trustladder.core.ticket import Role, Turn

SENTENCE_CHARACTERS = 240
"""The longest sentence that a claim may be."""

FOLLOWED = frozenset({"en", "de", "es", "fr"})
"""Languages whose negations are known; in any other a claim could be turned round unseen."""

LEAST_SHARE = 0.5
"""The least share of a sentence's content words that must stand in its quote."""


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SPEAKERS = {"customer": Role.CUSTOMER, "bot": Role.BOT}
_ASKING = _split("asks asked wants wanted")
_REPORTING = _ASKING | _split(
    "says said tells told writes wrote reports reported states stated mentions mentioned answers answered replies "
    "replied explains explained"
)
_OPENING = re.compile(rf"(?:the )?({'|'.join(_SPEAKERS)}) ({'|'.join(sorted(_REPORTING))})\b")
_FRAME = (
    _REPORTING
    | _SPEAKERS.keys()
    | _split(
        "this that these those they them their there then than with from have been were will would about into your "
        "what when which whether"
    )
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|unable|hardly|[a-z]+n't|"
    r"(?:ca|wo|do|does|did|is|are|was|were|has|have|had|could|would|should)nt|"
    r"(?:refus|den[iy]|declin|reject)[a-z]*|"
    r"nicht|nichts|kein[a-z]*|nie|niemals|niemand|ohne|nunca|nada|nadie|jamás|tampoco|sin|ne|pas|jamais|rien|aucune?|"
    r"sans|non)\b|\bn'(?=\w)"
)
_NUMBERS = _split(
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety hundred "
    "thousand million once twice half double triple first second third"
)
_UNITS = _split("dollar euro pound cent percent eur usd gbp minute hour day week month year")
_EDGES = ".,;:!?()[]{}\"'<>«»…*_"
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s)")
_SECOND_SENTENCE = re.compile(r"[.!?;…]+\s+\S")
_LETTERS = 3
"""Words of so many letters and fewer are no content words."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence about a conversation, with the turn (its index) and the words of it that it rests on."""

    sentence: str
    turn: int
    quote: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A claim that did not hold, and why."""

    claim: Claim
    why: str


def checked(claims: Iterable[Claim], turns: Iterable[Turn]) -> tuple[tuple[Claim, ...], tuple[Dropped, ...]]:
    """Return the claims that stand in the turns of customer and bot, and those that do not. Nothing is repaired."""
    said = {turn.index: turn for turn in turns if turn.role in _SPEAKERS.values() and not turn.internal}
    kept: list[Claim] = []
    dropped: list[Dropped] = []
    for claim in claims:
        turn = said.get(claim.turn)
        why = _objection(claim, turn) if turn is not None else "there is no such turn"
        if why:
            dropped.append(Dropped(claim, why))
        else:
            kept.append(claim)
    return tuple(kept), tuple(dropped)


def _objection(claim: Claim, turn: Turn) -> str:
    """Return what stands against a claim, "" for nothing."""
    if not claim.sentence.isprintable() or len(claim.sentence) > SENTENCE_CHARACTERS:
        return "the sentence is too long or holds what cannot be shown"
    if _SECOND_SENTENCE.search(claim.sentence):
        return "it is more than one sentence"
    sentence, quote = _folded(claim.sentence), _folded(claim.quote)
    opening = _OPENING.match(sentence)
    if opening is None or _SPEAKERS[opening[1]] is not turn.role:
        return "it does not begin with who said it"
    scopes = _scopes(quote, _folded(turn.text))
    if not scopes:
        return "the quote does not stand in the turn"
    if missing := sorted(_exact(claim.sentence) - _tokens(quote)):
        return f"the quote does not hold {', '.join(missing)}"
    negated = bool(_NEGATION.search(sentence))
    if any(bool(_NEGATION.search(text)) is not negated for text in (quote, *scopes)):
        return "one of sentence and quote is negated and the other is not"
    if opening[2] not in _ASKING and any(scope.endswith("?") for scope in scopes):
        return "a question is told as a statement"
    return _unsupported(sentence, quote)


def _unsupported(sentence: str, quote: str) -> str:
    content = {_stem(word) for word in _WORD.findall(sentence) if len(word) > _LETTERS and word not in _FRAME}
    held = content & {_stem(word) for word in _WORD.findall(quote)}
    if not held or len(held) < LEAST_SHARE * len(content):
        return "too few of its words stand in the quote"
    return ""


def _folded(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").casefold().split())


def _scopes(quote: str, text: str) -> frozenset[str]:
    """Return the whole sentences in which a quote stands, word for word: a "not" before it counts too."""
    if not quote:
        return frozenset()
    ends = [0, *(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]
    places = re.finditer(rf"(?<!\w){re.escape(quote)}(?!\w)", text)
    spans = {(bisect_right(ends, place.start()) - 1, bisect_left(ends, place.end())) for place in places}
    return frozenset(text[ends[first] : ends[last]].strip() for first, last in spans)


def _tokens(text: str) -> frozenset[str]:
    """Return the tokens of a folded text, as they stand, without marks at their edges, and as stems."""
    bare = {token.strip(_EDGES) for token in text.split()}
    words = _WORD.findall(text)
    return frozenset(bare | set(words) | {_stem(word) for word in words})


def _exact(sentence: str) -> frozenset[str]:
    """Return what of a sentence must stand in its quote as it is: numbers, amounts, addresses, ids, names, units."""
    exact: set[str] = set()
    for position, token in enumerate(sentence.replace("\u2019", "'").split()):
        bare = token.strip(_EDGES)
        word = bare.casefold()
        named = position > 1 and len(bare) > 1 and any(letter.isupper() for letter in bare)
        if named or "@" in bare or "#" in bare or any(map(str.isdigit, bare)) or word in _NUMBERS:
            exact.add(word.removesuffix("'s") if named else word)
        elif _stem(word) in _UNIT_STEMS:
            exact.add(_stem(word))
    return frozenset(exact) - _SPEAKERS.keys()


def _stem(word: str) -> str:
    """Return a word without its most common English endings; the same for the forms of one word, not a real stem."""
    for ending in ("ing", "ied", "ies", "ed", "es", "e", "s", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= _LETTERS:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > _LETTERS and word[-1] == word[-2] else word


_UNIT_STEMS = frozenset(_stem(unit) for unit in _UNITS)
