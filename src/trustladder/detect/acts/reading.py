"""What a draft does, read from its own text: ``acts_of``.

Recognition is positive for the mild acts only. A clause that is not recognisably an acknowledgement, a question, a
summary or triage counts as `inform`; a cue of a commitment makes it `resolve`. The definitions and the measured
error rates are in docs/reference/acts.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from trustladder.core.containment import Act, ToolCall
from trustladder.detect.acts.clauses import clauses, without_first_quotation
from trustladder.detect.acts.packs import LANGUAGES, cue_pack
from trustladder.detect.acts.plain import folded, unreadable, visible
from trustladder.detect.acts.sentences import sentences

_MILD = {
    "acknowledge": Act.ACKNOWLEDGE,
    "understood": Act.ACKNOWLEDGE,
    "gather": Act.GATHER,
    "ask": Act.GATHER,
    "summarise": Act.SUMMARISE,
    "triage": Act.TRIAGE,
}
_ORDER = tuple(Act)
_SURE, _RECOGNISED, _UNRECOGNISED = 95, 80, 40


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
    """What the clauses so far have opened: a summary or an acknowledgement that goes on, or a list."""

    act: Act | None = None
    summary: bool = False


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
    and `resolve`. Tools are judged by name in the gate; here they are only listed.
    """
    readings = _read_sentences(visible(text))
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
            readings.append((sentence, _read_sentence(plain, scope)))
    return readings


def _opaque() -> _Seen:
    return _Seen({Act.INFORM, Act.RESOLVE}, recognised=False)


def _read_sentence(plain: str, scope: _Scope) -> _Seen:
    seen = _Seen()
    asked = plain.rstrip("\"') ").endswith("?")
    if "summarise" in cue_pack().kinds(plain):
        plain = without_first_quotation(plain)
    for clause in clauses(plain):
        _read_clause(clause, cue_pack().kinds(clause), scope, asked, seen)
    return seen


def _read_clause(clause: str, kinds: frozenset[str], scope: _Scope, asked: bool, seen: _Seen) -> None:
    promised = [kind.removeprefix("promise.") for kind in sorted(kinds) if kind.startswith("promise.")]
    question = asked and "gather" in kinds
    if promised and not question:
        seen.promises += [kind for kind in promised if kind not in seen.promises]
        seen.acts.add(Act.TRIAGE)
    found = _authoritative(clause, kinds, scope, bool(promised), question)
    mild = _mild(kinds, asked)
    if found:
        seen.acts |= {found} | mild
    elif mild:
        seen.acts |= mild
        _open(scope, kinds, mild)
    elif not (promised or _adds_nothing(clause, kinds, scope, asked)):
        seen.acts.add(Act.INFORM)
        seen.recognised = False


def _authoritative(clause: str, kinds: frozenset[str], scope: _Scope, promised: bool, question: bool) -> Act | None:
    continued = scope.act is not None and "continues" in kinds
    told = "summarise" in kinds or (scope.summary and continued)
    attributed = told or "understood" in kinds or continued
    excused = "triage" in kinds or "allowed" in kinds or promised or attributed or question
    if "commit" in kinds and not question:
        return Act.RESOLVE
    if "verdict" in kinds and not told:
        return Act.RESOLVE
    if "soft" in kinds and not excused:
        return Act.RESOLVE
    if promised and "inform" in kinds and any(c.isdigit() for c in clause):
        return Act.RESOLVE
    return Act.INFORM if "inform" in kinds and not attributed else None


def _mild(kinds: frozenset[str], asked: bool) -> set[Act]:
    return {act for kind, act in _MILD.items() if kind in kinds and (asked or kind != "gather")}


def _open(scope: _Scope, kinds: frozenset[str], mild: set[Act]) -> None:
    scope.act = min(mild, key=_ORDER.index)
    scope.summary = scope.summary or "summarise" in kinds


def _adds_nothing(clause: str, kinds: frozenset[str], scope: _Scope, asked: bool) -> bool:
    if "filler" in kinds or (asked and "lead_in" in kinds):
        return True
    if scope.act is not None and ("continues" in kinds or scope.summary):
        return True
    return scope.act is Act.GATHER and len(clause.split()) <= 6
