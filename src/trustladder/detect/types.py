"""Ticket types recognised in a customer's words, and an honest nothing where none is.

A recognised type can raise the base of the risk and never lower it (law 6), so the costly mistake is to miss a
trust-critical one: cues for money, security and law name their types by themselves.
"""

from collections.abc import Mapping
from functools import lru_cache

from trustladder.core.policy import Policy
from trustladder.core.ticket import Role
from trustladder.detect.repetition import content
from trustladder.detect.scene import Scene
from trustladder.detect.text import Read

ALIKE = 0.5
"""From which weighed overlap a message is taken to be of an example's type."""
LEAST_CUE = 70
"""The least strength of a cue that names a type by itself."""

NAMES_BY_CUE: Mapping[str, frozenset[str]] = {
    "payment": frozenset({"billing", "payment", "payments", "refund", "refunds", "invoice", "invoices", "charges"}),
    "security": frozenset({"security", "account_access", "account_security", "fraud", "access", "login"}),
    "legal_or_safety": frozenset({"legal", "compliance", "safety", "regulatory", "complaint", "complaints"}),
    "churn_threat": frozenset({"cancellation", "churn", "retention", "cancel"}),
    "technical_ambiguity": frozenset({"technical", "troubleshooting", "bug", "outage", "incident", "technical_issue"}),
    "entitlement": frozenset({"entitlement", "plan", "subscription", "licence", "license"}),
}
"""The names of ticket types that a signal's cues stand for."""


@lru_cache(maxsize=16)
def _examples(examples: tuple[tuple[str, str], ...]) -> tuple[tuple[str, Mapping[str, float]], ...]:
    return tuple((name, content(Read(sentence))) for name, sentence in examples)


def recognised_types(scene: Scene) -> tuple[str, ...]:
    """Return the policy's types that a customer's turn shows, in the policy's order; nothing is honest unknown."""
    if scene.role is not Role.CUSTOMER or not scene.turn.text.strip():
        return ()
    named = _by_cue(scene) | _by_example(scene)
    return tuple(name for name in scene.policy.ticket_types if name in named)


def _by_cue(scene: Scene) -> set[str]:
    strong = {name for name, hits in scene.hits.items() if hits[0].strength >= LEAST_CUE}
    names = {name for cue in strong & NAMES_BY_CUE.keys() for name in NAMES_BY_CUE[cue]}
    return names & scene.policy.ticket_types.keys()


def _by_example(scene: Scene) -> set[str]:
    own = content(scene.text)
    if not own:
        return set()
    return {name for name, example in _examples(_sentences(scene.policy)) if _covers(own, example) >= ALIKE}


def _sentences(policy: Policy) -> tuple[tuple[str, str], ...]:
    return tuple((t.name, sentence) for t in policy.ticket_types.values() for sentence in t.examples)


def _covers(own: Mapping[str, float], example: Mapping[str, float]) -> float:
    shared = sum(example[word] for word in own.keys() & example.keys())
    total = sum(own.values()) + sum(example.values())
    return 2 * shared / total if shared >= 3 else 0.0
