"""Which layout a file is in, where its first bytes leave no doubt."""

import re

from trustladder.connect.exports.source import Source

_LOOKED_AT_BYTES = 1 << 16
_SIGNS = (
    ("betold", re.compile(rb'"utterances_annotations"\s*:')),
    ("maia", re.compile(rb'"floor"\s*:\s*"(?:inbound|outbound)"')),
    ("tau", re.compile(rb'^\s*\[\s*\{.*"traj"\s*:\s*\[', re.DOTALL)),
    ("tau", re.compile(rb'"simulations"\s*:|"simulation_runs"\s*:|"user_scenario"\s*:')),
    ("dbdc3", re.compile(rb'"dialogue-id"\s*:')),
)
_OWN_FORMAT = re.compile(rb'^\s*\{[^\n]*"conversation_id"\s*:')


def recognise(source: Source) -> str:
    """Return the name of the layout, or an empty string for our own format and for anything else."""
    head = source.head(_LOOKED_AT_BYTES)
    if head[257:262] == b"ustar":
        return "dbdc3"
    if _OWN_FORMAT.match(head):
        return ""
    return next((name for name, sign in _SIGNS if sign.search(head)), "")
