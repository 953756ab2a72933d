"""What happens next with a ticket that people hold: the routing's plan, and the clocks that run, in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass

from trustladder.core.policy import Policy
from trustladder.core.ticket import HandoffState, Ticket, running_clock
from trustladder.web.pages.who import name_of


@dataclass(frozen=True, slots=True)
class Next:
    """One thing that is to happen, and until when (epoch milliseconds)."""

    words: str
    by_ms: int


def next_steps(policy: Policy, ticket: Ticket) -> list[Next]:
    """Return what happens next, the nearest first; nothing while automation has the ticket, or when it is closed."""
    handoff = ticket.handoff
    if handoff is None or running_clock(ticket) is None:
        return []
    coming = (
        _until_it_is_accepted(policy, handoff)
        if ticket.owner is None
        else _by_the_owner(name_of(policy, ticket.owner), handoff)
    )
    return sorted(coming, key=lambda step: step.by_ms)


def _until_it_is_accepted(policy: Policy, handoff: HandoffState) -> Iterator[Next]:
    claims = [step for step in handoff.plan if step.clock == "claim"]
    here = next((at for at, step in enumerate(claims) if step.queue == handoff.queue), len(claims))
    if here == len(claims):
        yield Next(f"Somebody of {handoff.queue} accepts it", handoff.claim_by_ms)
    for at, step in enumerate(claims[here:]):
        who = " or ".join(name_of(policy, person) for person in step.people) or f"Somebody of {step.queue}"
        yield Next(f"{who} accepts it" if at == 0 else f"Else it goes up to {step.queue}: {who} accepts it", step.by_ms)
    yield from _for_the_customer(handoff)


def _by_the_owner(owner: str, handoff: HandoffState) -> Iterator[Next]:
    if handoff.return_by_ms is not None:
        yield Next(f"{owner} writes to the customer, else it goes back to {handoff.queue}", handoff.return_by_ms)
    yield from _for_the_customer(handoff)


def _for_the_customer(handoff: HandoffState) -> Iterator[Next]:
    if handoff.replied_at_ms is None:
        yield Next("The customer has a first reply", handoff.reply_by_ms)
    if handoff.paused_until_ms is not None:
        yield Next("It is the customer's turn: the clock stands still, at most", handoff.paused_until_ms)
    else:
        yield Next("It is resolved", handoff.resolve_by_ms)
