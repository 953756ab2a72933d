"""From the desk's values to what travels over HTTP."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from trustladder.core.containment import NO_AUTHORITY, Authority
from trustladder.core.decision import Decision, Reason
from trustladder.core.events import Recorded
from trustladder.core.policy import Person
from trustladder.core.risk import HUNDREDTHS, probability_of
from trustladder.core.signals import Evidence, Signal
from trustladder.core.summary import TicketSummary, summarise
from trustladder.core.threshold import Bound
from trustladder.core.ticket import Ticket, Turn, running_clock
from trustladder.desk import GateAnswer, PersonAnswer, RedeemAnswer, TurnAnswer
from trustladder.desk.integrity import QueueReport
from trustladder.desk.outbox import Letter
from trustladder.web import outgoing


def moment(at_ms: int) -> datetime:
    """Return a time in milliseconds since the epoch as a datetime in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _moment_or_none(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)


def evidence(item: Evidence) -> outgoing.EvidenceOut:
    """Present one piece of evidence."""
    return outgoing.EvidenceOut(turn=item.turn if item.turn >= 0 else None, quote=item.quote, field=item.field)


def reason(given: Reason) -> outgoing.ReasonOut:
    """Present one reason."""
    return outgoing.ReasonOut(
        kind=given.kind.value,
        lane=given.lane.word,
        rule=given.rule_id,
        sentence=given.sentence,
        evidence=[evidence(item) for item in given.evidence],
    )


def _risk_at(bound: Bound | None) -> float | None:
    return None if bound is None else round(probability_of(bound.value), 4)


def decision(taken: Decision | None) -> outgoing.DecisionOut | None:
    """Present a decision, or None before the first."""
    if taken is None:
        return None
    return outgoing.DecisionOut(
        lane=taken.lane.word,
        previous_lane=taken.previous_lane.word,
        proposed=taken.proposed.word,
        notify=taken.notify,
        risk=round(taken.risk.probability, 4),
        points=taken.risk.points,
        points_by_signal={part.name: part.points_hundredths / HUNDREDTHS for part in taken.risk.contributions},
        contain_at=_risk_at(taken.threshold.contain_at),
        escalate_at=_risk_at(taken.threshold.escalate_at),
        rules=list(taken.rule_ids),
        reasons=[reason(given) for given in taken.reasons],
        flips=[outgoing.FlipOut(change=flip.change, lane=flip.lane.word) for flip in taken.flips],
        policy_digest=taken.policy_digest,
        turn=taken.turn,
        at=moment(taken.at_ms),
    )


def authority(held: Authority) -> outgoing.AuthorityOut:
    """Present what automation may do."""
    tools = [grant.name for grant in held.tools]
    must_cite = [list(sources) for sources in held.must_cite]
    return outgoing.AuthorityOut(acts=list(held.acts), tools=tools, every_tool=held.every_tool, must_cite=must_cite)


def turn_answer(answer: TurnAnswer) -> outgoing.TurnOut:
    """Present the answer to a turn."""
    return outgoing.TurnOut(
        ticket=answer.ticket_id,
        position=answer.position,
        lane=answer.lane,
        may_answer=bool(answer.authority.acts),
        authority=authority(answer.authority),
        decision=decision(answer.decision),
        notice=answer.notice,
    )


def gate_answer(answer: GateAnswer) -> outgoing.GateOut:
    """Present the gate's answer."""
    permit = answer.permit
    return outgoing.GateOut(
        ticket=answer.ticket_id,
        position=answer.position,
        lane=answer.lane,
        answer=answer.answer,
        text=answer.text,
        permit=None
        if permit is None
        else outgoing.PermitOut(id=permit.permit_id, expires_at=moment(permit.expires_at_ms)),
        acts=list(answer.acts),
        objections=list(answer.objections),
        decision=decision(answer.decision),
        notice=answer.notice,
    )


def redeem_answer(answer: RedeemAnswer) -> outgoing.RedeemOut:
    """Present a redeemed permit."""
    return outgoing.RedeemOut(
        ticket=answer.ticket_id,
        position=answer.position,
        permit=answer.permit_id,
        text=answer.text,
        tools=list(answer.tools),
    )


def person_answer(answer: PersonAnswer) -> outgoing.PersonOut:
    """Present the outcome of a person's act."""
    return outgoing.PersonOut(
        ticket=answer.ticket_id,
        position=answer.position,
        lane=answer.lane,
        owner=answer.owner,
        queue=answer.queue,
        notice=answer.notice,
        sent_up=answer.sent_up,
    )


