"""The handoff card by itself, for a helpdesk's side panel."""

import re

from fastapi import APIRouter, Response

from trustladder.core.summary import summarise
from trustladder.settings import read_settings
from trustladder.web.api import Key, TheDesk
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.render import html
from trustladder.web.pages.rows import row
from trustladder.web.pages.ticket import card_of
from trustladder.web.pages.who import TheWho

router = APIRouter(prefix="/embed", route_class=PageRoute, include_in_schema=False)


@router.get("/handoff/{ticket}")
def handoff(key: Key, desk: TheDesk, who: TheWho) -> Response:
    """Show a ticket's handoff card; before any handoff, where the ticket stands. It only reads."""
    ticket = desk.ticket(key)
    context = {
        "card": card_of(desk, ticket, key),
        "row": row(summarise(ticket), who, desk.ledger.now_ms()),
        "now_ms": desk.ledger.now_ms(),
    }
    return html("embed.html", context, frame_ancestors=frame_ancestors(read_settings().embed_origins))


_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")


def frame_ancestors(origins: str) -> str:
    """Return which sites may frame the card: our own, and the origins that the settings name. Others are left out."""
    named = [origin for origin in origins.split() if _ORIGIN.fullmatch(origin)]
    return " ".join(["'self'", *named])
