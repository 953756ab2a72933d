"""The half of a ledger that is the same on both stores; a store adds how a session is opened and committed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

from trustladder.core.containment import Lane
from trustladder.core.events import Recorded
from trustladder.core.governance import Entry, JournalEvent
from trustladder.core.summary import TicketSummary
from trustladder.errors import LedgerUnreadable
from trustladder.ledger import journal, reading
from trustladder.ledger.protocol import Chain, Due, DueState, Fed, Page, TicketKey
from trustladder.ledger.statements import Session
from trustladder.ledger.transaction import checked_key, checked_name, draw_fence, read_history

R = TypeVar("R")
Clock = Callable[[], int]
"""Gives milliseconds since the Unix epoch."""


class StoredLedger(ABC):
    """See `trustladder.ledger.protocol.Ledger` for what each method promises."""

    def __init__(self, clock: Clock | None) -> None:
        self._clock = clock

    @abstractmethod
    def _read(self, look: Callable[[Session], R]) -> R:
        """Look at what is committed."""

    @abstractmethod
    def _write(self, work: Callable[[Session], R]) -> R:
        """Run work that touches due rows only, in a transaction of its own."""

    def _clock_ms(self) -> int | None:
        return self._clock() if self._clock is not None else None

    def history(self, key: TicketKey, after: int = 0) -> tuple[Recorded, ...]:
        """Return the committed events of a ticket above position ``after``, oldest first."""
        checked_key(key)
        return self._read(lambda session: read_history(session, key, after))

    def summary(self, key: TicketKey) -> TicketSummary | None:
        """Return the ticket's row, or None when it has none."""
        checked_key(key)
        return self._read(lambda session: reading.summary(session, key))

    def summaries(
        self,
        tenant: str,
        *,
        lanes: Collection[Lane] = (),
        queue: str = "",
        account_id: str = "",
        owner: str = "",
        limit: int = 100,
        cursor: str = "",
    ) -> Page:
        """Return tickets newest first; see the protocol."""
        checked_name("tenant", tenant)
        equal = {"queue": queue, "account_id": account_id, "owner": owner}
        return self._read(lambda session: reading.summaries(session, tenant, lanes, limit, cursor, **equal))

    def counts(self, tenant: str) -> Mapping[Lane, int]:
        """Return how many tickets stand in each lane."""
        checked_name("tenant", tenant)
        return self._read(lambda session: reading.counts(session, tenant))

    def keys(self, tenant: str | None = None) -> Iterator[TicketKey]:
        """Yield the tickets that have events, oldest first."""
        return reading.each_key(
            lambda after: self._read(lambda session: reading.keys_after(session, after, tenant)),
        )

    def feed(self, after: int, limit: int = 500, tenant: str | None = None, types: Collection[str] = ()) -> list[Fed]:
        """Return committed events in global order, after sequence ``after``."""
        return self._read(lambda session: reading.feed(session, after, limit, tenant, types))

    def claim_due(self, kinds: Collection[str], limit: int, lease_ms: int) -> list[Due]:
        """Claim rows that are due; see the protocol."""
        now_ms = self._clock_ms()

        def claim(session: Session) -> list[Due]:
            fence = draw_fence(session)
            rows = session.rows(
                "claim_due", kinds=sorted(kinds), limit=limit, lease_ms=lease_ms, now_ms=now_ms, fence=fence
            )
            return sorted(map(reading.due_of, rows), key=lambda due: due.due_ms)

        return self._write(claim)

    def finish_due(self, due: Due) -> bool:
        """Mark a claimed row done; False when the claim has lapsed."""
        return self._write(lambda session: session.change("finish_due", **_row(due))) == 1

    def retry_due(self, due: Due, at_ms: int, note: str = "") -> bool:
        """Give a claimed or dead row back, to be claimed from ``at_ms`` on."""

        def put_back(session: Session) -> int:
            fence = draw_fence(session)
            return session.change("retry_due", at_ms=at_ms, note=_noted(note), next_fence=fence, **_row(due))

        return self._write(put_back) == 1

    def dead_due(self, due: Due, note: str) -> bool:
        """Give a claimed row up and say why."""
        return self._write(lambda session: session.change("dead_due", note=_noted(note), **_row(due))) == 1

    def list_due(
        self,
        state: DueState = DueState.DEAD,
        *,
        tenant: str | None = None,
        key: TicketKey | None = None,
        kinds: Collection[str] = (),
        limit: int = 100,
    ) -> list[Due]:
        """Return due rows in a state, earliest due first, without claiming them."""
        return self._read(lambda session: reading.list_due(session, state, tenant, key, kinds, limit))

    def prune_due(self, before_ms: int, limit: int = 1_000) -> int:
        """Forget rows that are done and were due before a moment; return how many."""
        return self._write(lambda session: session.change("prune_due", before_ms=before_ms, limit=limit))

    def without_due(self, kind: str, lanes: Collection[Lane], limit: int = 100) -> list[TicketKey]:
        """Return tickets in these lanes with no waiting row of a kind."""
        return self._read(lambda session: reading.without_due(session, kind, lanes, limit))

    def journal(self, tenant: str, after: int = 0) -> tuple[Entry, ...]:
        """Return a tenant's journal above position ``after``, oldest first."""
        checked_name("tenant", tenant)
        return self._read(lambda session: journal.read(session, tenant, after))

    def note(self, tenant: str, event: JournalEvent, expected: int) -> Entry:
        """Append an event to a tenant's journal after position ``expected``; see the protocol."""
        checked_name("tenant", tenant)
        now_ms = self.now_ms()
        return self._write(lambda session: journal.append(session, tenant, event, expected, now_ms))

    def journal_checked(self, tenant: str) -> int:
        """Return how many entries of a tenant's journal are sealed as they stand."""
        return self._read(lambda session: journal.verify(session, tenant))

    def say_here(self, place: str, here: bytes, for_ms: int) -> None:
        """Let other processes know who is here; see the protocol."""
        now_ms = self.now_ms()

        def say(session: Session) -> None:
            session.change("say_here", place=checked_name("place", place), here=here, until_ms=now_ms + for_ms)
            session.change("forget_gone", now_ms=now_ms)

        self._write(say)

    def elsewhere(self, place: str) -> list[bytes]:
        """Return what other places have said; see the protocol."""
        now_ms = self.now_ms()
        found = self._read(lambda session: session.rows("elsewhere", place=place, now_ms=now_ms))
        return [bytes(here) for (here,) in found]

    @abstractmethod
    def now_ms(self) -> int:
        """Return the store's clock."""

    def chain(self, key: TicketKey) -> Chain:
        """Return the ticket's hash chain as stored."""
        checked_key(key)
        return self._read(lambda session: reading.chain(session, key))


def _row(due: Due) -> dict[str, object]:
    return {"tenant": due.key.tenant, "ticket_id": due.key.ticket_id, "uniq": due.uniq, "fence": due.fence}


def _noted(note: str) -> str:
    """Why a row was put back is a worker's free text: keep what both stores can hold of it."""
    return note.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def too_new(where: str, version: int, known: int) -> LedgerUnreadable:
    """Return the error for a schema that a newer trustladder has built."""
    return LedgerUnreadable(
        f"the ledger has schema version {version}, this trustladder knows versions up to {known}",
        where=where,
        fix="run the trustladder that wrote it, or a newer one",
    )


def not_a_ledger(where: str) -> LedgerUnreadable:
    """Return the error for a database that holds other things."""
    return LedgerUnreadable(
        "the database holds tables, and none of them is a ledger's", where=where, fix="give the ledger its own database"
    )
