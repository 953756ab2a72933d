"""The facts of a ticket as conditions read them."""

from trustladder.core.conditions import SIGNAL_PREFIX, FactValue
from trustladder.core.policy import MINUTE_MS, UNKNOWN_TYPE
from trustladder.core.signals import FULL_STRENGTH, Board
from trustladder.core.ticket import Ticket


def facts_of(ticket: Ticket, board: Board, at_ms: int) -> dict[str, FactValue]:
    """Return every fact of the ticket by field name; a fact that nobody gave is None.

    A signal that could not be read is None too, unless an earlier reading of this stretch is on the board.
    """
    facts: dict[str, FactValue] = {SIGNAL_PREFIX + name: None for name in ticket.unknown}
    for name, signal in board.items():
        facts[SIGNAL_PREFIX + name] = signal.strength
    account = ticket.account
    facts["ticket_type"] = ticket.recognised_types | {ticket.ticket_type or UNKNOWN_TYPE}
    facts["channel"] = ticket.channel or None
    facts["language"] = ticket.language or None
    facts["account.value"] = account.value
    facts["account.tier"] = account.tier
    facts["account.at_risk"] = account.at_risk
    facts["exposure"] = ticket.exposure
    # Nobody owes a confidence before the bot has spoken; after that, silence about it is an unknown fact (law 4).
    facts["confidence"] = ticket.confidence if ticket.bot_heard else FULL_STRENGTH + 1
    facts["bot_turns"] = ticket.bot_turns
    facts["customer_turns"] = ticket.customer_turns
    facts["minutes_in_automation"] = _minutes_since(ticket.stretch_started_at_ms, at_ms)
    facts["minutes_waiting"] = _minutes_since(ticket.first_unanswered_at_ms, at_ms)
    facts["reopened"] = ticket.reopened
    return facts


def _minutes_since(since_ms: int | None, at_ms: int) -> int:
    return 0 if since_ms is None else max(0, at_ms - since_ms) // MINUTE_MS
