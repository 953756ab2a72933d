"""What a ledger is: the append-only log of events, one ticket at a time, with timers and effects beside it.

Two stores keep this promise, SQLite and PostgreSQL, and one contract suite holds them to it. Times are
milliseconds since the Unix epoch, by the store's own clock. Every key is led by its tenant.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from trustladder.core.containment import Lane
from trustladder.core.events import Event, Recorded
from trustladder.core.governance import Entry, JournalEvent
from trustladder.core.summary import TicketSummary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TicketKey:
    """Which ticket: its id within its tenant."""

    tenant: str
    ticket_id: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an idempotency key was answered: the digest of the request and the response as it went out."""

    fingerprint: str
    response: bytes


@dataclass(frozen=True, slots=True)
class Due:
    """A timer or an effect that is owed: one row, claimed by one worker at a time.

    ``uniq`` names it within its ticket: scheduling the same name again replaces the row that is not done.
    ``due_ms`` is when it may be claimed first, ``attempts`` how often it has been claimed. ``fence`` is drawn anew
    by every change of the row: what a worker does with an old one has no effect. ``note`` says why it was put
    back or given up.
    """

    kind: str
    key: TicketKey
    due_ms: int
    uniq: str
    payload: bytes = b""
    attempts: int = 0
    fence: int = 0
    note: str = ""


