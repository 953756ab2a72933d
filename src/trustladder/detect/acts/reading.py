"""What a draft does, read from its own text: ``acts_of``.

Recognition is positive for the mild acts only. A clause that is not recognisably an acknowledgement, a question, a
summary or triage counts as `inform`; a cue of a commitment makes it `resolve`. The definitions and the measured
error rates are in docs/reference/acts.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from trustladder.core.containment import Act, ToolCall
from trustladder.detect.acts.clauses import clauses, leading_conjunction, without_first_quotation
from trustladder.detect.acts.packs import LANGUAGES, cue_pack
from trustladder.detect.acts.plain import folded, unreadable, visible
from trustladder.detect.acts.sentences import sentences

_MILD = {
    "acknowledge": Act.ACKNOWLEDGE,
    "understood": Act.ACKNOWLEDGE,
    "reported": Act.ACKNOWLEDGE,
    "gather": Act.GATHER,
    "ask": Act.GATHER,
    "summarise": Act.SUMMARISE,
    "did": Act.SUMMARISE,
    "restating": Act.SUMMARISE,
    "triage": Act.TRIAGE,
}
_ORDER = tuple(Act)
_SURE, _RECOGNISED, _UNRECOGNISED = 95, 80, 40
_LISTED_WORDS = 6
_QUOTED_CHARACTERS = 200

MOST_CHARACTERS = 20_000
"""A longer draft is not read: it takes longer than a turn may, and nothing mild is that long."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise that must become real or stay unsaid: ``kind`` is handoff, callback or email; ``quote`` its words."""

    kind: str
    quote: str


@dataclass(frozen=True, slots=True)
class ActReading:
    """The acts of a draft, mildest first, with the sentences they rest on.

    ``confidence`` is in whole hundredths: how clearly the least clear sentence was recognised. A declared act that
    the text does not show stands in ``acts`` without evidence. ``tools`` are the names of the tools called.
    """

    acts: tuple[Act, ...]
    promises: tuple[Promise, ...] = ()
    evidence: tuple[tuple[Act, str], ...] = ()
    confidence: int = _SURE
    tools: tuple[str, ...] = ()


