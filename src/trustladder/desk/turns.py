"""Turns: what customers, people, tools and ungated bots said, recorded, perceived and decided on."""

from dataclasses import dataclass, replace

from trustladder.core import events as e
from trustladder.core.containment import NO_AUTHORITY, Lane
from trustladder.core.plan import Standing
from trustladder.core.policy import Policy
from trustladder.core.summary import one_line
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.desk import clocks
from trustladder.desk.answers import PersonAnswer, TurnAnswer
from trustladder.desk.climb import escalate, perceive_and_decide
from trustladder.desk.commands import AccountFacts, CustomerTurn, Draft, HumanTurn
from trustladder.desk.restating import AsksFor, note_what_a_customer_repeats, note_what_a_person_asks
from trustladder.desk.sample import draw
from trustladder.desk.scribe import Scribe
from trustladder.errors import NoSuchTicket, NotAllowed

MOST_QUOTED_CHARACTERS = 140
UNNAMED_PERSON = "unnamed"
"""Who owns a ticket on which a person wrote whom nobody named: it is theirs, not the bot's."""


def learn_facts(scribe: Scribe, facts: AccountFacts) -> None:
    """Record what a trusted system told, where it is new."""
    held = scribe.ticket.account
    told = replace(
        held,
        id=held.id if facts.account_id is None else facts.account_id,
        value=held.value if facts.value is None else facts.value,
        tier=held.tier if facts.tier is None else facts.tier,
        at_risk=held.at_risk if facts.at_risk is None else facts.at_risk,
    )
    if told != held:
        scribe.record(e.AccountLearned(facts.account_id, facts.value, facts.tier, facts.at_risk))
    new_type = facts.ticket_type is not None and facts.ticket_type != scribe.ticket.ticket_type
    if new_type or (facts.exposure is not None and facts.exposure != scribe.ticket.exposure):
        scribe.record(e.TypeDeclared(facts.ticket_type, facts.exposure))


def arrive(scribe: Scribe, turn: CustomerTurn) -> Turn:
    """Record what precedes the customer's turn (opening, facts, reopening), and return the turn to perceive."""
    ticket = scribe.ticket
    if ticket.position == 0:
        opened = e.TicketOpened(turn.channel, turn.language, turn.facts.ticket_type, turn.subject, turn.facts.exposure)
        scribe.record(opened)
    elif ticket.lane is Lane.RESOLVED:
        scribe.record(e.Reopened("the customer wrote again"))
    learn_facts(scribe, turn.facts)
    return Turn(
        index=len(scribe.ticket.turns),
        role=Role.CUSTOMER,
        text=turn.text,
        at_ms=scribe.now_ms,
        message_id=turn.message_id,
        intents=turn.intents,
    )


def customer_wrote(scribe: Scribe, policy: Policy, turn: CustomerTurn, seen: e.SignalsDetected) -> TurnAnswer:
    """Record the customer's turn, decide on it, and answer what automation may do now."""
    begins = any(isinstance(event, e.TicketOpened | e.Reopened) for event in scribe.events)
    scribe.record(e.CustomerWrote(turn.message_id, turn.text, turn.intents, turn.channel))
    if begins:
        draw(scribe, policy)
    before = scribe.ticket
    clocks.resume(scribe, policy)
    perceive_and_decide(scribe, policy, seen)
    note_what_a_customer_repeats(scribe, before, seen)
    return turn_answer(scribe.ticket, before.lane)


def bot_wrote(scribe: Scribe, policy: Policy, draft: Draft, seen: e.SignalsDetected) -> TurnAnswer:
    """Record a bot message that went out without the gate, and decide on it."""
    scribe.record(e.BotWrote(draft.draft_id, draft.text, draft.confidence, draft.tool_calls))
    before = scribe.ticket.lane
    perceive_and_decide(scribe, policy, seen)
    return turn_answer(scribe.ticket, before)


def tool_turn(ticket: Ticket, name: str, text: str, failed: bool) -> Turn:
    """Return the turn that a tool's result would be, for perception."""
    return Turn(len(ticket.turns), Role.TOOL, text, ticket.updated_at_ms, author=name, failed=failed)


def tool_returned(scribe: Scribe, policy: Policy, result: e.ToolReturned, seen: e.SignalsDetected) -> TurnAnswer:
    """Record a tool's result, and decide on it while automation has the ticket."""
    scribe.record(result)
    before = scribe.ticket.lane
    if before.automation_may_speak:
        perceive_and_decide(scribe, policy, seen)
    return turn_answer(scribe.ticket, before)


