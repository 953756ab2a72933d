"""The queue: who waits for a person, in the order of the business; what is mine; what automation still has at risk."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from trustladder.core.containment import Lane
from trustladder.core.summary import TicketSummary
from trustladder.desk.board import Rows
from trustladder.errors import NotAllowed
from trustladder.ledger.protocol import TicketKey
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.notices import Notice
from trustladder.web.pages.places import TheBoard
from trustladder.web.pages.render import html, path_part
from trustladder.web.pages.rows import riskiest_first, row, rows
from trustladder.web.pages.who import TheWho, Who, queues_of

SHOWN_WAITING = 50
SHOWN_WITH_COLLEAGUES = 15
SHOWN_AT_RISK = 15
MOST_TRIED = 20
"""How many tickets are tried for one who takes the next, while colleagues take them first."""

YOURS = "~"
"""The choice of every queue that the person who looks works in; no queue of a policy has this name."""

router = APIRouter(route_class=PageRoute, include_in_schema=False)

OneQueue = Annotated[str, Query(max_length=200)]


def _within(summaries: Collection[TicketSummary], queue: str, who: Who) -> list[TicketSummary]:
    """Return the tickets of one queue, of a person's own, or ("") of all."""
    chosen = queues_of(who.policy, who.id) if queue == YOURS else [queue]
    return [summary for summary in summaries if not queue or summary.queue in chosen]


def _owned(held: Rows, who: Who) -> tuple[list[TicketSummary], list[TicketSummary]]:
    """Return what the person who looks owns, and what colleagues own, the nearest deadline first."""
    rows_ = sorted(held.of(Lane.OWNED), key=lambda row: row.next_due_ms or row.updated_at_ms)
    return [row for row in rows_ if row.owner == who.id], [row for row in rows_ if row.owner != who.id]


@router.get("/queue")
def queue_page(
    desk: TheDesk, board: TheBoard, tenant: Tenant, who: TheWho, queue: OneQueue = "", nothing: str = ""
) -> Response:
    """Show the workspace's queue; ``nothing`` when a person asked for the next ticket and there was none."""
    held, now_ms = board.look(tenant), desk.ledger.now_ms()
    waiting = _within(held.waiting(who.policy, now_ms), queue, who)
    in_automation = riskiest_first(held.of(Lane.AUTOMATED, Lane.CONTAINED))
    mine, theirs = _owned(held, who)
    context = {
        "who": who,
        "nav": "queue",
        "queue": queue,
        "queues": list(who.policy.queues),
        "own_queues": queues_of(who.policy, who.id),
        "yours": YOURS,
        "notice": _NOTHING_NEXT if nothing else None,
        "waiting": rows(waiting[:SHOWN_WAITING], who, now_ms),
        "waiting_count": len(waiting),
        "mine": rows(mine, who, now_ms),
        "theirs": rows(theirs[:SHOWN_WITH_COLLEAGUES], who, now_ms),
        "theirs_count": len(theirs),
        "at_risk": rows(in_automation[:SHOWN_AT_RISK], who, now_ms),
        "in_automation_count": len(in_automation),
        "sequence": held.sequence,
        "now_ms": now_ms,
        "listed": False,
        "alarm": desk.policies.alarm,
    }
    return html("queue.html", context)


_NOTHING_NEXT = Notice("done", "Nobody waits in your queues.", "Other queues are below, if anything waits there.")


@router.post("/queue/next")
def take_next(
    desk: TheDesk, board: TheBoard, tenant: Tenant, who: TheWho, queue: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Accept the most pressing ticket of a queue, or of the person's own; where a colleague was faster, the next."""
    if who.person is None:
        return RedirectResponse("/me?next=/queue", 303)
    queue = queue or (YOURS if queues_of(who.policy, who.id) else "")
    waiting = _within(board.look(tenant).waiting(who.policy, desk.ledger.now_ms()), queue, who)
    for summary in waiting[:MOST_TRIED]:
        try:
            desk.claim(TicketKey(tenant, summary.ticket_id), who.id)
        except NotAllowed:
            continue
        return RedirectResponse(f"/tickets/{path_part(summary.ticket_id)}?did=claimed", 303)
    return RedirectResponse("/queue?nothing=yes", 303)


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
    new = [summary for summary in _within(held.waiting(who.policy, now_ms), queue, who) if summary.ticket_id in moved]
    riskiest = max((summary.risk_points_hundredths for summary in seen), default=-(10**9))
    context = {
        "who": who,
        "waiting": [row(summary, who, now_ms) for summary in seen],
        "new": len(new),
        "riskier": sum(1 for summary in new if summary.risk_points_hundredths > riskiest),
        "now_ms": now_ms,
        "listed": False,
    }
    return html("parts/news.html", context)
