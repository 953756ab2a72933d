"""The hash chain of a ticket: each event is sealed with the digest of the one before it.

SHA-256 over the previous digest and the length-prefixed fields of the event as they were written. Whoever changes,
drops or inserts an event in the middle breaks every later link; the ticket's row holds the newest digest, so that
dropping the last events shows too. Whoever may rewrite the whole store can forge a whole chain: against that,
digests must be kept elsewhere.
"""

import hashlib

from trustladder.errors import LedgerTampered
from trustladder.ledger.protocol import Ledger, TicketKey


def seal(previous: bytes, key: TicketKey, position: int, at_ms: int, kind: str, payload: bytes) -> bytes:
    """Return the digest (32 bytes) that seals an event after ``previous`` (empty for a ticket's first)."""
    digest = hashlib.sha256(previous)
    for part in (key.tenant, key.ticket_id, str(position), str(at_ms), kind):
        raw = part.encode()
        digest.update(b"%d:" % len(raw) + raw)
    digest.update(payload)
    return digest.digest()


def verify(ledger: Ledger, key: TicketKey) -> int:
    """Return how many events of a ticket are sealed as they stand; raise LedgerTampered at the first that is not."""
    chain = ledger.chain(key)
    previous = b""
    for expected, link in enumerate(chain.links, start=1):
        digest = seal(previous, key, expected, link.at_ms, link.type, link.payload)
        if link.position != expected or digest != link.digest:
            raise _tampered(key, f"event {expected} is not the one that was written")
        previous = digest
    if chain.position != len(chain.links) or chain.head != previous:
        raise _tampered(key, f"{chain.position} events were written, {len(chain.links)} are there")
    return len(chain.links)


def verify_all(ledger: Ledger, tenant: str | None = None) -> int:
    """Verify the chains of all tickets, of one tenant or of all; return how many events were checked."""
    return sum(verify(ledger, key) for key in ledger.keys(tenant))


def _tampered(key: TicketKey, what: str) -> LedgerTampered:
    return LedgerTampered(
        what,
        where=f"ticket {key.tenant}/{key.ticket_id}",
        fix="compare with a backup; decisions on this ticket after that event cannot be relied on",
    )
