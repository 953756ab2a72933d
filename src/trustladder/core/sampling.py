"""Drawing by hash: who belongs to a sample or a canary is a pure function of names, so a replay draws the same."""

import hashlib

_UNIT = 2**64


def share_of(*names: object) -> float:
    """Return a number in 0 ≤ x < 1 that these names always give and that is uniform over names (SHA-256)."""
    digest = hashlib.sha256("\x1f".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8]) / _UNIT


def is_drawn(percent: float, *names: object) -> bool:
    """True for ``percent`` of all names, each with that probability and independently of the others."""
    return share_of(*names) * 100 < percent
