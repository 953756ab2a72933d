"""What people do with a ticket: claim, return, hand back, resolve. Only they bring a lane down (law 2)."""

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.policy import Policy
from trustladder.core.ticket import Ticket
from trustladder.desk.answers import PersonAnswer
from trustladder.desk.climb import escalate
from trustladder.desk.commands import Resolution
from trustladder.desk.scribe import Scribe
from trustladder.desk.turns import must_exist, person_answer, take_ownership
from trustladder.errors import NotAllowed

WITHOUT_A_PERSON = frozenset({"customer", "automation", "timeout"})
"""Who may close a ticket that never left automation."""


def claim(scribe: Scribe, policy: Policy, person_id: str) -> PersonAnswer:
    """Make a person the owner of an escalated ticket. Of two who claim, the loser is told who won."""
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    if ticket.owner == person_id:
        return person_answer(ticket)
    if ticket.owner is not None:
        raise NotAllowed(f"{ticket.owner} owns ticket {ticket.ticket_id} already", fix="take another ticket")
    if ticket.lane is not Lane.ESCALATED:
        raise NotAllowed(f"ticket {ticket.ticket_id} is {ticket.lane.word}, not escalated", fix="take it over instead")
    take_ownership(scribe, policy, person_id, "claim")
    return person_answer(scribe.ticket)


def take_over(scribe: Scribe, policy: Policy, person_id: str) -> PersonAnswer:
    """Make a person the owner of any open ticket, from automation or from a colleague."""
    must_exist(scribe.ticket)
    if scribe.ticket.lane is Lane.RESOLVED:
        raise NotAllowed(f"ticket {scribe.ticket.ticket_id} is resolved", fix="write to the customer to reopen it")
    take_ownership(scribe, policy, person_id, "takeover")
    return person_answer(scribe.ticket)


def reopen(scribe: Scribe, policy: Policy, person_id: str) -> PersonAnswer:
    """Open a resolved ticket again as its owner: a new episode, whose clocks run from now."""
    must_exist(scribe.ticket)
    if scribe.ticket.lane is not Lane.RESOLVED:
        raise NotAllowed(f"ticket {scribe.ticket.ticket_id} is {scribe.ticket.lane.word}, not resolved")
    take_ownership(scribe, policy, person_id, "reopen")
    return person_answer(scribe.ticket)


def return_to_queue(scribe: Scribe, policy: Policy, person_id: str, reason: str, queue: str = "") -> PersonAnswer:
    """Give a ticket back to its queue, or to another, with a reason. The customer's clock runs on (law 8)."""
    _must_own(scribe.ticket, person_id)
    if queue and queue not in policy.queues:
        known = ", ".join(policy.queues)
        raise NotAllowed(f"the policy has no queue {queue!r}", fix=f"its queues are: {known}")
    scribe.record(e.OwnershipReturned(person_id, reason, queue))
    return person_answer(scribe.ticket)


def hand_back(scribe: Scribe, person_id: str, contained: bool, note: str) -> PersonAnswer:
    """Hand the ticket back to automation: only a person can."""
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    if ticket.lane not in {Lane.ESCALATED, Lane.OWNED}:
        raise NotAllowed(f"ticket {ticket.ticket_id} is {ticket.lane.word}: no person has it to hand back")
    if ticket.owner is not None:
        _must_own(ticket, person_id)
    scribe.record(e.HandedBack(person_id, contained, note))
    return person_answer(scribe.ticket)


def resolve(scribe: Scribe, policy: Policy, resolution: Resolution) -> PersonAnswer:
    """Close the ticket with an outcome. Once escalated, only a person with the authority can."""
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    if ticket.lane is Lane.RESOLVED:
        raise NotAllowed(f"ticket {ticket.ticket_id} is resolved already")
    if ticket.lane >= Lane.ESCALATED:
        _must_be_allowed(policy, ticket, resolution)
        take_ownership(scribe, policy, resolution.by, "claim")
    scribe.record(e.Resolved(resolution.by, resolution.outcome, resolution.cause, resolution.repair))
    return person_answer(scribe.ticket)


def _must_be_allowed(policy: Policy, ticket: Ticket, resolution: Resolution) -> None:
    if resolution.by in WITHOUT_A_PERSON:
        raise NotAllowed(f"ticket {ticket.ticket_id} is {ticket.lane.word}: only a person may resolve it")
    if ticket.owner is not None:
        _must_own(ticket, resolution.by)
    person = policy.people.get(resolution.by)
    limit = person.authority.get("refund") if person is not None else None
    if resolution.amount and (limit is None or resolution.amount > limit):
        allowed = "no amount" if limit is None else f"up to {limit:g} {policy.currency}".rstrip()
        raise NotAllowed(
            f"{resolution.by} may decide on {allowed}, and this is {resolution.amount:g}",
            fix="return it to a queue whose people may",
        )


def escalate_explicitly(scribe: Scribe, policy: Policy, reason: str, asked_by: str) -> PersonAnswer:
    """Escalate because somebody says so: a bot, a person, another system. It never needs a score."""
    must_exist(scribe.ticket)
    if scribe.ticket.lane is Lane.RESOLVED:
        scribe.record(e.Reopened(reason))
    escalate(scribe, policy, reason, asked_by)
    return person_answer(scribe.ticket)


def give_satisfaction(scribe: Scribe, score: int | None, complaint: bool, text: str) -> PersonAnswer:
    """Record what the customer said about the service, in hundredths of the scale."""
    must_exist(scribe.ticket)
    scribe.record(e.SatisfactionGiven(score, complaint, text))
    return person_answer(scribe.ticket)


def note_restatement(scribe: Scribe, person_id: str) -> PersonAnswer:
    """Record that the customer had to restate the problem after the handoff."""
    must_exist(scribe.ticket)
    scribe.record(e.RestatementNoted(person_id, len(scribe.ticket.turns) - 1))
    return person_answer(scribe.ticket)


def _must_own(ticket: Ticket, person_id: str) -> None:
    must_exist(ticket)
    if ticket.owner != person_id:
        holder = f"{ticket.owner} owns it" if ticket.owner else "nobody owns it"
        raise NotAllowed(
            f"{person_id} does not own ticket {ticket.ticket_id}: {holder}", fix="claim it or take it over"
        )
