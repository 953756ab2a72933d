"""Ticket types recognised in a customer's words, and an honest nothing where none is.

A recognised type can raise the base of the risk and never lower it (law 6), so the costly mistake is to miss a
trust-critical one: cues for money, security and law name their types by themselves. Beside them stands a
classifier made from the policy's own examples, or plain likeness to an example where there are too few.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from trustladder.core.policy import Policy
from trustladder.core.ticket import Role
from trustladder.detect.repetition import content, overlap
from trustladder.detect.scene import Scene
from trustladder.detect.text import Read
from trustladder.detect.vectors import vector

ALIKE = 0.5
"""From which weighed overlap a message is taken to be of an example's type."""
LEAST_CUE = 70
"""The least strength of a cue that names a type by itself."""
LEAST_EXAMPLES = 5
"""How many examples every one of at least two types needs before a classifier is made of them."""
UNKNOWN_STRENGTH = 40
"""The strength of `out_of_scope` for a message that is just outside every type."""

NAMES_BY_CUE: Mapping[str, frozenset[str]] = {
    "payment": frozenset({"billing", "payment", "payments", "refund", "refunds", "invoice", "invoices", "charges"}),
    "security": frozenset({"security", "account_access", "account_security", "fraud", "access", "login"}),
    "legal_or_safety": frozenset({"legal", "compliance", "safety", "regulatory", "complaint", "complaints"}),
    "churn_threat": frozenset({"cancellation", "churn", "retention", "cancel"}),
    "technical_ambiguity": frozenset({"technical", "troubleshooting", "bug", "outage", "incident", "technical_issue"}),
    "entitlement": frozenset({"entitlement", "plan", "subscription", "licence", "license"}),
}
"""The names of ticket types that a signal's cues stand for."""


@dataclass(frozen=True, slots=True)
class TypeReading:
    """What the classifier made of a message: the type's name, if any, and how sure it is, 0 to 100 (50 decides)."""

    names: tuple[str, ...]
    sure: int


@lru_cache(maxsize=16)
def _classifier(examples: tuple[tuple[str, tuple[str, ...]], ...]) -> Any:
    from trustladder.detect.meaning.types import TypeClassifier

    return TypeClassifier.fit(dict(examples))


_Taught = tuple[tuple[str, tuple[str, ...]], ...]


def _taught(policy: Policy) -> _Taught:
    return _lessons(policy).taught


def prepare_types(policy: Policy) -> None:
    """Learn a policy's types before its first turn, so that no customer waits for it (tenths of a second).

    Raises `ModelUnusable` when the encoder's file is missing or changed.
    """
    taught = _taught(policy)
    if len(taught) > 1:
        _classifier(taught)


def type_reading(scene: Scene) -> TypeReading | None:
    """Return what the classifier says, None where the policy gives too few examples for one."""
    taught = _taught(scene.policy)
    if len(taught) < 2:
        return None
    if "type" not in scene.text.memo or scene.text.memo["type"][0] != scene.policy.digest:
        scene.text.memo["type"] = (scene.policy.digest, _read_type(_classifier(taught), scene.text))
    reading: TypeReading = scene.text.memo["type"][1]
    return reading


def _read_type(classifier: Any, text: Read) -> TypeReading:
    name, sure = classifier.classify_vector(vector(text))
    return TypeReading(() if name is None else (name,), sure)


def recognised_types(scene: Scene) -> tuple[str, ...]:
    """Return the policy's types that a customer's turn shows, in the policy's order; nothing is honest unknown."""
    if scene.role is not Role.CUSTOMER or not scene.turn.text.strip():
        return ()
    named = _by_cue(scene) | _by_meaning(scene)
    return tuple(name for name in scene.policy.ticket_types if name in named)


def _by_cue(scene: Scene) -> set[str]:
    cues = scene.hits.keys() & NAMES_BY_CUE.keys()
    strong = [NAMES_BY_CUE[cue] for cue in cues if scene.hits[cue][0].strength >= LEAST_CUE]
    return scene.policy.ticket_types.keys() & frozenset().union(*strong) if strong else set()


def _by_meaning(scene: Scene) -> set[str]:
    if len(content(scene.text)) < 2:
        return set()
    reading = type_reading(scene)
    taught = set(reading.names) if reading is not None else set()
    return taught | _by_example(scene)


def _by_example(scene: Scene) -> set[str]:
    own, lessons = content(scene.text), _lessons(scene.policy)
    shared = Counter(chain.from_iterable(map(lessons.places.get, own, repeat(()))))
    # No word weighs as much as the least overlap: whatever shares only one shares nothing.
    likely = [lessons.examples[place] for place, words in shared.items() if words > 1]
    return {name for name, example in likely if overlap(own, example) >= ALIKE}


@dataclass(frozen=True, slots=True)
class _Lessons:
    """What a policy's examples teach: sentences by type, where there are enough, and their words.

    ``places`` are the examples, by place, in which a stem stands.
    """

    policy: Policy
    taught: _Taught
    examples: tuple[tuple[str, Mapping[str, float]], ...]
    places: Mapping[str, tuple[int, ...]]


_LESSONS: dict[int, _Lessons] = {}
_MOST_POLICIES = 16


def _lessons(policy: Policy) -> _Lessons:
    """Return what a policy teaches, remembered by the policy itself: digests of made-up ones may be equal."""
    held = _LESSONS.get(id(policy))
    if held is None or held.policy is not policy:
        if len(_LESSONS) >= _MOST_POLICIES:
            _LESSONS.clear()
        held = _LESSONS[id(policy)] = _learned(policy)
    return held


def _learned(policy: Policy) -> _Lessons:
    kinds = policy.ticket_types.values()
    examples = tuple((kind.name, content(Read(sentence))) for kind in kinds for sentence in kind.examples)
    places: dict[str, list[int]] = {}
    for place, (_, words) in enumerate(examples):
        for word in words:
            places.setdefault(word, []).append(place)
    return _Lessons(
        policy,
        tuple((kind.name, kind.examples) for kind in kinds if len(kind.examples) >= LEAST_EXAMPLES),
        examples,
        {word: tuple(found) for word, found in places.items()},
    )
