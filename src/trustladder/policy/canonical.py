"""A policy's canonical form and its digest: what it means, whatever its comments and layout."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from hashlib import sha256

from trustladder.core.policy import Policy

_NOT_MEANT = frozenset({"digest", "compiled", "relevant_signals"})
_ORDERED = frozenset({"queues", "people"})
"""Maps in which the order means something: of two queues that serve a ticket, the first gets it."""


def canonical(policy: Policy) -> str:
    """Return the policy as JSON with sorted keys and no white space: equal for policies that decide alike."""
    return json.dumps(_plain(policy), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def with_digest(policy: Policy) -> Policy:
    """Return the policy with its digest: SHA-256 of the canonical form, in hex."""
    return replace(policy, digest=sha256(canonical(policy).encode()).hexdigest())


def _plain(value: object, name: str = "") -> object:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), f.name) for f in fields(value) if f.name not in _NOT_MEANT}
    if isinstance(value, Mapping):
        plain = {str(key): _plain(held) for key, held in value.items()}
        return list(plain.items()) if name in _ORDERED else plain
    if isinstance(value, tuple | list):
        return [_plain(held) for held in value]
    return value
