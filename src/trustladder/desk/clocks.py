"""Clocks: every escalated ticket has one timer that will fire, and a breach goes up the chain, never to the bot."""

from trustladder.core import events as e
from trustladder.core.calendar import after_business_minutes
from trustladder.core.policy import Policy, Queue
from trustladder.core.ticket import Ticket, running_clock
from trustladder.desk.scribe import Scribe
from trustladder.ledger.protocol import Due, TicketKey, Transaction

CLOCK = "clock"
"""The kind of due row that a ticket's clock is."""


def clock_name(key: TicketKey) -> str:
    """Return the unique name of a ticket's one timer."""
    return f"{CLOCK}:{key.tenant}:{key.ticket_id}"


def wind(transaction: Transaction, before: Ticket, after: Ticket) -> None:
    """Set, move or take down the ticket's timer in the transaction that changed the ticket (law 3)."""
    running = running_clock(after)
    if running == running_clock(before):
        return
    name = clock_name(transaction.key)
    if running is None:
        transaction.withdraw(name)
        return
    clock, due_ms = running
    transaction.schedule(Due(CLOCK, transaction.key, due_ms, name, clock.encode()))


def clock_fired(scribe: Scribe, policy: Policy) -> bool:
    """Record the breach of the clock that has run out; return False when none has (it was met, or moved)."""
    running = running_clock(scribe.ticket)
    handoff = scribe.ticket.handoff
    if running is None or handoff is None or running[1] > scribe.now_ms:
        return False
    clock, due_ms = running
    here = policy.queues.get(handoff.queue, Queue(handoff.queue))
    above = policy.queues.get(here.escalates_to, here)
    minutes = {
        "claim": above.clocks.claim_minutes,
        "reply": above.clocks.first_reply_minutes,
        "resolve": above.clocks.resolve_minutes,
    }[clock]
    next_due_ms = after_business_minutes(policy.hours.get(above.hours), scribe.now_ms, max(1, minutes))
    scribe.record(e.ClockBreached(clock, above.id, due_ms, next_due_ms))
    return True
