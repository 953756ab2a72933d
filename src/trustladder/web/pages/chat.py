"""Playing the customer: a chat in which the demo bot stands behind the gate, so that one can act out the ladder."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from trustladder.connect.demo_bot import DemoBot, demo_bot
from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.ticket import Ticket
from trustladder.desk import AccountFacts, CustomerAnswer, CustomerTurn, Desk, TurnAnswer
from trustladder.desk.story import decision_sentence
from trustladder.errors import NotAllowed, PermitRefused
from trustladder.ledger.protocol import TicketKey
from trustladder.web.api import Key, Tenant, TheDesk
from trustladder.web.incoming import MOST_ID_CHARACTERS
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.places import TheBoard
from trustladder.web.pages.render import html, path_part
from trustladder.web.pages.who import TheWho, Who, name_of

CHANNEL = "chat page"
MOST_CHAT_CHARACTERS = 5_000

TRY = (
    "How do I change my delivery address?",
    "I was charged twice for my order. Why?",
    "That is not it. I asked why I was charged twice.",
    "I want to speak to a person.",
)
"""First lines for those who do not know what to say."""

router = APIRouter(prefix="/chat", route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as the customer sees it. ``who`` is you, bot, person or notice."""

    who: str
    name: str
    text: str
    at_ms: int


@cache
def _bot() -> DemoBot:
    return demo_bot()


@router.get("")
def begin(who: TheWho) -> Response:
    """Show an empty chat."""
    empty: dict[str, object] = {"ticket": None, "asked": False, "bubbles": [], "behind": "", "lane": "", "now_ms": 0}
    context = {"who": who, "nav": "chat", "path": "/chat", "try_these": TRY, "message_id": uuid4().hex}
    return html("chat.html", {**context, **empty})


@router.get("/{ticket}")
def show(key: Key, desk: TheDesk, board: TheBoard, who: TheWho) -> Response:
    """Show the chat of a ticket as its customer sees it."""
    sequence = board.look(key.tenant).sequence
    ticket = _begun_here(desk, key)
    context = {
        "who": who,
        "nav": "chat",
        "ticket": ticket,
        "bubbles": list(bubbles(desk.ledger.history(key), who)),
        "asked": ticket.lane is Lane.RESOLVED and ticket.outcome is not None and bool(ticket.outcome.question),
        "behind": decision_sentence(ticket.decision) if ticket.decision is not None else "",
        "lane": ticket.lane.word,
        "path": f"/chat/{path_part(key.ticket_id)}",
        "now_ms": desk.ledger.now_ms(),
        "message_id": uuid4().hex,
        "try_these": TRY,
        "sequence": sequence,
    }
    return html("chat.html", context)


def _begun_here(desk: Desk, key: TicketKey) -> Ticket:
    """Return a ticket of this page: nobody plays the customer of a real one by mistake."""
    ticket = desk.ticket(key)
    if ticket.channel != CHANNEL:
        raise NotAllowed(f"ticket {key.ticket_id} did not begin in this chat", fix="begin a chat of your own")
    return ticket


def bubbles(history: tuple[e.Recorded, ...], who: Who) -> Iterator[Bubble]:
    """Yield what the customer of a ticket has seen, oldest first: never a note, a signal or a draft."""
    for recorded in history:
        match recorded.event:
            case e.CustomerWrote(text=text):
                yield Bubble("you", "You", text, recorded.at_ms)
            case e.BotWrote(text=text):
                yield Bubble("bot", "Bot", text, recorded.at_ms)
            case e.HumanWrote(text=text, person_id=person, internal=False):
                yield Bubble("person", name_of(who.policy, person) or "A person", text, recorded.at_ms)
            case e.Resolved(question=question) if question:
                yield Bubble("notice", "Bot", question, recorded.at_ms)
            case e.Escalated(notice=notice) if notice:
                yield Bubble("notice", "Bot", notice, recorded.at_ms)
            case _:
                pass


@router.post("")
@router.post("/{ticket}")
def say(
    desk: TheDesk,
    tenant: Tenant,
    text: Annotated[str, Form(min_length=1, max_length=MOST_CHAT_CHARACTERS)],
    message_id: Annotated[str, Form(max_length=MOST_ID_CHARACTERS)],
    ticket: str = "",
    ticket_type: Annotated[str, Form(max_length=MOST_ID_CHARACTERS)] = "",
) -> Response:
    """Say something as the customer; the bot answers, if the gate lets it."""
    key = TicketKey(tenant, ticket or f"chat-{uuid4().hex[:8]}")
    if ticket:
        _begun_here(desk, key)
    facts = AccountFacts(ticket_type=ticket_type or None)
    answer = desk.customer_wrote(key, CustomerTurn(message_id, text, channel=CHANNEL, facts=facts))
    answer_as_bot(desk, key, answer)
    return RedirectResponse(f"/chat/{path_part(key.ticket_id)}", 303)


@router.post("/{ticket}/answer")
def answer(
    key: Key,
    desk: TheDesk,
    solved: Annotated[bool | None, Form()] = None,
    score: Annotated[int | None, Form(ge=0, le=100)] = None,
) -> Response:
    """Answer, as the customer, whether it is solved, and how it was."""
    _begun_here(desk, key)
    desk.answer_question(key, CustomerAnswer(solved, score))
    return RedirectResponse(f"/chat/{path_part(key.ticket_id)}", 303)


def answer_as_bot(desk: Desk, key: TicketKey, answer: TurnAnswer) -> None:
    """Let the demo bot answer as any bot does: a draft at the gate, and only what its permit allows."""
    ticket: Ticket = desk.ticket(key)
    if ticket.lane >= Lane.ESCALATED or not answer.authority.acts:
        return
    gate = desk.bot_drafted(key, _bot().reply(ticket.turns))
    if gate.permit is not None:
        try:
            desk.redeem(key, gate.permit.permit_id)
        except PermitRefused:
            return
