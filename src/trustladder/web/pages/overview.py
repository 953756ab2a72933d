"""The first page: every ticket by lane."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response

from trustladder.core.containment import Lane
from trustladder.core.policy import Policy
from trustladder.core.summary import TicketSummary
from trustladder.desk.board import Rows
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.places import TheBoard
from trustladder.web.pages.render import html
from trustladder.web.pages.rows import LADDER, Row, riskiest_first, rows
from trustladder.web.pages.who import TheWho

SHOWN_IN_LANE = 25
MOST_FOUND = 50

router = APIRouter(route_class=PageRoute, include_in_schema=False)

MEANING = {
    Lane.AUTOMATED: "automation answers",
    Lane.CONTAINED: "automation only gathers",
    Lane.ESCALATED: "waits for a person",
    Lane.OWNED: "a person has it",
    Lane.RESOLVED: "closed",
}


@dataclass(frozen=True, slots=True)
class LaneColumn:
    """One lane: what it means, how many tickets stand in it, and the first of them."""

    word: str
    meaning: str
    count: int
    rows: list[Row]


def _ordered(held: Rows, lane: Lane, policy: Policy, now_ms: int) -> list[TicketSummary]:
    """Order a lane: the queue by business priority, automation by risk, the owned by deadline, the closed by time."""
    match lane:
        case Lane.ESCALATED:
            return held.waiting(policy, now_ms)
        case Lane.OWNED:
            return sorted(held.of(lane), key=lambda row: row.next_due_ms or row.updated_at_ms)
        case Lane.RESOLVED:
            return sorted(held.of(lane), key=lambda row: -row.updated_at_ms)
        case _:
            return riskiest_first(held.of(lane))


@router.get("/")
def overview(desk: TheDesk, board: TheBoard, tenant: Tenant, who: TheWho) -> Response:
    """Show the tickets by lane."""
    held, counts, now_ms = board.look(tenant), desk.ledger.counts(tenant), desk.ledger.now_ms()
    lanes = [
        LaneColumn(
            lane.word,
            MEANING[lane],
            counts[lane],
            rows(_ordered(held, lane, who.policy, now_ms)[:SHOWN_IN_LANE], who, now_ms),
        )
        for lane in LADDER
    ]
    context = {
        "who": who,
        "nav": "overview",
        "lanes": lanes,
        "now_ms": now_ms,
        "alarm": desk.policies.alarm,
        "sequence": held.sequence,
    }
    return html("overview.html", context)


@router.get("/find")
def find(
    desk: TheDesk,
    board: TheBoard,
    tenant: Tenant,
    who: TheWho,
    q: Annotated[str, Query(max_length=200)] = "",
    part: bool = False,
) -> Response:
    """Find tickets by id, subject, account or owner; ``part`` returns only the rows, for the command palette."""
    now_ms = desk.ledger.now_ms()
    found = rows(_found(board.look(tenant), q)[:MOST_FOUND], who, now_ms) if q.strip() else []
    template = "parts/found.html" if part else "find.html"
    return html(template, {"who": who, "nav": "find", "q": q, "found": found, "now_ms": now_ms})


def _found(held: Rows, q: str) -> list[TicketSummary]:
    words = q.casefold().split()
    matching = [
        row
        for row in list(held.by_id.values())
        if all(word in f"{row.ticket_id} {row.subject} {row.account_id} {row.owner}".casefold() for word in words)
    ]
    return sorted(matching, key=lambda row: (row.ticket_id != q.strip(), row.lane is Lane.RESOLVED, -row.updated_at_ms))
