"""Small lives of tickets that the ledger's tests write."""

from trustladder.core import events as e
from trustladder.core.containment import Act, Answer, Authority, Permit, ToolCall
from trustladder.core.events import Event, Recorded
from trustladder.core.summary import summarise
from trustladder.core.ticket import Ticket, fold_all, new_ticket
from trustladder.ledger import Ledger
from trustladder.ledger.protocol import TicketKey, Transaction

KEY = TicketKey("acme", "T-1")

OPENED = e.TicketOpened(channel="chat", language="en")
ASKED = e.CustomerWrote("m1", "Why was I charged twice?")
ESCALATED = e.Escalated("billing", "asked again", claim_by_ms=1, reply_by_ms=2, resolve_by_ms=3)
TAKEN = e.OwnershipTaken("ana")
RESOLVED = e.Resolved("ana")
REDEEMED = e.PermitRedeemed("p1", "d1")
RELEASED = e.DraftJudged("d1", "Here it is", (), (Act.INFORM,), Answer.RELEASE, permit=Permit("p1", 2, 9))
REPLACED = e.DraftJudged(
    "d1", "Paid back", (), (Act.RESOLVE,), Answer.REPLACE, replacement="…", permit=Permit("p", 2, 9)
)
WITHHELD = e.DraftJudged("d1", "Paid back", (), (Act.RESOLVE,), Answer.WITHHOLD)
SENT = e.BotWrote("m2", "Here it is", permit_id="p1")
IMPORTED = e.BotWrote("m2", "Here it is")
CONTAINED = e.Contained(Authority((Act.ACKNOWLEDGE,)))


def write(ledger: Ledger, key: TicketKey, *events: Event) -> tuple[Recorded, ...]:
    """Append events wherever the ticket stands, and project it."""

    def work(transaction: Transaction) -> tuple[Recorded, ...]:
        recorded = transaction.append(events, transaction.position)
        transaction.project(summarise(folded(key, transaction.history())))
        return recorded

    return ledger.transact(key, work)


def folded(key: TicketKey, history: tuple[Recorded, ...]) -> Ticket:
    """Return the ticket that a history folds to."""
    return fold_all(new_ticket(key.tenant, key.ticket_id), history)


def call(name: str, arguments: dict[str, object]) -> ToolCall:
    """Return a tool call of a bot."""
    return ToolCall(name, arguments)
