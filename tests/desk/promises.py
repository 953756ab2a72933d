"""What law 3 and the design promise of escalated tickets, said without the code that keeps it.

Nothing here calls `trustladder.core.queueing` or `running_clock`: a promise that is computed by what it judges holds
always.
"""

from collections.abc import Iterator
from dataclasses import replace

from tests.desk.plain import TENANT, key
from trustladder.core.containment import Lane
from trustladder.core.policy import Policy, Queue
from trustladder.core.summary import TicketSummary
from trustladder.core.ticket import HandoffState
from trustladder.desk import Desk
from trustladder.ledger.protocol import DueState

MINUTE_MS = 60_000
A_LIFETIME_MS = 400 * 24 * 60 * MINUTE_MS


def broken(desk: Desk, policy: Policy, names: set[str], now_ms: int) -> list[str]:
    """Return every promise that the desk does not keep now, in a sentence each; ``names`` are all tickets there are."""
    return [*_lost(desk, policy, names, now_ms), *_out_of_order(policy, desk.queue(TENANT), now_ms)]


def _lost(desk: Desk, policy: Policy, names: set[str], now_ms: int) -> Iterator[str]:
    """Law 3: what is escalated and not resolved has a queue, a deadline, and one timer that will fire then."""
    listed = [row.ticket_id for row in desk.queue(TENANT)]
    for name in sorted(names):
        ticket = desk.ticket(key(name))
        timers = desk.ledger.list_due(DueState.WAITING, key=key(name), kinds=["clock"])
        if ticket.lane not in {Lane.ESCALATED, Lane.OWNED}:
            if timers:
                yield f"{name} is {ticket.lane.word} and has a timer"
            continue
        handoff = ticket.handoff
        if handoff is None or handoff.queue not in policy.queues:
            yield f"{name} is {ticket.lane.word} and in no queue"
            continue
        if len(timers) != 1 or timers[0].due_ms not in _deadlines(handoff):
            yield f"{name} has timers at {[due.due_ms for due in timers]}, its deadlines are {_deadlines(handoff)}"
        elif timers[0].due_ms <= now_ms:
            yield f"{name} has a timer that was due and has not fired"
        if listed.count(name) != (ticket.owner is None):
            yield f"{name}, owned by {ticket.owner}, stands {listed.count(name)} times in the queue"


def _deadlines(handoff: HandoffState) -> set[int | None]:
    return {
        handoff.claim_by_ms,
        handoff.reply_by_ms,
        handoff.resolve_by_ms,
        handoff.return_by_ms,
        handoff.paused_until_ms,
    }


def _out_of_order(policy: Policy, rows: list[TicketSummary], now_ms: int) -> Iterator[str]:
    """Business priority: no ticket stands before one that has at least as much of all that counts, and more of some.

    What counts is what an hour of delay costs, the risk, and how much of its allowed time the customer has waited.
    """
    for place, before in enumerate(rows):
        for after in rows[place + 1 :]:
            theirs, ours = _claim(policy, after, now_ms), _claim(policy, before, now_ms)
            if theirs[0] > 0 and theirs != ours and all(a >= b for a, b in zip(theirs, ours, strict=True)):
                yield f"{before.ticket_id} {ours} stands before {after.ticket_id} {theirs}"


def _claim(policy: Policy, row: TicketSummary, now_ms: int) -> tuple[float, float, float]:
    queue = policy.queues[row.queue]
    since_ms = row.waiting_since_ms or row.escalated_at_ms or row.opened_at_ms
    waited = (now_ms - since_ms) / (queue.clocks.first_reply_minutes * MINUTE_MS)
    return queue.cost_of_delay_per_hour, row.risk_points_hundredths, waited


def as_automation_left_it(row: TicketSummary, fast: bool) -> TicketSummary:
    """Return a row as it would be if automation had been faster or slower: that must move nothing."""
    return replace(
        row,
        opened_at_ms=row.opened_at_ms - (0 if fast else A_LIFETIME_MS),
        position=row.position + (0 if fast else 40),
        channel="chat" if fast else "email",
        watched=fast,
    )


def twins(policy: Policy, row: TicketSummary) -> tuple[Policy, TicketSummary, TicketSummary]:
    """Return a ticket in a cheap and in a dear queue that are alike otherwise, and the policy in which they are."""
    cheap, dear = (queue.id for queue in sorted(policy.queues.values(), key=lambda queue: queue.cost_of_delay_per_hour))
    alike = {name: replace(queue, clocks=policy.queues[dear].clocks) for name, queue in policy.queues.items()}
    return replace(policy, queues=alike), replace(row, queue=cheap), replace(row, ticket_id="Z", queue=dear)


def worst_newcomer(queue: Queue, row: TicketSummary, at_ms: int) -> TicketSummary:
    """Return a ticket that comes to a queue at a moment with all the risk there is."""
    return replace(
        row,
        ticket_id="newcomer",
        queue=queue.id,
        risk_points_hundredths=100_000,
        waiting_since_ms=at_ms,
        escalated_at_ms=at_ms,
        opened_at_ms=at_ms,
    )