def told(scribe: Scribe, facts: AccountFacts) -> PersonAnswer:
    """Record what a trusted system told about a ticket that exists."""
    must_exist(scribe.ticket)
    learn_facts(scribe, facts)
    return person_answer(scribe.ticket)


def must_exist(ticket: Ticket) -> None:
    """Raise NoSuchTicket when nothing was ever recorded on the ticket."""
    if ticket.position == 0:
        raise NoSuchTicket(
            f"there is no ticket {ticket.ticket_id!r}", fix="post the customer's turn first: it opens the ticket"
        )


def turn_answer(ticket: Ticket, before: Lane) -> TurnAnswer:
    """Return the answer to a turn; the notice goes out once, with the answer that hands over."""
    decision = ticket.decision
    handed_over = ticket.lane is Lane.ESCALATED and before < Lane.ESCALATED and ticket.handoff is not None
    return TurnAnswer(
        ticket_id=ticket.ticket_id,
        position=ticket.position,
        lane=ticket.lane.word,
        decision=decision,
        authority=decision.authority if decision is not None else NO_AUTHORITY,
        notice=ticket.handoff.notice if handed_over and ticket.handoff is not None else "",
    )


@dataclass(frozen=True, slots=True)
class Taker:
    """A person who takes a ticket, how, and what stood above it where it was taken from a queue."""

    person_id: str
    how: str
    standing: Standing | None = None


def human_wrote(
    scribe: Scribe, policy: Policy, turn: HumanTurn, standing: Standing | None, asks_for: AsksFor
) -> PersonAnswer:
    """Record a person's message. One that the customer sees takes ownership at once, whatever the lane.

    Raises NotAllowed with the owner's name when it was only meant for a ticket that no colleague owns, and with what
    was written when the writer has not seen that.
    """
    owner = scribe.ticket.owner
    if turn.unless_owned and owner not in {None, turn.person_id or UNNAMED_PERSON}:
        raise NotAllowed(f"{owner} owns this ticket now", fix="take it over to reply")
    _must_have_seen(scribe.ticket, turn)
    if not turn.internal:
        take_ownership(scribe, policy, Taker(turn.person_id or UNNAMED_PERSON, "message", standing))
    scribe.record(e.HumanWrote(turn.message_id, turn.text, turn.person_id, turn.internal))
    if not turn.internal:
        note_what_a_person_asks(scribe, turn.text, asks_for)
        if turn.asks_the_customer:
            clocks.pause(scribe, policy)
    return person_answer(scribe.ticket)


def _must_have_seen(ticket: Ticket, turn: HumanTurn) -> None:
    """Raise NotAllowed where the customer or a colleague has written what the writer did not read before."""
    unread = ticket.turns[turn.seen_turns :] if turn.seen_turns is not None else ()
    for written in reversed(unread):
        customer = written.role is Role.CUSTOMER
        if customer or (written.role is Role.HUMAN and written.author != turn.person_id):
            said = one_line(written.text, MOST_QUOTED_CHARACTERS)
            raise NotAllowed(
                f"{'the customer' if customer else written.author or 'a colleague'} has just written: “{said}”",
                fix="nothing was sent: read it, then send again",
            )


def take_ownership(scribe: Scribe, policy: Policy, taker: Taker) -> None:
    """Make a person the owner. A ticket still in automation is handed over first, so that its clocks run."""
    if scribe.ticket.position == 0:
        scribe.record(e.TicketOpened())
    if scribe.ticket.lane is Lane.RESOLVED:
        scribe.record(e.Reopened("a person took it up again"))
    if scribe.ticket.handoff is None:
        escalate(scribe, policy, "a person stepped in", asked_by=taker.person_id)
    if scribe.ticket.owner != taker.person_id:
        standing = taker.standing if scribe.ticket.owner is None else None
        return_by_ms = clocks.return_deadline(scribe, policy)
        scribe.record(e.OwnershipTaken(taker.person_id, taker.how, return_by_ms, standing))


def person_answer(ticket: Ticket) -> PersonAnswer:
    """Return where the ticket stands after a person's act, and what the customer is to be told now."""
    queue = ticket.handoff.queue if ticket.handoff is not None else ""
    return PersonAnswer(ticket.ticket_id, ticket.position, ticket.lane.word, ticket.owner or "", queue)
