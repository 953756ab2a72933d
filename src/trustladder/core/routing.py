"""Routing: which queue an escalated ticket goes to, by when, and who of its people may own it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trustladder.core.calendar import after_business_minutes, is_open, next_open_ms
from trustladder.core.facts import facts_of
from trustladder.core.plan import PlanStep
from trustladder.core.policy import Hours, Person, Policy, Queue
from trustladder.core.ticket import Ticket

FALLBACK_QUEUE = Queue("people")
"""Where tickets go when a policy has no queue at all: escalations are never lost (law 3)."""

AMOUNT = "refund"
"""The name of the limit up to which a person may decide on an amount."""

_MOST_CHANGES = 1_000
"""How many changes of shift are looked at before it counts that nobody is ever there."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an escalated ticket goes. Times in epoch milliseconds; ``open_again_ms`` is set when nobody is there.

    ``people`` are those who could take it now, ``plan`` is what happens next.
    """

    queue: str
    because: str
    claim_by_ms: int
    reply_by_ms: int
    resolve_by_ms: int
    open_now: bool
    open_again_ms: int | None = None
    people: tuple[str, ...] = ()
    plan: tuple[PlanStep, ...] = ()


def route(policy: Policy, ticket: Ticket, at_ms: int) -> Route:
    """Return the route of a ticket that is escalated now.

    The first queue whose conditions hold serves it, then the queue of its type, then the first queue of the
    policy. Conditions read facts and signals; nothing that a customer writes can name a queue (law 6).
    """
    queue, because = _serving(policy, ticket, at_ms)
    hours = policy.hours.get(queue.hours)
    clocks = queue.clocks
    there_ms = somebody_there_ms(policy, queue, ticket, at_ms)
    claim_by_ms = after_business_minutes(hours, at_ms, clocks.claim_minutes)
    reply_by_ms = after_business_minutes(hours, at_ms, clocks.first_reply_minutes)
    resolve_by_ms = after_business_minutes(hours, at_ms, clocks.resolve_minutes)
    return Route(
        queue=queue.id,
        because=because,
        claim_by_ms=claim_by_ms,
        reply_by_ms=reply_by_ms,
        resolve_by_ms=resolve_by_ms,
        open_now=there_ms == at_ms,
        open_again_ms=None if there_ms == at_ms else there_ms,
        people=tuple(person.id for person in able(policy, queue, ticket, at_ms)),
        plan=plan_of(policy, ticket, queue, at_ms, claim_by_ms, reply_by_ms, resolve_by_ms),
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


def plan_of(
    policy: Policy,
    ticket: Ticket,
    queue: Queue,
    at_ms: int,
    claim_by_ms: int,
    reply_by_ms: int,
    resolve_by_ms: int,
) -> tuple[PlanStep, ...]:
    """Return what happens next: who claims it until when, up the chain where nobody does, then reply and resolve."""
    people = tuple(person.id for person in able(policy, queue, ticket, at_ms))
    steps = [PlanStep("claim", queue.id, claim_by_ms, people)]
    for above in chain_above(policy, queue.id):
        begins_ms = steps[-1].by_ms
        by_ms = after_business_minutes(policy.hours.get(above.hours), begins_ms, max(1, above.clocks.claim_minutes))
        there = tuple(person.id for person in able(policy, above, ticket, begins_ms))
        steps.append(PlanStep("claim", above.id, by_ms, there))
    if ticket.handoff is None or ticket.handoff.replied_at_ms is None:
        steps.append(PlanStep("reply", queue.id, reply_by_ms))
    return (*steps, PlanStep("resolve", queue.id, resolve_by_ms))


def chain_above(policy: Policy, queue_id: str) -> tuple[Queue, ...]:
    """Return the queues above one, nearest first: its escalation chain, each once."""
    chain: list[Queue] = []
    here = policy.queues.get(queue_id)
    while here is not None and (above := policy.queues.get(here.escalates_to)) is not None:
        if above.id == queue_id or above in chain:
            break
        chain.append(above)
        here = above
    return tuple(chain)


def queue_that_may(policy: Policy, queue_id: str, amount: float, besides: str = "") -> str:
    """Return the nearest queue, from this one up the chain, with a person other than ``besides`` who may decide that.

    Where nobody may, the top of the chain: it is for them to find somebody. "" when no other queue is there at all.
    """
    here = policy.queues.get(queue_id)
    above = chain_above(policy, queue_id)
    chain: tuple[Queue, ...] = above if here is None else (here, *above)
    for queue in chain:
        if any(may_decide(person, amount) for person in _people(policy, queue) if person.id != besides):
            return queue.id
    return chain[-1].id if len(chain) > 1 else ""


def may_decide(person: Person | None, amount: float) -> bool:
    """Return whether a person may decide on an amount, in the policy's currency; nothing at all needs no authority."""
    if amount <= 0:
        return True
    return person is not None and person.authority.get(AMOUNT, -1.0) >= amount


