"""A desk for stories: the real ledger and the real ladder, and a perception that reads signals written as words."""

import re
from itertools import count

from trustladder.core import events as e
from trustladder.core.containment import Act, ToolCall
from trustladder.core.policy import Policy
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Ticket, Turn
from trustladder.desk import CustomerTurn, Desk
from trustladder.desk.gate import Reading
from trustladder.desk.policies import PolicyBook
from trustladder.ledger import Ledger
from trustladder.ledger.protocol import TicketKey

WRITTEN = re.compile(r"(\w+)=(\d+)")
TENANT = "acme"


def perceive(ticket: Ticket, turn: Turn, policy: Policy) -> e.SignalsDetected:
    """Read ``human_request=90`` as that signal at that strength."""
    del ticket, policy
    found = (
        Signal(name, int(strength), (Evidence(turn.index, turn.text),)) for name, strength in WRITTEN.findall(turn.text)
    )
    return e.SignalsDetected(signals=tuple(found))


def read_acts(text: str, declared: tuple[Act, ...], calls: tuple[ToolCall, ...], language: str) -> Reading:
    """Take a draft for what the bot declares."""
    del text, calls, language
    return Reading(declared or (Act.INFORM,))


def plain_desk(ledger: Ledger, policy: Policy) -> Desk:
    """Return a desk over a ledger under one policy."""
    numbers = count()
    return Desk(ledger, PolicyBook(None, lambda _: policy, policy), perceive, read_acts, lambda: f"id-{next(numbers)}")


def key(ticket_id: str) -> TicketKey:
    """Return a ticket's key within the tests' tenant."""
    return TicketKey(TENANT, ticket_id)


def wrote(desk: Desk, ticket_id: str, text: str, number: int = 1, **more: object) -> str:
    """Let the customer write; return the lane."""
    turn = CustomerTurn(f"{ticket_id}-{number}", text, **more)  # type: ignore[arg-type]
    return desk.customer_wrote(key(ticket_id), turn).lane
