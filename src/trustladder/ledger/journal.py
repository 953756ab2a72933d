"""A tenant's journal in the store: appended at an expected position, sealed like a ticket's log, never changed."""

from trustladder.core.governance import Entry, JournalEvent
from trustladder.errors import LedgerTampered, PositionConflict
from trustladder.ledger.chain import seal
from trustladder.ledger.codec import decode_entry, encode_event
from trustladder.ledger.protocol import TicketKey
from trustladder.ledger.statements import Session


def read(session: Session, tenant: str, after: int) -> tuple[Entry, ...]:
    """Return the entries above a position, oldest first."""
    found = session.rows("journal", tenant=tenant, after=after)
    return tuple(
        Entry(position, at_ms, decode_entry(kind, payload.encode())) for position, at_ms, kind, payload, _ in found
    )


def append(session: Session, tenant: str, event: JournalEvent, expected: int, now_ms: int) -> Entry:
    """Append one entry. Raises PositionConflict when the journal does not stand at ``expected``."""
    kind, payload = encode_event(event)
    position, last_ms, head = _last(session, tenant)
    at_ms = max(now_ms, last_ms)
    digest = seal(head, _key(tenant), expected + 1, at_ms, kind, payload)
    values = {"position": expected + 1, "at_ms": at_ms, "type": kind, "payload": payload.decode(), "digest": digest}
    if position != expected or not session.change("append_journal", tenant=tenant, **values):
        raise PositionConflict(
            f"the journal of {tenant!r} does not stand at {expected} any more", fix="look at it again, then decide"
        )
    return Entry(expected + 1, at_ms, event)


def verify(session: Session, tenant: str) -> int:
    """Return how many entries are sealed as they stand. Raises LedgerTampered at the first that is not."""
    previous = b""
    found = session.rows("journal", tenant=tenant, after=0)
    for expected, (position, at_ms, kind, payload, digest) in enumerate(found, start=1):
        sealed = seal(previous, _key(tenant), expected, at_ms, kind, payload.encode())
        if position != expected or sealed != bytes(digest):
            raise LedgerTampered(f"entry {expected} is not the one that was written", where=f"journal of {tenant}")
        previous = sealed
    return len(found)


def _last(session: Session, tenant: str) -> tuple[int, int, bytes]:
    for position, at_ms, digest in session.rows("journal_last", tenant=tenant):
        return position, at_ms, bytes(digest)
    return 0, 0, b""


def _key(tenant: str) -> TicketKey:
    return TicketKey(tenant, "")
