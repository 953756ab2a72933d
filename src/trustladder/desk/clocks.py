"""Clocks: every escalated ticket has one timer that will fire, and a breach goes up the chain, never to the bot."""

from trustladder.core import events as e
from trustladder.core.calendar import after_business_minutes, business_minutes_between
from trustladder.core.plan import PlanStep
from trustladder.core.policy import Policy, Queue
from trustladder.core.routing import plan_of
from trustladder.core.ticket import Ticket, running_clock
from trustladder.desk.scribe import Scribe
from trustladder.ledger.protocol import Due, TicketKey, Transaction

CLOCK = "clock"
"""The kind of due row that a ticket's clock is."""


def clock_name(key: TicketKey) -> str:
    """Return the unique name of a ticket's one timer."""
    return f"{CLOCK}:{key.tenant}:{key.ticket_id}"


def wind(transaction: Transaction, before: Ticket, scribe: Scribe) -> None:
    """Set, move or take down the ticket's timer in the transaction that changed the ticket (law 3)."""
    running = running_clock(scribe.ticket)
    restored = any(isinstance(event, e.ClockRestored) for event in scribe.events)
    if running == running_clock(before) and not restored:
        return
    name = clock_name(transaction.key)
    if running is None:
        transaction.withdraw(name)
        return
    clock, due_ms = running
    transaction.schedule(Due(CLOCK, transaction.key, due_ms, name, clock.encode()))


def clock_fired(scribe: Scribe, policy: Policy) -> bool:
    """Record what follows when a ticket's timer is due; return whether anything did.

    Nothing follows where the clock was met or moved meanwhile. An owner who has not written loses the ticket to its
    queue; where the customer has not answered in time, the resolve clock runs on.
    """
    running = running_clock(scribe.ticket)
    if running is None or running[1] > scribe.now_ms:
        return False
    match running[0]:
        case "return":
            _take_back(scribe, policy)
        case "customer":
            resume(scribe, policy, answered=False)
        case clock:
            _breach(scribe, policy, clock, running[1])
    return True


def _breach(scribe: Scribe, policy: Policy, clock: str, due_ms: int) -> None:
    here = _queue(scribe.ticket, policy)
    above = policy.queues.get(here.escalates_to, here)
    minutes = {
        "claim": above.clocks.claim_minutes,
        "reply": above.clocks.first_reply_minutes,
        "resolve": above.clocks.resolve_minutes,
    }[clock]
    next_due_ms = after_business_minutes(policy.hours.get(above.hours), scribe.now_ms, max(1, minutes))
    plan = plan_from_here(scribe, policy, above, next_due_ms) if clock == "claim" else ()
    scribe.record(e.ClockBreached(clock, above.id, due_ms, next_due_ms, plan))


def _take_back(scribe: Scribe, policy: Policy) -> None:
    """Give a ticket back to its queue for an owner who has claimed it and not written to the customer."""
    here, owner = _queue(scribe.ticket, policy), scribe.ticket.owner or ""
    claim_by_ms = claim_deadline(scribe, policy, here)
    minutes = here.clocks.return_minutes or 0
    scribe.record(
        e.OwnershipReturned(
            person_id=owner,
            reason=f"{owner} had not written to the customer after {minutes} minutes",
            claim_by_ms=claim_by_ms,
            returned_by="trustladder",
            plan=plan_from_here(scribe, policy, here, claim_by_ms),
        )
    )


def claim_deadline(scribe: Scribe, policy: Policy, queue: Queue) -> int:
    """Return until when somebody of a queue has to claim a ticket that comes to it now, in epoch milliseconds."""
    hours = policy.hours.get(queue.hours)
    return after_business_minutes(hours, scribe.now_ms, max(1, queue.clocks.claim_minutes))


def return_deadline(scribe: Scribe, policy: Policy) -> int | None:
    """Return when a person who takes the ticket now loses it again if they do not write, None for never."""
    queue = _queue(scribe.ticket, policy)
    minutes = queue.clocks.return_minutes
    if minutes is None:
        return None
    return after_business_minutes(policy.hours.get(queue.hours), scribe.now_ms, minutes)


def plan_from_here(scribe: Scribe, policy: Policy, queue: Queue, claim_by_ms: int) -> tuple[PlanStep, ...]:
    """Return what happens next with a ticket that waits in a queue again; the customer's deadlines are as they were."""
    handoff = scribe.ticket.handoff
    if handoff is None:
        return ()
    now_ms, reply_by_ms = scribe.now_ms, handoff.reply_by_ms
    return plan_of(policy, scribe.ticket, queue, now_ms, claim_by_ms, reply_by_ms, handoff.resolve_by_ms)


def pause(scribe: Scribe, policy: Policy) -> None:
    """Let the resolve clock stand still: it is the customer's turn to answer, and the ledger says so."""
    handoff = scribe.ticket.handoff
    if handoff is None or handoff.paused_at_ms is not None:
        return
    queue = _queue(scribe.ticket, policy)
    until_ms = after_business_minutes(policy.hours.get(queue.hours), scribe.now_ms, queue.clocks.customer_minutes)
    scribe.record(e.ClockPaused(until_ms))


def resume(scribe: Scribe, policy: Policy, *, answered: bool = True) -> None:
    """Let the resolve clock run again with the business minutes that it had left; at least one of them."""
    handoff = scribe.ticket.handoff
    if handoff is None or handoff.paused_at_ms is None:
        return
    hours = policy.hours.get(_queue(scribe.ticket, policy).hours)
    left = max(1, business_minutes_between(hours, handoff.paused_at_ms, handoff.resolve_by_ms))
    scribe.record(e.ClockResumed(after_business_minutes(hours, scribe.now_ms, left), answered))


def restore(scribe: Scribe, seen_at: int) -> bool:
    """Set the timer of an escalated ticket again that has none; False when the ticket has moved since it was seen."""
    running = running_clock(scribe.ticket)
    if running is None or scribe.ticket.position != seen_at:
        return False
    scribe.record(e.ClockRestored(*running))
    return True


def _queue(ticket: Ticket, policy: Policy) -> Queue:
    name = ticket.handoff.queue if ticket.handoff is not None else ""
    return policy.queues.get(name, Queue(name))
