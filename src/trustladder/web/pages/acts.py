"""What a person does with a ticket: forms that work without a script, each answered with the ticket's page."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from trustladder.core.ticket import Ticket
from trustladder.desk import Desk, HumanTurn, Resolution
from trustladder.errors import BadInput, NotAllowed
from trustladder.ledger.protocol import TicketKey
from trustladder.web.api import Key, TheDesk
from trustladder.web.pages.authority import Limit, limit_of, queue_that_may
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.live import Hub
from trustladder.web.pages.notices import Notice
from trustladder.web.pages.places import TheHub
from trustladder.web.pages.render import path_part
from trustladder.web.pages.ticket import ticket_page
from trustladder.web.pages.who import TheWho, Who, name_of
from trustladder.web.wire import MOST_CHARACTERS, MOST_ID_CHARACTERS

router = APIRouter(prefix="/tickets/{ticket}", route_class=PageRoute, include_in_schema=False)

Line = Annotated[str, Form(max_length=2_000)]
Word = Annotated[str, Form(max_length=MOST_ID_CHARACTERS)]
Said = Annotated[str, Form(min_length=1, max_length=MOST_CHARACTERS)]


class Bench:
    """One act on one ticket: who does it, through which desk, and how it is answered."""

    def __init__(self, desk: TheDesk, hub: TheHub, who: TheWho, key: Key) -> None:
        self.desk: Desk = desk
        self.hub: Hub = hub
        self.who: Who = who
        self.key: TicketKey = key

    def carry_out(self, act: Callable[[], object], did: str, typed: dict[str, str] | None = None) -> Response:
        """Do it and go on to the ticket; when it is refused, show the ticket with why, and what was typed."""
        if self.who.person is None:
            back = path_part(f"/tickets/{path_part(self.key.ticket_id)}")
            return RedirectResponse(f"/me?next={back}", 303)
        try:
            act()
        except NotAllowed as error:
            return self.refused(Notice("refused", f"{_named(self.who, error.what)}.", error.fix), typed)
        return RedirectResponse(f"/tickets/{path_part(self.key.ticket_id)}?did={did}", 303)

    def refused(self, notice: Notice, typed: dict[str, str] | None = None) -> Response:
        """Show the ticket with why an act was refused."""
        fix = f"{notice.fix[:1].upper()}{notice.fix[1:]}." if notice.fix else ""
        return ticket_page(self.desk, self.hub, self.who, self.key, replace(notice, fix=fix), typed=typed, status=409)


TheBench = Annotated[Bench, Depends()]


def _named(who: Who, what: str) -> str:
    """Put people's names in the place of their ids, where a message begins with one."""
    first, space, rest = what.partition(" ")
    return f"{name_of(who.policy, first)}{space}{rest}"


@router.post("/claim")
def claim(bench: TheBench) -> Response:
    """Accept an escalated ticket; the loser of a race is shown who has it."""
    return bench.carry_out(lambda: bench.desk.claim(bench.key, bench.who.id), "claimed")


@router.post("/take-over")
def take_over(bench: TheBench) -> Response:
    """Take any open ticket: from automation, which falls silent, or from a colleague."""
    return bench.carry_out(lambda: bench.desk.take_over(bench.key, bench.who.id), "taken")


@router.post("/return")
def give_back(bench: TheBench, reason: Line, queue: Word = "", up: Word = "") -> Response:
    """Return a ticket to a queue with a reason; ``up`` is set when it goes to those who may decide."""
    if not reason.strip():
        return bench.refused(Notice("refused", "A ticket is returned with a reason.", "say why in a few words"))

    def act() -> object:
        return bench.desk.return_to_queue(bench.key, bench.who.id, reason, queue)

    return bench.carry_out(act, "up" if up else "returned")


@router.post("/hand-back")
def hand_back(bench: TheBench, authority: Word = "contained", note: Line = "") -> Response:
    """Hand a ticket back to automation: contained unless told otherwise."""
    contained = authority != "automated"
    return bench.carry_out(lambda: bench.desk.hand_back(bench.key, bench.who.id, contained, note), "handed")


@router.post("/restated")
def restated(bench: TheBench) -> Response:
    """Record that the customer had to restate the problem."""
    return bench.carry_out(lambda: bench.desk.note_restatement(bench.key, bench.who.id), "restated")


@router.post("/reply")
def reply(bench: TheBench, text: Said, message_id: Word) -> Response:
    """Write to the customer. On a colleague's ticket it takes a take-over first: two voices are worse than one."""
    owner = bench.desk.ticket(bench.key).owner
    if owner not in {None, bench.who.id}:
        name = name_of(bench.who.policy, owner or "")
        return bench.refused(
            Notice("refused", f"{name} owns this ticket now.", "take it over to reply"), {"reply": text}
        )
    turn = HumanTurn(message_id, text, bench.who.id)
    return bench.carry_out(lambda: bench.desk.human_wrote(bench.key, turn), "sent", {"reply": text})


@router.post("/note")
def note(bench: TheBench, text: Said, message_id: Word) -> Response:
    """Keep a note for colleagues."""
    turn = HumanTurn(message_id, text, bench.who.id, internal=True)
    return bench.carry_out(lambda: bench.desk.human_wrote(bench.key, turn), "noted", {"note": text})


@router.post("/resolve")
def resolve(
    bench: TheBench,
    outcome: Word = "solved",
    cause: Line = "",
    repair: Line = "",
    amount: Word = "",
) -> Response:
    """Close a ticket. An amount above the person's limit is explained, and one click sends the case up."""
    typed = {"outcome": outcome, "cause": cause, "repair": repair, "amount": amount}
    try:
        figure = amount_of(amount)
    except BadInput as error:
        return bench.refused(Notice("refused", f"{error.what}.", error.fix), typed)
    ticket = bench.desk.ticket(bench.key)
    limit = limit_of(bench.who.policy, bench.who.id, ticket)
    if ticket.owner == bench.who.id and limit.exceeded_by(figure):
        return bench.refused(_too_much(bench.who, ticket, limit, figure), {**typed, "proposal": proposal(typed)})
    resolution = Resolution(bench.who.id, outcome, cause, repair, figure)
    return bench.carry_out(lambda: bench.desk.resolve(bench.key, resolution), "resolved", typed)


def _too_much(who: Who, ticket: Ticket, limit: Limit, amount: float) -> Notice:
    said = f"You may decide on {limit.words}, and this is {amount:g} {limit.currency}".rstrip() + "."
    queue = ticket.handoff.queue if ticket.handoff is not None else ""
    up = queue_that_may(who.policy, queue, amount)
    fix = f"send it up to {up}: your proposal goes with it, and the customer's clock runs on" if up else ""
    return Notice("refused", said, fix, up=up)


def proposal(typed: dict[str, str]) -> str:
    """Return what a person proposed to decide, in a line, for those who may."""
    parts = [f"{name} {typed[name]}" for name in ("outcome", "cause", "repair", "amount") if typed[name].strip()]
    return ("above my limit; I propose: " + ", ".join(parts))[:2_000]


def amount_of(text: str) -> float:
    """Return an amount that a person typed, 0 for none. Raises BadInput for anything else."""
    try:
        amount = float(text.strip().replace(",", ".") or 0)
    except ValueError:
        amount = -1.0
    if not math.isfinite(amount) or amount < 0:
        raise BadInput(f"{text!r} is no amount", fix="write it in digits, such as 49 or 49.50, or leave it empty")
    return amount
