"""Who has which ticket open in other processes of the service: each says it in the store, for a while."""

import time
from collections.abc import Collection
from typing import NamedTuple
from uuid import uuid4

import msgspec

from trustladder.ledger.protocol import Ledger

SAY_AGAIN_SECONDS = 5.0
GONE_MS = 15_000
"""How long a process that died is still believed to show its pages."""


class Present(NamedTuple):
    """Somebody who has a ticket open, and whether they are writing there just now."""

    tenant: str
    ticket_id: str
    person_id: str
    writing: bool


class Elsewhere:
    """One process's part in it. Not safe to share: one exchange at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._place = uuid4().hex
        self._said: frozenset[Present] = frozenset()
        self._said_at = 0.0
        self.present: frozenset[Present] = frozenset()

    def exchange(self, here: Collection[Present]) -> set[tuple[str, str]]:
        """Say who is here, and hear who is elsewhere; return the tickets (tenant, id) for which that has changed.

        Nothing is written while nothing changes, but now and then that it is still so. Raises LedgerUnavailable.
        """
        now_here = frozenset(here)
        stale = bool(now_here) and time.monotonic() - self._said_at > SAY_AGAIN_SECONDS
        if now_here != self._said or stale:
            self._ledger.say_here(self._place, msgspec.json.encode(sorted(now_here)), GONE_MS if now_here else 0)
            self._said, self._said_at = now_here, time.monotonic()
        told = (msgspec.json.decode(said, type=list[Present]) for said in self._ledger.elsewhere(self._place))
        before, self.present = self.present, frozenset(one for said in told for one in said)
        return {(one.tenant, one.ticket_id) for one in before ^ self.present}

    def forget(self) -> None:
        """Forget who is elsewhere: nobody here asks any more, and it will not be true for long."""
        self.present = frozenset()
