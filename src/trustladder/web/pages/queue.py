"""The queue: who waits for a person, in the order of the business; what is mine; what automation still has at risk."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query, Response

from trustladder.core.containment import Lane
from trustladder.core.summary import TicketSummary
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.pages.board import Rows
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.places import TheBoard
from trustladder.web.pages.render import html
from trustladder.web.pages.rows import riskiest_first, row, rows
from trustladder.web.pages.who import TheWho, Who

SHOWN_WAITING = 50
SHOWN_AT_RISK = 15

router = APIRouter(route_class=PageRoute, include_in_schema=False)

OneQueue = Annotated[str, Query(max_length=200)]


def _within(summaries: Collection[TicketSummary], queue: str) -> list[TicketSummary]:
    return [summary for summary in summaries if not queue or summary.queue == queue]


def _mine(held: Rows, who: Who) -> list[TicketSummary]:
    own = [row for row in held.of(Lane.OWNED) if row.owner == who.id]
    return sorted(own, key=lambda row: row.next_due_ms or row.updated_at_ms)


@router.get("/queue")
def queue_page(desk: TheDesk, board: TheBoard, tenant: Tenant, who: TheWho, queue: OneQueue = "") -> Response:
    """Show the workspace's queue."""
    held, now_ms = board.look(tenant), desk.ledger.now_ms()
    waiting = _within(held.waiting(who.policy, now_ms), queue)
    in_automation = riskiest_first(held.of(Lane.AUTOMATED, Lane.CONTAINED))
    context = {
        "who": who,
        "nav": "queue",
        "queue": queue,
        "queues": list(who.policy.queues),
        "waiting": rows(waiting[:SHOWN_WAITING], who, now_ms),
        "waiting_count": len(waiting),
        "mine": rows(_mine(held, who), who, now_ms),
        "at_risk": rows(in_automation[:SHOWN_AT_RISK], who, now_ms),
        "in_automation_count": len(in_automation),
        "sequence": held.sequence,
        "now_ms": now_ms,
        "alarm": desk.policies.alarm,
    }
    return html("queue.html", context)


@router.get("/queue/news")
def news(
    desk: TheDesk,
    board: TheBoard,
    tenant: Tenant,
    who: TheWho,
    at: Annotated[int, Query(ge=0)],
    shown: Annotated[list[str] | None, Query(max_length=SHOWN_WAITING)] = None,
    queue: OneQueue = "",
) -> Response:
    """Bring the rows that a page shows up to date where they stand, and say how many new ones it does not show.

    The order on the page is left alone: nothing may jump under a hand that is about to press.
    """
    held, now_ms = board.look(tenant), desk.ledger.now_ms()
    seen = [held.by_id[name] for name in shown or () if name in held.by_id]
    moved = held.moved_since(at) - set(shown or ())
    new = [summary for summary in _within(held.waiting(who.policy, now_ms), queue) if summary.ticket_id in moved]
    riskiest = max((summary.risk_points_hundredths for summary in seen), default=-(10**9))
    context = {
        "who": who,
        "waiting": [row(summary, who, now_ms) for summary in seen],
        "new": len(new),
        "riskier": sum(1 for summary in new if summary.risk_points_hundredths > riskiest),
        "now_ms": now_ms,
    }
    return html("parts/news.html", context)