def somebody_there_ms(policy: Policy, queue: Queue, ticket: Ticket, at_ms: int) -> int | None:
    """Return the next moment at which a queue is open and one of its people is there, None when that is never."""
    opened = policy.hours.get(queue.hours)
    hours = {person.hours for person in _speaking(_people(policy, queue), ticket)} or {queue.hours}
    moments = [_both_open_ms(policy, opened, name, at_ms) for name in hours]
    return min((moment for moment in moments if moment is not None), default=None)


def _both_open_ms(policy: Policy, opened: Hours | None, name: str, at_ms: int) -> int | None:
    mine = policy.hours.get(name)
    there: int | None = at_ms
    for _ in range(_MOST_CHANGES):
        first = next_open_ms(opened, there) if there is not None else None
        there = next_open_ms(mine, first) if first is not None else None
        if there is None or there == first:
            return there
    return None


def _people(policy: Policy, queue: Queue) -> list[Person]:
    return [policy.people[name] for name in queue.people if name in policy.people]


def speaks(person: Person, language: str) -> bool:
    """Return whether a person writes a language; one that nobody named is every language."""
    return not person.languages or not language or language.split("-", maxsplit=1)[0].lower() in person.languages


def _speaking(people: Iterable[Person], ticket: Ticket) -> list[Person]:
    """Return who writes the ticket's language; where nobody does, all of them: somebody must take it."""
    held = list(people)
    return [person for person in held if speaks(person, ticket.language)] or held


def able(policy: Policy, queue: Queue, ticket: Ticket, at_ms: int) -> tuple[Person, ...]:
    """Return who of a queue could take a ticket at a moment: there, with its language and the authority it needs."""
    needed = ticket.handoff.needs_amount if ticket.handoff is not None else 0.0
    fit = [person for person in _people(policy, queue) if may_decide(person, needed)]
    return tuple(person for person in _speaking(fit, ticket) if is_open(policy.hours.get(person.hours), at_ms))


def candidates(policy: Policy, ticket: Ticket, at_ms: int, load: Mapping[str, int]) -> tuple[Person, ...]:
    """Return who of the ticket's queue could own it now and has room, the best first.

    First those whose skills name the ticket's type, then those who may decide on the money at stake, then the least
    loaded. ``load`` counts the tickets that each person owns.
    """
    queue = policy.queues.get(ticket.handoff.queue) if ticket.handoff is not None else None
    if queue is None:
        return ()
    types = ticket.recognised_types | {ticket.ticket_type or ""}

    def rank(person: Person) -> tuple[bool, bool, float, str]:
        skilled = bool(types & set(person.skills))
        share = load.get(person.id, 0) / max(1, person.at_once)
        return not skilled, not may_decide(person, ticket.exposure or 0.0), share, person.id

    free = (person for person in able(policy, queue, ticket, at_ms) if load.get(person.id, 0) < person.at_once)
    return tuple(sorted(free, key=rank))
