"""What people do with a ticket: claim, return, send up, hand back, resolve. Only they bring a lane down (law 2)."""

from dataclasses import replace

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.plan import Standing
from trustladder.core.policy import Person, Policy, Queue
from trustladder.core.routing import AMOUNT, may_decide, queue_that_may
from trustladder.core.ticket import Ticket
from trustladder.desk import clocks
from trustladder.desk.answers import PersonAnswer
from trustladder.desk.climb import escalate
from trustladder.desk.commands import CustomerAnswer, Resolution
from trustladder.desk.messages import resolved_question
from trustladder.desk.scribe import Scribe
from trustladder.desk.turns import Taker, must_exist, person_answer, take_ownership
from trustladder.errors import NotAllowed

MOST_PROPOSAL_CHARACTERS = 2_000

WITHOUT_A_PERSON = frozenset({"customer", "automation", "timeout"})
"""Who may close a ticket that never left automation."""


def claim(scribe: Scribe, policy: Policy, taker: Taker) -> PersonAnswer:
    """Make a person the owner of an escalated ticket. Of two who claim, the loser is told who won."""
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    if ticket.owner == taker.person_id:
        return person_answer(ticket)
    if ticket.owner is not None:
        raise NotAllowed(f"{ticket.owner} owns ticket {ticket.ticket_id} already", fix="take another ticket")
    if ticket.lane is not Lane.ESCALATED:
        raise NotAllowed(f"ticket {ticket.ticket_id} is {ticket.lane.word}, not escalated", fix="take it over instead")
    _must_reach(policy, ticket, taker.person_id)
    take_ownership(scribe, policy, taker)
    return person_answer(scribe.ticket)


def _must_reach(policy: Policy, ticket: Ticket, person_id: str) -> None:
    """Refuse a claim on a case that was sent up to those who may decide more."""
    needed = ticket.handoff.needs_amount if ticket.handoff is not None else 0.0
    person = policy.people.get(person_id)
    if needed and person is not None and not may_decide(person, needed):
        raise NotAllowed(
            f"{person_id} may decide on {_reach(policy, person)}, and ticket {ticket.ticket_id} needs {needed:g}",
            fix="leave it to those who may, or take it over to write to the customer",
        )


def take_over(scribe: Scribe, policy: Policy, taker: Taker) -> PersonAnswer:
    """Make a person the owner of any open ticket, from automation or from a colleague."""
    must_exist(scribe.ticket)
    if scribe.ticket.lane is Lane.RESOLVED:
        raise NotAllowed(f"ticket {scribe.ticket.ticket_id} is resolved", fix="write to the customer to reopen it")
    take_ownership(scribe, policy, taker)
    return person_answer(scribe.ticket)


def reopen(scribe: Scribe, policy: Policy, person_id: str) -> PersonAnswer:
    """Open a resolved ticket again as its owner: a new episode, whose clocks run from now."""
    must_exist(scribe.ticket)
    if scribe.ticket.lane is not Lane.RESOLVED:
        raise NotAllowed(f"ticket {scribe.ticket.ticket_id} is {scribe.ticket.lane.word}, not resolved")
    take_ownership(scribe, policy, Taker(person_id, "reopen"))
    return person_answer(scribe.ticket)


def return_to_queue(scribe: Scribe, policy: Policy, person_id: str, reason: str, queue: str = "") -> PersonAnswer:
    """Give a ticket back to its queue, or to another, with a reason. The customer's clock runs on (law 8)."""
    _must_own(scribe.ticket, person_id)
    if queue and queue not in policy.queues:
        known = ", ".join(policy.queues)
        raise NotAllowed(f"the policy has no queue {queue!r}", fix=f"its queues are: {known}")
    to = _queue(policy, queue or _queue_of(scribe.ticket))
    claim_by_ms = clocks.claim_deadline(scribe, policy, to)
    plan = clocks.plan_from_here(scribe, policy, to, claim_by_ms)
    scribe.record(e.OwnershipReturned(person_id, reason, queue, claim_by_ms, plan=plan))
    return person_answer(scribe.ticket)


