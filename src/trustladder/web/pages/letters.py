"""Dead letters: what people should have been told and were not, why, and the way to send it again."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from trustladder.desk.outbox import bring_back, dead_letters
from trustladder.ledger.protocol import TicketKey
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.render import html
from trustladder.web.pages.who import TheWho

router = APIRouter(prefix="/dead-letters", route_class=PageRoute, include_in_schema=False)

Text = Annotated[str, Form(max_length=500)]


@router.get("")
def show(desk: TheDesk, tenant: Tenant, who: TheWho) -> Response:
    """Show the notifications that were given up."""
    context = {"who": who, "nav": "letters", "letters": dead_letters(desk.ledger, tenant)}
    return html("letters.html", context)


@router.post("")
def again(desk: TheDesk, tenant: Tenant, who: TheWho, ticket: Text, name: Text) -> Response:
    """Bring one back; it is delivered at the outbox's next round."""
    if who.person is None:
        return RedirectResponse("/me?next=%2Fdead-letters", 303)
    bring_back(desk.ledger, TicketKey(tenant, ticket), name)
    return RedirectResponse("/dead-letters", 303)
