"""One ticket: its conversation, what was decided and why, the handoff card, and what a person can do now."""

from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Response

from trustladder.connect.rewriting import Rewriter
from trustladder.core.claims import Claim
from trustladder.core.containment import Lane
from trustladder.core.handoff import Handoff, completeness
from trustladder.core.summary import summarise
from trustladder.core.ticket import Ticket, running_clock
from trustladder.desk import Desk
from trustladder.ledger.protocol import TicketKey
from trustladder.web.api import Key, TheDesk, TheRewriter
from trustladder.web.pages.authority import Limit, limit_of
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.live import Hub
from trustladder.web.pages.macros import Macro, TheMacros
from trustladder.web.pages.notices import Notice, done
from trustladder.web.pages.places import TheHub
from trustladder.web.pages.plan import Next, next_steps
from trustladder.web.pages.render import html
from trustladder.web.pages.rows import Row, row
from trustladder.web.pages.timeline import Moment, timeline
from trustladder.web.pages.who import TheWho, Who, name_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)


RETURN_REASONS = ("wrong queue", "needs another skill", "needs somebody who may decide", "my shift ends")
"""Reasons to return a ticket that a form suggests; any other may be written."""


class Bench:
    """One ticket before one person: what every page and every act on a ticket is given."""

    def __init__(
        self, desk: TheDesk, hub: TheHub, who: TheWho, key: Key, macros: TheMacros, rewriter: TheRewriter
    ) -> None:
        self.desk: Desk = desk
        self.hub: Hub = hub
        self.who: Who = who
        self.key: TicketKey = key
        self.macros: tuple[Macro, ...] = macros
        self.rewriter: Rewriter | None = rewriter


TheBench = Annotated[Bench, Depends()]


@dataclass(frozen=True, slots=True)
class Card:
    """The handoff packet as a card, with how complete it is (0 to 100)."""

    packet: Handoff
    completeness: int


@dataclass(frozen=True, slots=True)
class Other:
    """A colleague who has the ticket open too."""

    name: str
    writing: bool


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Everything that the page of a ticket shows."""

    ticket: Ticket
    row: Row
    moments: list[Moment]
    card: Card | None
    clock: tuple[str, int] | None
    owner: str
    others_here: tuple[Other, ...]
    limit: Limit
    next_steps: list[Next]
    acts: frozenset[str]


def look_at(desk: Desk, hub: Hub, who: Who, key: TicketKey) -> TicketPage:
    """Return what the page of a ticket shows to a person. Raises NoSuchTicket."""
    ticket = desk.ticket(key)
    history = desk.ledger.history(key)[: ticket.position]
    return TicketPage(
        ticket=ticket,
        row=row(summarise(ticket), who, desk.ledger.now_ms()),
        moments=timeline(ticket, history, who.policy),
        card=card_of(desk, ticket, key),
        clock=running_clock(ticket),
        owner=name_of(who.policy, ticket.owner) if ticket.owner else "",
        others_here=tuple(
            Other(name_of(who.policy, here.person_id), here.writing) for here in hub.present(key, besides=who.id)
        ),
        limit=limit_of(who.policy, who.id, ticket),
        next_steps=next_steps(who.policy, ticket),
        acts=acts_open_to(ticket, who.id),
    )


def card_of(desk: Desk, ticket: Ticket, key: TicketKey) -> Card | None:
    """Return the handoff card of a ticket, None before any handoff."""
    if ticket.handoff is None:
        return None
    packet = desk.handoff(key)
    return Card(packet, completeness(packet))


def acts_open_to(ticket: Ticket, person_id: str) -> frozenset[str]:
    """Return what a person can do with a ticket now: the page offers these, and the desk decides."""
    mine, owned = ticket.owner == person_id, ticket.owner is not None
    match ticket.lane:
        case Lane.AUTOMATED | Lane.CONTAINED:
            return frozenset({"take-over", "note"})
        case Lane.ESCALATED:
            return frozenset({"claim", "hand-back", "note"})
        case Lane.OWNED if mine:
            return frozenset({"reply", "note", "resolve", "return", "hand-back", "restated"})
        case Lane.OWNED if owned:
            return frozenset({"take-over", "note", "restated"})
        case _:
            return frozenset({"reply", "note", "reopen"})


@router.get("/tickets/{ticket}")
def show(
    bench: TheBench,
    did: Annotated[str, Query(max_length=40)] = "",
    macro: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show a ticket. ``did`` names what was just done, ``macro`` a text to begin the reply with."""
    return ticket_page(bench, notice=done(did), macro=macro)


@router.get("/tickets/{ticket}/brief")
def show_brief(desk: TheDesk, key: Key, rewriter: TheRewriter) -> Response:
    """Show the part of the card that tells the handoff in short; empty where there is none. It may wait for a model."""
    ticket = desk.ticket(key)
    return html("parts/brief.html", {"brief": rewriter.brief(ticket) if rewriter is not None else None})


def brief_of(rewriter: Rewriter | None, ticket: Ticket, path: str) -> tuple[Claim, ...] | str:
    """Return the claims of a ticket's card if they are known, where to ask for them if not, "" for nothing to show."""
    claims = rewriter.known(ticket) if rewriter is not None else ()
    return f"{path}/brief" if claims is None else claims or ""


def ticket_page(
    bench: Bench,
    notice: Notice | None = None,
    macro: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Return the page of a ticket, with a notice on top and what a person had typed in its forms."""
    desk, who = bench.desk, bench.who
    sequence = bench.hub.board.look(bench.key.tenant).sequence  # before the rest is read: nothing falls between
    shown = look_at(desk, bench.hub, who, bench.key)
    macros = [item.filled(name_of(who.policy, who.id), bench.key.ticket_id) for item in bench.macros]
    begun = next((item.text for item in macros if item.id == macro), "")
    context = {
        "who": who,
        "nav": "ticket",
        "page": shown,
        "brief": brief_of(bench.rewriter, shown.ticket, shown.row.href),
        "ticket": shown.ticket,
        "now_ms": desk.ledger.now_ms(),
        "notice": notice,
        "macros": macros,
        "typed": {"reply": begun, **(typed or {})},
        "message_id": uuid4().hex,
        "queues": list(who.policy.queues),
        "reasons": RETURN_REASONS,
        "sequence": sequence,
    }
    return html("ticket.html", context, status)
