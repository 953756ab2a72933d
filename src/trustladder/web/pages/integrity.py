"""Queue Integrity, live: how far people took tickets in the order of the business, and every inversion by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from trustladder.core.policy import HOUR_MS
from trustladder.core.queueing import Inversion
from trustladder.desk.board import Rows
from trustladder.desk.integrity import IntegrityBook
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.oversight import book_of
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.places import TheBoard
from trustladder.web.pages.render import html, path_part
from trustladder.web.pages.rows import rows
from trustladder.web.pages.who import TheWho, Who, name_of

PERIODS = {8: "8 hours", 24: "24 hours", 24 * 7: "7 days", 24 * 30: "30 days"}
SHOWN_INVERSIONS = 50
SHOWN_AT_RISK = 25

WHY_ALLOWED = {
    "queue": "waits in a queue that they do not work",
    "language": "is in a language that they do not speak",
    "authority": "needs more authority than they have",
    "hours": "waits in a queue that was closed",
}

TheBook = Annotated[IntegrityBook, Depends(book_of)]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A ticket by its id, where it is shown, and its subject as far as the board knows it."""

    id: str
    href: str
    subject: str


@dataclass(frozen=True, slots=True)
class Passing:
    """One inversion for people: who took what before what, when, how much more pressing that was, and why it may be."""

    who: str
    at_ms: int
    taken: Named
    passed_over: Named
    queue: str
    times_higher: float
    allowed: str


def _named(ticket_id: str, held: Rows) -> Named:
    row = held.by_id.get(ticket_id)
    return Named(ticket_id, f"/tickets/{path_part(ticket_id)}", row.subject if row is not None else "")


def passings(inversions: Iterable[Inversion], held: Rows, who: Who) -> list[Passing]:
    """Return inversions as the page tells them, in their order."""
    return [
        Passing(
            name_of(who.policy, item.person_id),
            item.at_ms,
            _named(item.taken, held),
            _named(item.passed_over, held),
            item.queue,
            item.times_higher,
            WHY_ALLOWED.get(item.allowed, item.allowed),
        )
        for item in inversions
    ]


@router.get("/integrity")
def integrity_page(
    desk: TheDesk,
    board: TheBoard,
    book: TheBook,
    tenant: Tenant,
    who: TheWho,
    hours: Annotated[int, Query(ge=1, le=24 * 366)] = 24,
) -> Response:
    """Show Queue Integrity over the last hours, its inversions, and the high risk that automation still holds."""
    held, now_ms = board.look(tenant), desk.ledger.now_ms()
    report = book.report(tenant, now_ms - hours * HOUR_MS)
    told = passings(report.integrity.inversions, held, who)
    without = [item for item in told if not item.allowed]
    allowed = [item for item in told if item.allowed]
    context = {
        "who": who,
        "nav": "integrity",
        "hours": hours,
        "periods": PERIODS,
        "integrity": report.integrity,
        "inversions": without[:SHOWN_INVERSIONS],
        "allowed": allowed[:SHOWN_INVERSIONS],
        "at_risk": rows(report.still_automated[:SHOWN_AT_RISK], who, now_ms),
        "at_risk_count": len(report.still_automated),
        "sequence": held.sequence,
        "now_ms": now_ms,
    }
    return html("integrity.html", context)