def plan(ticket: Ticket, people: Iterable[Person]) -> outgoing.PlanOut:
    """Present what happens next with an escalated ticket."""
    handoff, clock = ticket.handoff, running_clock(ticket)
    steps = handoff.plan if handoff is not None else ()
    return outgoing.PlanOut(
        ticket=ticket.ticket_id,
        because=handoff.because if handoff is not None else "",
        clock=clock[0] if clock is not None else "",
        due_at=moment(clock[1]) if clock is not None else None,
        paused=handoff is not None and handoff.paused_at_ms is not None,
        steps=[
            outgoing.PlanStepOut(clock=step.clock, queue=step.queue, by=moment(step.by_ms), people=list(step.people))
            for step in steps
        ],
        candidates=[
            outgoing.CandidateOut(person=person.id, name=person.name, skills=list(person.skills)) for person in people
        ],
    )


def integrity(report: QueueReport, most: int) -> outgoing.IntegrityOut:
    """Present Queue Integrity, with at most so many inversions by name."""
    held = report.integrity
    return outgoing.IntegrityOut(
        value=None if held.value is None else round(held.value, 4),
        takings=held.takings,
        comparisons=held.comparisons,
        inverted=held.inverted,
        allowed=held.allowed,
        inversions=[
            outgoing.InversionOut(
                taken=item.taken,
                passed_over=item.passed_over,
                queue=item.queue,
                person=item.person_id,
                at=moment(item.at_ms),
                times_higher=item.times_higher,
                allowed=item.allowed,
            )
            for item in held.inversions[:most]
        ],
        still_automated=[row(summary) for summary in report.still_automated[:most]],
    )


def dead_letter(letter: Letter) -> outgoing.DeadLetterOut:
    """Present a dead letter."""
    note = letter.notification
    return outgoing.DeadLetterOut(
        name=letter.name,
        channel=letter.channel,
        ticket=note.ticket_id,
        occasion=note.occasion.value,
        sentence=note.sentence,
        attempts=letter.attempts,
        since=moment(note.at_ms),
        why=letter.why,
    )


def row(summary: TicketSummary) -> outgoing.TicketRowOut:
    """Present a ticket's row."""
    return outgoing.TicketRowOut(**_row(summary))


def _row(summary: TicketSummary) -> dict[str, Any]:
    return {
        "ticket": summary.ticket_id,
        "lane": summary.lane.word,
        "episode": summary.episode,
        "ticket_type": summary.ticket_type,
        "account": summary.account_id,
        "subject": summary.subject,
        "risk": round(probability_of(summary.risk_points_hundredths), 4),
        "top_reason": summary.top_reason,
        "queue": summary.queue,
        "owner": summary.owner,
        "opened_at": moment(summary.opened_at_ms),
        "updated_at": moment(summary.updated_at_ms),
        "waiting_since": _moment_or_none(summary.waiting_since_ms),
        "due_at": _moment_or_none(summary.next_due_ms),
        "position": summary.position,
    }


def turn(said: Turn) -> outgoing.ConversationTurnOut:
    """Present one turn."""
    return outgoing.ConversationTurnOut(
        index=said.index,
        role=said.role.value,
        text=said.text,
        author=said.author,
        internal=said.internal,
        at=moment(said.at_ms),
    )


def signal(read: Signal) -> outgoing.SignalOut:
    """Present one signal."""
    items = [evidence(item) for item in read.evidence]
    return outgoing.SignalOut(name=read.name, strength=read.strength, source=read.source, evidence=items)


def ticket(state: Ticket) -> outgoing.TicketOut:
    """Present a whole ticket."""
    held = state.decision.authority if state.decision is not None else NO_AUTHORITY
    return outgoing.TicketOut(
        **_row(summarise(state)),
        turns=[turn(said) for said in state.turns],
        signals=[signal(read) for read in state.signals.values()],
        decision=decision(state.decision),
        authority=authority(state.authority if state.authority is not None else held),
    )


def event(recorded: Recorded) -> outgoing.EventOut:
    """Present one event of the ledger."""
    return outgoing.EventOut(
        position=recorded.position,
        at=moment(recorded.at_ms),
        type=type(recorded.event).__name__,
        data=msgspec.to_builtins(recorded.event),
    )
