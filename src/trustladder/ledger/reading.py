"""What both stores read in the same way: rows of tickets, the feed, due rows, hash chains."""

from collections.abc import Callable, Collection, Iterator, Mapping

from trustladder.core.containment import Lane
from trustladder.core.events import Recorded
from trustladder.core.summary import TicketSummary
from trustladder.errors import BadInput
from trustladder.ledger.codec import decode_event, decode_summary
from trustladder.ledger.protocol import Chain, Due, DueState, Fed, Link, Page, TicketKey
from trustladder.ledger.statements import Row, Session
from trustladder.ledger.transaction import checked_name

NO_END = 2**63 - 1
BATCH_KEYS = 1_000


def summary(session: Session, key: TicketKey) -> TicketSummary | None:
    """Return the ticket's row, or None when it has none."""
    found = session.rows("summary", tenant=key.tenant, ticket_id=key.ticket_id)
    return decode_summary(found[0][0]) if found else None


def summaries(session: Session, tenant: str, lanes: Collection[Lane], limit: int, cursor: str, **equal: str) -> Page:
    """Return a page of tickets, newest first. ``equal`` are columns with the value they must have, empty for any."""
    given = {column: checked_name(column, value) for column, value in equal.items() if value}
    filters = _in("lane", lanes) + "".join(f" AND {column} = :{column}" for column in given)
    before = _ordinal(cursor)
    found = session.rows(
        "summaries", f"{filters} AND ordinal < :before", tenant=tenant, before=before, limit=limit + 1, **given
    )
    rows = found[:limit]
    more = str(rows[-1][0]) if len(found) > limit and rows else ""
    return Page(tuple(decode_summary(text) for _, text in rows), more)


def counts(session: Session, tenant: str) -> Mapping[Lane, int]:
    """Return how many tickets stand in each lane; every lane is there."""
    found = {Lane(lane): number for lane, number in session.rows("counts", tenant=tenant)}
    return {lane: found.get(lane, 0) for lane in Lane}


def keys_after(session: Session, after: int, tenant: str | None) -> list[tuple[int, TicketKey]]:
    """Return the next tickets, at most `BATCH_KEYS`, with the number that continues the list."""
    filters, values = _of_tenant(tenant)
    found = session.rows("keys", filters, after=after, limit=BATCH_KEYS, **values)
    return [(ordinal, TicketKey(*names)) for ordinal, *names in found]


def feed(
    session: Session,
    after: int,
    limit: int,
    tenant: str | None,
    types: Collection[str] = (),
    horizon: int = NO_END,
) -> list[Fed]:
    """Return events in global order, above ``after`` and up to ``horizon``; of some types, or of all."""
    filters, values = _of_tenant(tenant)
    named = {f"type_{index}": name for index, name in enumerate(sorted(types))}
    if named:
        filters += f" AND type IN ({', '.join(f':{name}' for name in named)})"
        values.update(named)
    found = session.rows("feed", filters, after=after, limit=limit, horizon=horizon, **values)
    return [
        Fed(sequence, TicketKey(held, ticket_id), Recorded(position, at_ms, decode_event(kind, payload.encode())))
        for sequence, held, ticket_id, position, at_ms, kind, payload in found
    ]


def chain(session: Session, key: TicketKey) -> Chain:
    """Return the ticket's hash chain as stored; an unknown ticket has an empty one."""
    found = session.rows("chain", tenant=key.tenant, ticket_id=key.ticket_id)
    if not found:
        return Chain(0, b"", ())
    links = tuple(
        Link(position, at_ms, kind, payload.encode(), bytes(digest))
        for _, _, position, at_ms, kind, payload, digest in found
        if position is not None
    )
    return Chain(found[0][0], bytes(found[0][1]), links)


def list_due(
    session: Session,
    state: DueState,
    tenant: str | None,
    key: TicketKey | None,
    kinds: Collection[str],
    limit: int,
) -> list[Due]:
    """Return due rows in a state, earliest due first."""
    filters, values = _of_tenant(key.tenant if key is not None else tenant)
    if key is not None:
        filters += " AND ticket_id = :ticket_id"
        values["ticket_id"] = key.ticket_id
    named = {f"kind_{index}": kind for index, kind in enumerate(sorted(kinds))}
    if named:
        filters += f" AND kind IN ({', '.join(f':{name}' for name in named)})"
    found = session.rows("list_due", filters, state=state.value, limit=limit, **values, **named)
    return [due_of(row) for row in found]


def without_due(session: Session, kind: str, lanes: Collection[Lane], limit: int) -> list[TicketKey]:
    """Return tickets in these lanes with no waiting row of a kind."""
    return [TicketKey(*row) for row in session.rows("without_due", _in("lane", lanes), kind=kind, limit=limit)]


def due_of(row: Row) -> Due:
    """Return the due row that a statement returned."""
    kind, tenant, ticket_id, due_ms, uniq, payload, attempts, fence, note = row
    return Due(kind, TicketKey(tenant, ticket_id), due_ms, uniq, bytes(payload), attempts, fence, note)


def each_key(read: Callable[[int], list[tuple[int, TicketKey]]]) -> Iterator[TicketKey]:
    """Yield all keys, reading a batch at a time, so that nothing is held open between two of them."""
    batch = read(0)
    while batch:
        yield from (key for _, key in batch)
        batch = read(batch[-1][0])


def _of_tenant(tenant: str | None) -> tuple[str, dict[str, object]]:
    return ("", {}) if tenant is None else (" AND tenant = :tenant", {"tenant": tenant})


def _in(column: str, lanes: Collection[Lane]) -> str:
    return f" AND {column} IN ({', '.join(str(int(lane)) for lane in sorted(lanes))})" if lanes else ""


def _ordinal(cursor: str) -> int:
    if not cursor:
        return NO_END
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < len(str(NO_END))):
        raise BadInput(f"{cursor!r} is not a cursor of this list", fix="use the cursor of the page before, unchanged")
    return int(cursor)
