"""Alarms: what is wrong now, and what people should have been told and were not, with the way to send it again."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from trustladder.desk.outbox import bring_back, dead_letters
from trustladder.ledger.protocol import TicketKey
from trustladder.web.alarms import alarms_now
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.notices import Notice
from trustladder.web.pages.places import TheBoard
from trustladder.web.pages.render import html
from trustladder.web.pages.who import TheWho

MOST_COUNTED = 100

router = APIRouter(prefix="/dead-letters", route_class=PageRoute, include_in_schema=False)

Text = Annotated[str, Form(max_length=500)]

_AGAIN = Notice("done", "It is owed again, and tried within seconds.", "If it fails once more, it comes back here.")


@router.get("")
def show(request: Request, desk: TheDesk, board: TheBoard, tenant: Tenant, who: TheWho, again: str = "") -> Response:
    """Show what is wrong, and the notifications that were given up."""
    context = {
        "who": who,
        "nav": "letters",
        "alarms": alarms_now(request, desk),
        "letters": dead_letters(desk.ledger, tenant, MOST_COUNTED),
        "notice": _AGAIN if again else None,
        "sequence": board.look(tenant).sequence,
    }
    return html("letters.html", context)


@router.get("/badge")
def badge(request: Request, desk: TheDesk, tenant: Tenant) -> Response:
    """Return how many alarms there are, for the navigation; nothing when there are none."""
    count = len(alarms_now(request, desk)) + len(dead_letters(desk.ledger, tenant, MOST_COUNTED))
    return html("parts/badge.html", {"count": count, "most": MOST_COUNTED})


@router.post("")
def again(desk: TheDesk, tenant: Tenant, who: TheWho, ticket: Text, name: Text) -> Response:
    """Bring one back; it is delivered at the outbox's next round."""
    if who.person is None:
        return RedirectResponse("/me?next=%2Fdead-letters", 303)
    bring_back(desk.ledger, TicketKey(tenant, ticket), name)
    return RedirectResponse("/dead-letters?again=yes", 303)