@dataclass(slots=True)
class _Scope:
    """What the clauses so far have opened and the next may go on with: the customer's words, a summary, a list."""

    act: Act | None = None
    attributed: bool = False
    told: bool = False
    summary: bool = False
    recap: bool = False
    listing: bool = False
    asking: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause and the kinds of cue in it.

    ``joined`` when a conjunction led it, ``asked`` in a question, ``name`` when it holds nothing but a name.
    """

    words: str
    kinds: frozenset[str]
    joined: bool
    asked: bool
    name: bool = False

    def has(self, kind: str) -> bool:
        return kind in self.kinds

    @property
    def is_question(self) -> bool:
        return self.asked and "gather" in self.kinds

    @property
    def promises(self) -> list[str]:
        return [kind.removeprefix("promise.") for kind in sorted(self.kinds) if kind.startswith("promise.")]


@dataclass(slots=True)
class _Seen:
    acts: set[Act] = field(default_factory=set)
    promises: list[str] = field(default_factory=list)
    recognised: bool = True


def acts_of(
    text: str, declared: Iterable[Act] | None = None, tool_calls: Iterable[ToolCall] = (), language: str = ""
) -> ActReading:
    """Return what a draft does. ``declared`` acts add to what the text shows and never remove any of it.

    ``language`` is a BCP 47 tag when the caller knows it; one that the packs do not cover makes any text `inform`
    and `resolve`, and so does a text of more than `MOST_CHARACTERS`, or one of signs alone (a thumb up).
    Tools are judged by name in the gate; here they are only listed.
    """
    readings = _read_sentences(visible(text)) if len(text) <= MOST_CHARACTERS else []
    if not readings and text.strip():
        readings = [(text[:_QUOTED_CHARACTERS], _opaque())]
    if language and language.partition("-")[0].lower() not in LANGUAGES and readings:
        readings = [(quote, _opaque()) for quote, _ in readings]
    acts = {act for _, seen in readings for act in seen.acts} | set(declared or ())
    return ActReading(
        acts=tuple(act for act in _ORDER if act in acts),
        promises=tuple(Promise(kind, quote) for quote, seen in readings for kind in seen.promises),
        evidence=tuple((act, quote) for quote, seen in readings for act in _ORDER if act in seen.acts),
        confidence=_confidence([seen for _, seen in readings]),
        tools=tuple(call.name for call in tool_calls),
    )


def _confidence(all_seen: list[_Seen]) -> int:
    if not all(seen.recognised for seen in all_seen):
        return _UNRECOGNISED
    return _SURE if all(len(seen.acts) == 1 for seen in all_seen) else _RECOGNISED


def _read_sentences(shown: str) -> list[tuple[str, _Seen]]:
    readings: list[tuple[str, _Seen]] = []
    scope = _Scope()
    for sentence in sentences(shown):
        plain = folded(sentence)
        if not (plain[:1] in "-*•+" or plain[:2].rstrip(".)").isdigit()):
            scope = _Scope()
        if unreadable(plain):
            readings.append((sentence, _opaque()))
        elif any(c.isalnum() for c in plain):
            readings.append((sentence, _read_sentence(plain, _names(sentence), scope)))
    return readings


def _opaque() -> _Seen:
    return _Seen({Act.INFORM, Act.RESOLVE}, recognised=False)


def _names(sentence: str) -> frozenset[str]:
    """Words after the first that begin with a capital: people, where a clause holds nothing else."""
    later = sentence.split()[1:]
    return frozenset(folded(word.strip(".,;:!?")) for word in later if word[:1].isupper() and word[1:2].islower())


def _read_sentence(plain: str, names: frozenset[str], scope: _Scope) -> _Seen:
    seen = _Seen()
    asked = plain.rstrip("\"') ").endswith("?")
    if "summarise" in cue_pack().kinds(plain):
        plain = without_first_quotation(plain)
    parts = [_clause(part, names, asked) for part in clauses(plain)]
    scope.asking = asked or any(clause.has("ask") for clause in parts)
    for clause in parts:
        _read_clause(clause, scope, seen)
    if not seen.recognised and "function" not in cue_pack().kinds(plain):
        return _opaque()
    if not seen.acts:
        seen.acts.add(scope.act or Act.ACKNOWLEDGE)
    return seen


def _clause(part: str, names: frozenset[str], asked: bool) -> _Clause:
    joined, words = leading_conjunction(part)
    name = bool(words) and len(words.split()) <= 2 and names.issuperset(words.split())
    return _Clause(words, cue_pack().kinds(words), joined, asked, name)


def _read_clause(clause: _Clause, scope: _Scope, seen: _Seen) -> None:
    promised = [] if clause.is_question or _is_told(clause, scope) else clause.promises
    if promised:
        seen.promises += [kind for kind in promised if kind not in seen.promises]
        seen.acts.add(Act.TRIAGE)
    scope.recap = scope.recap or clause.has("recap")
    found = _authoritative(clause, scope)
    mild = {act for kind, act in _MILD.items() if clause.has(kind) and (clause.asked or kind != "gather")}
    if found:
        seen.acts |= {found} | mild
    elif mild:
        seen.acts |= mild
        _open(scope, clause, mild)
    elif clause.has("feeling") and not clause.has("business"):
        seen.acts.add(Act.ACKNOWLEDGE)
    elif not (promised or _adds_nothing(clause, scope)):
        seen.acts.add(Act.RESOLVE if clause.has("personal") else Act.INFORM)
        seen.recognised = False
    scope.listing = scope.listing or clause.has("header")


def _authoritative(clause: _Clause, scope: _Scope) -> Act | None:
    if clause.has("fixed"):
        return None
    told = _is_told(clause, scope)
    attributed = told or scope.recap or clause.has("understood") or _continues(clause, scope)
    question = clause.is_question
    excused = clause.has("triage") or clause.has("allowed") or bool(clause.promises) or attributed or question
    decided = (
        clause.has("commit")
        or (clause.has("elliptic") and not (scope.summary or question))
        or (clause.has("verdict") and not told and (not question or clause.has("embedded")))
        or (clause.has("soft") and not excused)
        or (clause.has("status") and not (told and clause.has("doubted")))
        or (bool(clause.promises) and not (question or told) and (clause.has("figure") or clause.has("deadline")))
    )
    if decided:
        return Act.RESOLVE
    informs = clause.has("instruct") or clause.has("inform")
    figures = clause.has("figure") and not (scope.summary or clause.has("did") or clause.has("acknowledge") or question)
    own_words = not (told or scope.recap or clause.has("understood"))
    return Act.INFORM if (informs or figures) and own_words else None


def _is_told(clause: _Clause, scope: _Scope) -> bool:
    if clause.has("summarise") or clause.has("reported"):
        return True
    return scope.told and _continues(clause, scope)


def _continues(clause: _Clause, scope: _Scope) -> bool:
    return scope.attributed and clause.has("continues")


def _open(scope: _Scope, clause: _Clause, mild: set[Act]) -> None:
    scope.act = min(mild, key=_ORDER.index)
    scope.summary = scope.summary or Act.SUMMARISE in mild
    scope.told = clause.has("summarise") or clause.has("reported")
    scope.attributed = scope.summary or clause.has("understood") or clause.has("reported")


def _is_label(clause: _Clause) -> bool:
    """True for a number or reference alone, and for a word or two before or after a question, which say nothing."""
    words = clause.words.split()
    if len(words) == 1 and any(c.isdigit() for c in clause.words):
        return not clause.has("figure")
    return clause.asked and len(words) <= 2 and not (clause.has("assertion") or clause.has("personal"))


def _is_asked_for_too(clause: _Clause, scope: _Scope) -> bool:
    hangs = clause.joined or clause.asked or scope.asking
    return scope.act is Act.GATHER and hangs and clause.has("noun_phrase")


def _adds_nothing(clause: _Clause, scope: _Scope) -> bool:
    if not clause.words or clause.has("filler") or clause.has("header"):
        return True
    if scope.asking and clause.has("opening"):
        return True
    if clause.name and scope.act is Act.ACKNOWLEDGE:
        return True
    if clause.asked and (clause.has("lead_in") or clause.joined):
        return True
    if _is_label(clause) or _is_asked_for_too(clause, scope):
        return True
    if scope.summary and clause.has("did_more"):
        return True
    if scope.listing and len(clause.words.split()) <= _LISTED_WORDS:
        return True
    listed = (scope.summary or scope.recap) and (clause.joined or scope.recap) and not clause.has("assertion")
    return listed or _continues(clause, scope)
