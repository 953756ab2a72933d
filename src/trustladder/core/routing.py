"""Routing: which queue an escalated ticket goes to, by when, and who of its people may own it."""

from collections.abc import Mapping
from dataclasses import dataclass

from trustladder.core.calendar import after_business_minutes, is_open, next_open_ms
from trustladder.core.facts import facts_of
from trustladder.core.policy import Person, Policy, Queue
from trustladder.core.ticket import Ticket

FALLBACK_QUEUE = Queue("people")
"""Where tickets go when a policy has no queue at all: escalations are never lost (law 3)."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an escalated ticket goes. Times in epoch milliseconds; ``open_again_ms`` is set when nobody is there."""

    queue: str
    because: str
    claim_by_ms: int
    reply_by_ms: int
    resolve_by_ms: int
    open_now: bool
    open_again_ms: int | None = None


def route(policy: Policy, ticket: Ticket, at_ms: int) -> Route:
    """Return the route of a ticket that is escalated now.

    The first queue whose conditions hold serves it, then the queue of its type, then the first queue of the
    policy. Conditions read facts and signals; nothing that a customer writes can name a queue (law 6).
    """
    queue, because = _serving(policy, ticket, at_ms)
    hours = policy.hours.get(queue.hours)
    clocks = queue.clocks
    open_now = is_open(hours, at_ms)
    return Route(
        queue=queue.id,
        because=because,
        claim_by_ms=after_business_minutes(hours, at_ms, clocks.claim_minutes),
        reply_by_ms=after_business_minutes(hours, at_ms, clocks.first_reply_minutes),
        resolve_by_ms=after_business_minutes(hours, at_ms, clocks.resolve_minutes),
        open_now=open_now,
        open_again_ms=None if open_now else next_open_ms(hours, at_ms),
    )


def _serving(policy: Policy, ticket: Ticket, at_ms: int) -> tuple[Queue, str]:
    truths = policy.compiled.evaluate(facts_of(ticket, ticket.signals, at_ms))
    for queue in policy.queues.values():
        for group in queue.serves:
            if truths[policy.compiled.index[group]]:
                return queue, " and ".join(map(str, group)) or "it serves every ticket"
    for name in (ticket.ticket_type or "", *sorted(ticket.recognised_types)):
        kind = policy.ticket_types.get(name)
        if kind is not None and kind.queue in policy.queues:
            return policy.queues[kind.queue], f"it serves {name} tickets"
    return next(iter(policy.queues.values()), FALLBACK_QUEUE), "no queue serves this ticket by name"


def candidates(policy: Policy, ticket: Ticket, at_ms: int, load: Mapping[str, int]) -> tuple[Person, ...]:
    """Return who of the ticket's queue could own it now: there, with room, speaking the language; least loaded first.

    ``load`` counts the tickets that each person owns.
    """
    queue = policy.queues.get(ticket.handoff.queue) if ticket.handoff is not None else None
    people = [policy.people[name] for name in (queue.people if queue is not None else ()) if name in policy.people]
    fit = [person for person in people if _fits(policy, person, ticket, at_ms, load)]
    return tuple(sorted(fit, key=lambda person: (load.get(person.id, 0) / max(1, person.at_once), person.id)))


def _fits(policy: Policy, person: Person, ticket: Ticket, at_ms: int, load: Mapping[str, int]) -> bool:
    speaks = not person.languages or not ticket.language or ticket.language.split("-")[0] in person.languages
    there = is_open(policy.hours.get(person.hours), at_ms)
    return speaks and there and load.get(person.id, 0) < person.at_once
