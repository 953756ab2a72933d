"""The HTTP API of oversight: Queue Integrity, and the notifications that could not be delivered."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from trustladder.core.policy import HOUR_MS
from trustladder.desk.integrity import IntegrityBook
from trustladder.desk.outbox import bring_back, dead_letters
from trustladder.ledger.protocol import TicketKey
from trustladder.web import incoming, outgoing, present
from trustladder.web.api import PROBLEMS, Tenant, TheDesk

router = APIRouter(prefix="/v1", tags=["oversight"], responses=PROBLEMS)


def book_of(request: Request, desk: TheDesk) -> IntegrityBook:
    """Return the book of takings of this app, made when it is first asked for."""
    book = getattr(request.app.state, "integrity", None)
    if not isinstance(book, IntegrityBook):
        book = request.app.state.integrity = IntegrityBook(desk.ledger)
    return book


@router.get("/queue-integrity", summary="Queue Integrity, every inversion by name, and risk still in automation")
def get_integrity(
    request: Request,
    desk: TheDesk,
    tenant: Tenant,
    hours: Annotated[int, Query(ge=1, le=24 * 366)] = 24 * 7,
    limit: Annotated[int, Query(ge=0, le=1_000)] = 100,
) -> outgoing.IntegrityOut:
    """Return how far the order of taking agreed with the order of the business in the last hours."""
    since_ms = desk.ledger.now_ms() - hours * HOUR_MS
    return present.integrity(book_of(request, desk).report(tenant, since_ms), limit)


@router.get("/dead-letters", summary="Notifications that could not be delivered")
def get_dead_letters(
    desk: TheDesk, tenant: Tenant, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> outgoing.DeadLettersOut:
    """Return what was given up, the oldest first, with why."""
    return outgoing.DeadLettersOut(
        letters=[present.dead_letter(item) for item in dead_letters(desk.ledger, tenant, limit)]
    )


@router.post("/dead-letters/bring-back", summary="Deliver a dead letter again")
def post_bring_back(given: incoming.BringBackIn, desk: TheDesk, tenant: Tenant) -> outgoing.DeadLettersOut:
    """Let it be delivered from now on; return those that are still dead."""
    bring_back(desk.ledger, TicketKey(tenant, given.ticket), given.name)
    return get_dead_letters(desk, tenant)