class DueState(StrEnum):
    """Where a due row stands: still owed (also while leased), done, or given up and waiting for a person."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the cursor that continues it; an empty cursor ends it."""

    rows: tuple[TicketSummary, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Fed:
    """An event in the feed: its place in the ledger's global order, its ticket, and the event as recorded.

    Sequences rise but are not dense. Within a ticket they agree with the positions.
    """

    sequence: int
    key: TicketKey
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Link:
    """A stored event as the hash chain sees it: the bytes that were written and the digest that seals them."""

    position: int
    at_ms: int
    type: str
    payload: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """The hash chain of a ticket: the position and digest that the ticket's row holds, and its links, oldest first."""

    position: int
    head: bytes
    links: tuple[Link, ...]


class Transaction(Protocol):
    """One ticket, locked: nobody else writes to it until the transaction ends."""

    @property
    def key(self) -> TicketKey:
        """The ticket that is locked."""
        ...

    @property
    def position(self) -> int:
        """The position of the ticket's last event, 0 before the first; it moves with `append`."""
        ...

    @property
    def now_ms(self) -> int:
        """The store's clock when the lock was taken, never before the ticket's last event. Events get this time."""
        ...

    def history(self, after: int = 0) -> tuple[Recorded, ...]:
        """Return the ticket's events with a position above ``after``, oldest first, those appended here included."""
        ...

    def append(self, events: Sequence[Event], expected: int) -> tuple[Recorded, ...]:
        """Append events after position ``expected``.

        Raises PositionConflict when the ticket stands elsewhere, BadInput when an event cannot be stored
        as it is, SilenceViolation when the store refuses a released bot message (law 1).
        """
        ...

    def remembered(self, idempotency_key: str) -> Remembered | None:
        """Return what this key was answered on this ticket, or None."""
        ...

    def remember(self, idempotency_key: str, fingerprint: str, response: bytes) -> None:
        """Keep the answer to a key. Raises IdempotencyConflict when the key has one already."""
        ...

    def project(self, summary: TicketSummary) -> None:
        """Write the ticket's row for lists. Raises BadInput when it is of another position or lane than the ticket."""
        ...

    def schedule(self, due: Due) -> None:
        """Owe a timer or effect of this ticket, in place of the row of the same ``uniq`` that is not done."""
        ...

    def withdraw(self, uniq_prefix: str) -> None:
        """Drop this ticket's rows whose ``uniq`` starts so and that are not done; a worker's claim on one lapses."""
        ...


class Ledger(Protocol):
    """The event log of all tickets. Safe to share between threads; several processes may open the same store.

    Every method raises LedgerUnavailable when the store cannot be reached or does not answer in time.
    """

    def transact(self, key: TicketKey, work: Callable[[Transaction], T], timeout_ms: int | None = None) -> T:
        """Run ``work`` with the ticket locked; commit when it returns, roll back when it raises, then answer.

        ``work`` may run more than once (after a deadlock or a lost connection) and, on SQLite, in the ledger's
        writer thread together with other tickets' work: it must be quick, pure but for the transaction, and must
        not call ``transact``. The answer comes after a durable commit. LedgerUnavailable while committing
        leaves the outcome open: ask again with the same idempotency key.
        """
        ...

    def history(self, key: TicketKey, after: int = 0) -> tuple[Recorded, ...]:
        """Return the committed events of a ticket above position ``after``, oldest first."""
        ...

    def summary(self, key: TicketKey) -> TicketSummary | None:
        """Return the ticket's row, or None when it has none."""
        ...

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
        """Return tickets newest first. A filter left empty admits all; a ticket keeps its place while pages are read.

        Raises BadInput for a cursor that is not one of this ledger's.
        """
        ...

    def counts(self, tenant: str) -> Mapping[Lane, int]:
        """Return how many tickets stand in each lane; every lane is there."""
        ...

    def keys(self, tenant: str | None = None) -> Iterator[TicketKey]:
        """Yield the tickets that have events, oldest first, of one tenant or of all."""
        ...

    def feed(self, after: int, limit: int = 500, tenant: str | None = None, types: Collection[str] = ()) -> list[Fed]:
        """Return committed events in global order, after sequence ``after``; of some types, or of all.

        What commits later never gets a sequence at or below one that was returned: who goes on from the last
        one misses nothing.
        """
        ...

    def claim_due(self, kinds: Collection[str], limit: int, lease_ms: int) -> list[Due]:
        """Claim rows that are due, longest overdue first; nobody else gets them for ``lease_ms``."""
        ...

    def finish_due(self, due: Due) -> bool:
        """Mark a claimed row done. False when the claim has lapsed: leased anew, rescheduled or withdrawn."""
        ...

    def retry_due(self, due: Due, at_ms: int, note: str = "") -> bool:
        """Give a claimed row back, to be claimed from ``at_ms`` on; also brings a dead row back. False as above."""
        ...

    def dead_due(self, due: Due, note: str) -> bool:
        """Give a claimed row up and say why: no worker gets it again by itself. False as above."""
        ...

    def list_due(
        self,
        state: DueState = DueState.DEAD,
        *,
        tenant: str | None = None,
        key: TicketKey | None = None,
        kinds: Collection[str] = (),
        limit: int = 100,
    ) -> list[Due]:
        """Return due rows in a state, earliest due first, without claiming them: the dead-letter view by default."""
        ...

    def prune_due(self, before_ms: int, limit: int = 1_000) -> int:
        """Forget at most ``limit`` rows that are done and were due before a moment; return how many were forgotten."""
        ...

    def without_due(self, kind: str, lanes: Collection[Lane], limit: int = 100) -> list[TicketKey]:
        """Return tickets in these lanes with no waiting row of ``kind``: a proof of law 3 must find none."""
        ...

    def chain(self, key: TicketKey) -> Chain:
        """Return the ticket's hash chain as stored, for `trustladder.ledger.chain.verify`."""
        ...

    def journal(self, tenant: str, after: int = 0) -> tuple[Entry, ...]:
        """Return a tenant's journal above position ``after``, oldest first."""
        ...

    def note(self, tenant: str, event: JournalEvent, expected: int) -> Entry:
        """Append an event to a tenant's journal after position ``expected``.

        Raises PositionConflict when somebody else has appended meanwhile, BadInput for what cannot be stored.
        """
        ...

    def journal_checked(self, tenant: str) -> int:
        """Return how many entries of a tenant's journal are sealed as they stand. Raises LedgerTampered otherwise."""
        ...

    def say_here(self, place: str, here: bytes, for_ms: int) -> None:
        """Let other processes know for a while who is here, in place of what this place said before; 0 takes it back.

        It is no part of the log: it may be lost, and nothing may rest on it.
        """
        ...

    def elsewhere(self, place: str) -> list[bytes]:
        """Return what other places have said and what has not run out."""
        ...

    def now_ms(self) -> int:
        """Return the store's clock."""
        ...

    def ping(self) -> None:
        """Return when the store answers and can be written to; raise LedgerUnavailable otherwise."""
        ...

    def close(self) -> None:
        """Finish what was accepted and let go of the store. May be called twice."""
        ...
