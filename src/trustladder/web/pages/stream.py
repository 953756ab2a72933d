"""The stream that an open page listens to, and the page of help."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from trustladder.web.api import Tenant
from trustladder.web.incoming import MOST_ID_CHARACTERS
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.places import TheHub
from trustladder.web.pages.render import html
from trustladder.web.pages.rows import LADDER
from trustladder.web.pages.who import TheWho

router = APIRouter(include_in_schema=False)
help_router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/live", response_class=EventSourceResponse)
async def live(
    hub: TheHub,
    tenant: Tenant,
    who: TheWho,
    ticket: Annotated[str, Query(max_length=MOST_ID_CHARACTERS)] = "",
    customer: bool = False,
    at: Annotated[int, Query(ge=0)] = 0,
) -> AsyncIterator[ServerSentEvent]:
    """Tell an open page what has moved. A colleague who listens on a ticket is present on it."""
    async for event in hub.listen(tenant, "" if customer else who.id, ticket, at or hub.board.sequence):
        yield event


@help_router.get("/help")
def help_page(who: TheWho) -> Response:
    """Explain the lanes and the keys."""
    return html("help.html", {"who": who, "nav": "help", "lanes": [lane.word for lane in LADDER]})