def send_up(scribe: Scribe, policy: Policy, person_id: str, amount: float, proposal: str) -> PersonAnswer:
    """Send a case that needs more authority up the escalation chain, whole: its owner's proposal goes with it.

    It goes to the nearest queue with somebody else who may decide on the amount, else to the top of the chain. The
    customer's deadlines stay as they were.
    """
    _must_own(scribe.ticket, person_id)
    up = queue_that_may(policy, _queue_of(scribe.ticket), amount, besides=person_id)
    if not up:
        raise NotAllowed(
            f"{person_id} may decide on {_reach(policy, policy.people.get(person_id))}, and this is {amount:g}",
            fix="nobody else may either: give somebody the authority in the policy, under people",
        )
    queue = _queue(policy, up)
    claim_by_ms = clocks.claim_deadline(scribe, policy, queue)
    # First without a plan: who may claim it depends on the amount that the case needs from now on.
    coming = Scribe(scribe.ticket, scribe.now_ms)
    coming.record(e.SentUp(person_id, up, amount, claim_by_ms, proposal))
    plan = clocks.plan_from_here(coming, policy, queue, claim_by_ms)
    scribe.record(e.SentUp(person_id, up, amount, claim_by_ms, proposal, plan))
    said = f"{amount:g} is above what {person_id} may decide on: the ticket went up to {up}, whole"
    return replace(person_answer(scribe.ticket), sent_up=said)


def hand_back(scribe: Scribe, policy: Policy, person_id: str, contained: bool, note: str) -> PersonAnswer:
    """Hand the ticket back to automation: only a person can. The event says which authority it gets back."""
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    if ticket.lane not in {Lane.ESCALATED, Lane.OWNED}:
        raise NotAllowed(f"ticket {ticket.ticket_id} is {ticket.lane.word}: no person has it to hand back")
    if ticket.owner is not None:
        _must_own(ticket, person_id)
    authority = policy.contained.intersect(policy.automated) if contained else policy.automated
    scribe.record(e.HandedBack(person_id, contained, note, authority))
    return person_answer(scribe.ticket)


def resolve(scribe: Scribe, policy: Policy, resolution: Resolution, standing: Standing | None) -> PersonAnswer:
    """Close the ticket with an outcome. Once escalated, only a person with the authority can.

    An amount above the owner's limit sends the case up the chain instead; the answer says so.
    """
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    if ticket.lane is Lane.RESOLVED:
        raise NotAllowed(f"ticket {ticket.ticket_id} is resolved already")
    if ticket.lane >= Lane.ESCALATED:
        if resolution.by in WITHOUT_A_PERSON:
            raise NotAllowed(f"ticket {ticket.ticket_id} is {ticket.lane.word}: only a person may resolve it")
        if ticket.owner is not None:
            _must_own(ticket, resolution.by)
        take_ownership(scribe, policy, Taker(resolution.by, "claim", standing))
        if not may_decide(policy.people.get(resolution.by), resolution.amount):
            return send_up(scribe, policy, resolution.by, resolution.amount, proposal_of(resolution))
    question = "" if resolution.by == "customer" else resolved_question(policy, ticket)
    scribe.record(
        e.Resolved(resolution.by, resolution.outcome, resolution.cause, resolution.repair, resolution.amount, question)
    )
    return replace(person_answer(scribe.ticket), notice=question)


def proposal_of(resolution: Resolution) -> str:
    """Return what a person would decide, in a line, for those who may."""
    given = {
        "outcome": resolution.outcome,
        "cause": resolution.cause,
        "repair": resolution.repair,
        "amount": f"{resolution.amount:g}" if resolution.amount else "",
    }
    return ", ".join(f"{name} {text}" for name, text in given.items() if text.strip())[:MOST_PROPOSAL_CHARACTERS]


def _reach(policy: Policy, person: Person | None) -> str:
    limit = person.authority.get(AMOUNT) if person is not None else None
    return "no amount" if limit is None else f"up to {limit:g} {policy.currency}".rstrip()


def _queue_of(ticket: Ticket) -> str:
    return ticket.handoff.queue if ticket.handoff is not None else ""


def _queue(policy: Policy, name: str) -> Queue:
    return policy.queues.get(name, Queue(name))


def answer_question(scribe: Scribe, policy: Policy, answer: CustomerAnswer) -> PersonAnswer:
    """Record what the customer answered after a ticket was resolved: is it solved, and how was it?

    "Not solved" opens it again. Where people had resolved it, it goes back to people at once, never to the bot.
    """
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    if ticket.lane is not Lane.RESOLVED:
        raise NotAllowed(f"ticket {ticket.ticket_id} is {ticket.lane.word}: it has not been resolved")
    scribe.record(e.SatisfactionGiven(answer.score, answer.complaint, answer.text, answer.solved))
    if answer.solved is False:
        by_people = bool(ticket.past) and ticket.past[-1].highest_lane >= Lane.ESCALATED
        scribe.record(e.Reopened("the customer says that it is not solved"))
        if by_people:
            escalate(scribe, policy, "the customer says that it is not solved", asked_by="customer")
    notice = scribe.ticket.handoff.notice if scribe.ticket.handoff is not None else ""
    return replace(person_answer(scribe.ticket), notice=notice)


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
