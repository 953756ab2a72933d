"""What a person does with a ticket: forms that work without a script, each answered with the ticket's page."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from trustladder.core.routing import queue_that_may
from trustladder.core.ticket import Ticket
from trustladder.desk import HumanTurn, Resolution
from trustladder.desk.people import proposal_of
from trustladder.errors import BadInput, NotAllowed, TrustladderError
from trustladder.web.api import Key
from trustladder.web.incoming import MOST_CHARACTERS, MOST_ID_CHARACTERS
from trustladder.web.pages.authority import Limit, limit_of
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.notices import refusal
from trustladder.web.pages.places import TheHub
from trustladder.web.pages.render import path_part
from trustladder.web.pages.ticket import Bench, TheBench, ticket_page
from trustladder.web.pages.who import TheWho, Who

router = APIRouter(prefix="/tickets/{ticket}", route_class=PageRoute, include_in_schema=False)

Line = Annotated[str, Form(max_length=2_000)]
Word = Annotated[str, Form(max_length=MOST_ID_CHARACTERS)]
Said = Annotated[str, Form(min_length=1, max_length=MOST_CHARACTERS)]


def carry_out(bench: Bench, act: Callable[[], object], did: str, typed: dict[str, str] | None = None) -> Response:
    """Do it and go on to the ticket; when it is refused, show the ticket with why, and what was typed."""
    if bench.who.person is None:
        back = path_part(f"/tickets/{path_part(bench.key.ticket_id)}")
        return RedirectResponse(f"/me?next={back}", 303)
    try:
        act()
    except NotAllowed as error:
        return refused(bench, error, typed)
    return RedirectResponse(f"/tickets/{path_part(bench.key.ticket_id)}?did={did}", 303)


def refused(
    bench: Bench, error: TrustladderError, typed: dict[str, str] | None = None, send_up_to: str = ""
) -> Response:
    """Show the ticket with why an act was refused, what was typed, and the queue to which the case may be sent."""
    notice = replace(refusal(error, bench.who.policy), up=send_up_to)
    return ticket_page(bench, notice, typed=typed, status=409)


@router.post("/claim")
def claim(bench: TheBench) -> Response:
    """Accept an escalated ticket; the loser of a race is shown who has it."""
    return carry_out(bench, lambda: bench.desk.claim(bench.key, bench.who.id), "claimed")


@router.post("/take-over")
def take_over(bench: TheBench) -> Response:
    """Take any open ticket: from automation, which falls silent, or from a colleague."""
    return carry_out(bench, lambda: bench.desk.take_over(bench.key, bench.who.id), "taken")


@router.post("/send-up")
def send_up(bench: TheBench, amount: Word, proposal: Line = "") -> Response:
    """Send a case up to those who may decide on an amount, with what the owner proposes."""
    try:
        figure = amount_of(amount)
    except BadInput as error:
        return refused(bench, error)
    return carry_out(bench, lambda: bench.desk.send_up(bench.key, bench.who.id, figure, proposal), "up")


@router.post("/return")
def give_back(bench: TheBench, reason: Line, queue: Word = "") -> Response:
    """Return a ticket to a queue with a reason."""
    if not reason.strip():
        return refused(bench, BadInput("a ticket is returned with a reason", fix="say why in a few words"))

    def act() -> object:
        return bench.desk.return_to_queue(bench.key, bench.who.id, reason, queue)

    return carry_out(bench, act, "returned")


@router.post("/hand-back")
def hand_back(bench: TheBench, authority: Word = "contained", note: Line = "") -> Response:
    """Hand a ticket back to automation: contained unless told otherwise."""
    contained = authority != "automated"
    return carry_out(bench, lambda: bench.desk.hand_back(bench.key, bench.who.id, contained, note), "handed")


@router.post("/reopen")
def reopen(bench: TheBench) -> Response:
    """Open a resolved ticket again, as its owner."""
    return carry_out(bench, lambda: bench.desk.reopen(bench.key, bench.who.id), "reopened")


@router.post("/writing", status_code=204)
async def writing(hub: TheHub, who: TheWho, key: Key) -> Response:
    """Tell colleagues who have the ticket open that somebody is writing on it."""
    if who.person is not None:
        await hub.writes(key, who.id)
    return Response(status_code=204)


@router.post("/restated")
def restated(bench: TheBench) -> Response:
    """Record that the customer had to restate the problem."""
    return carry_out(bench, lambda: bench.desk.note_restatement(bench.key, bench.who.id), "restated")


@router.post("/reply")
def reply(bench: TheBench, text: Said, message_id: Word, seen: Annotated[int, Form(ge=0)] = 0) -> Response:
    """Write to the customer, unless something was written that the writer has not ``seen`` (turns, 0: do not ask).

    On a colleague's ticket it takes a take-over first: two voices are worse than one.
    """
    turn = HumanTurn(message_id, text, bench.who.id, unless_owned=True, seen_turns=seen or None)
    return carry_out(bench, lambda: bench.desk.human_wrote(bench.key, turn), "sent", {"reply": text})


@router.post("/note")
def note(bench: TheBench, text: Said, message_id: Word) -> Response:
    """Keep a note for colleagues."""
    turn = HumanTurn(message_id, text, bench.who.id, internal=True)
    return carry_out(bench, lambda: bench.desk.human_wrote(bench.key, turn), "noted", {"note": text})


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
        return refused(bench, error, typed)
    ticket = bench.desk.ticket(bench.key)
    limit = limit_of(bench.who.policy, bench.who.id, ticket)
    resolution = Resolution(bench.who.id, outcome, cause, repair, figure)
    if ticket.owner == bench.who.id and limit.exceeded_by(figure):
        up, too_much = _too_much(bench.who, ticket, limit, figure)
        return refused(bench, too_much, {**typed, "proposal": proposal_of(resolution)}, up)
    return carry_out(bench, lambda: bench.desk.resolve(bench.key, resolution), "resolved", typed)


def _too_much(who: Who, ticket: Ticket, limit: Limit, amount: float) -> tuple[str, NotAllowed]:
    """Return the queue that may decide on an amount, "" where none may, and why this person may not."""
    said = f"you may decide on {limit.words}, and this is {amount:g} {limit.currency}".rstrip()
    queue = ticket.handoff.queue if ticket.handoff is not None else ""
    up = queue_that_may(who.policy, queue, amount, besides=who.id)
    fix = f"send it up to {up}: your proposal goes with it, and the customer's clock runs on" if up else ""
    return up, NotAllowed(said, fix=fix)


def amount_of(text: str) -> float:
    """Return an amount that a person typed, 0 for none. Raises BadInput for anything else."""
    try:
        amount = float(text.strip().replace(",", ".") or 0)
    except ValueError:
        amount = -1.0
    if not math.isfinite(amount) or amount < 0:
        raise BadInput(f"{text!r} is no amount", fix="write it in digits, such as 49 or 49.50, or leave it empty")
    return amount
