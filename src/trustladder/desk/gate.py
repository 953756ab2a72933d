"""The gate: the one door that every automated message and action passes, twice.

First the draft is judged and may get a permit; then, at send time, the permit is redeemed: compare-and-set on
the ticket's position, so that nothing leaves once anything that matters has happened.
"""

from collections.abc import Callable
from dataclasses import dataclass

from trustladder.core import events as e
from trustladder.core.containment import NO_AUTHORITY, Act, Answer, Judgement, Lane, Permit, ToolCall, judge
from trustladder.core.decision import ReasonKind
from trustladder.core.episode import TRANSFER_TOOLS
from trustladder.core.policy import Policy
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.desk.answers import GateAnswer, RedeemAnswer
from trustladder.desk.climb import escalate, perceive_and_decide
from trustladder.desk.commands import Draft
from trustladder.desk.messages import holding
from trustladder.desk.scribe import Scribe
from trustladder.desk.turns import must_exist
from trustladder.errors import PermitRefused


@dataclass(frozen=True, slots=True)
class Reading:
    """What a draft does: its acts, and the promises it makes (``handoff``, ``callback``, ``email``)."""

    acts: tuple[Act, ...]
    promises: tuple[str, ...] = ()


UNREAD = Reading((Act.INFORM, Act.RESOLVE))
"""What stands in for the reading of a draft that could not be read."""

ReadActs = Callable[[str, tuple[Act, ...], tuple[ToolCall, ...], str], Reading]
"""Text, declared acts, tool calls and language in; what the draft does out."""


def draft_turn(ticket: Ticket, draft: Draft, now_ms: int) -> Turn:
    """Return the turn that a draft would be, for perception."""
    return Turn(
        index=len(ticket.turns),
        role=Role.BOT,
        text=draft.text,
        at_ms=now_ms,
        message_id=draft.draft_id,
        tool_calls=draft.tool_calls,
        confidence=draft.confidence,
    )


def judge_draft(
    scribe: Scribe, policy: Policy, draft: Draft, seen: e.SignalsDetected, reading: Reading, permit_id: str
) -> GateAnswer:
    """Judge a draft and record it: what it does, whether automation may, and what may be sent."""
    must_exist(scribe.ticket)
    before = scribe.ticket.lane
    scribe.record(
        e.DraftSubmitted(draft.draft_id, draft.text, draft.tool_calls, draft.declared, draft.cites, draft.confidence)
    )
    if before.automation_may_speak:
        perceive_and_decide(scribe, policy, seen)
        _keep_promise(scribe, policy, draft, reading)
    ticket = scribe.ticket
    authority = ticket.decision.authority if ticket.decision is not None else NO_AUTHORITY
    verdict = judge(ticket.lane, authority, reading.acts, draft.tool_calls, draft.cites)
    verdict = _refuse_loose_promises(verdict, reading)
    text = _text_to_send(policy, ticket, draft, verdict)
    permit = _permit(policy, scribe, permit_id) if verdict.answer is not Answer.WITHHOLD else None
    scribe.record(
        e.DraftJudged(
            draft_id=draft.draft_id,
            text=draft.text,
            tool_calls=draft.tool_calls if verdict.answer is Answer.RELEASE else (),
            acts=verdict.acts,
            answer=verdict.answer,
            objections=verdict.objections,
            replacement=text if verdict.answer is Answer.REPLACE else "",
            permit=permit,
        )
    )
    return _answer(scribe.ticket, before, verdict, text, permit)


def _keep_promise(scribe: Scribe, policy: Policy, draft: Draft, reading: Reading) -> None:
    """Turn a promised or called-for handoff into the real one, in this same transaction."""
    called = next((call for call in draft.tool_calls if call.name in TRANSFER_TOOLS), None)
    if called is not None:
        summary = called.arguments.get("summary")
        said = f": {summary}" if isinstance(summary, str) and summary.strip() else ""
        escalate(scribe, policy, f"the bot handed over{said}", asked_by="bot")
    elif "handoff" in reading.promises:
        escalate(scribe, policy, "the bot promised a handoff, and it is kept", asked_by="bot")


def _refuse_loose_promises(verdict: Judgement, reading: Reading) -> Judgement:
    """A promise that nobody is bound to keep (a call, an e-mail) is not released."""
    loose = tuple(kind for kind in reading.promises if kind != "handoff")
    if verdict.answer is not Answer.RELEASE or not loose:
        return verdict
    objections = tuple(f"the draft promises a {kind}, and nobody is bound to keep it" for kind in loose)
    return Judgement(Answer.REPLACE, verdict.acts, objections)


def _text_to_send(policy: Policy, ticket: Ticket, draft: Draft, verdict: Judgement) -> str:
    match verdict.answer:
        case Answer.RELEASE:
            return draft.text
        case Answer.REPLACE:
            return holding(policy, ticket, _why_held(ticket, draft))
        case Answer.WITHHOLD:
            return ""


def _why_held(ticket: Ticket, draft: Draft) -> str:
    """Return the reason by which the policy words what is said instead of a draft."""
    reasons = ticket.decision.reasons if ticket.decision is not None else ()
    if any(reason.kind is ReasonKind.UNKNOWN_SIGNAL for reason in reasons):
        return "holding_unread"
    return "holding" if draft.text.strip() else "holding_action"


def _permit(policy: Policy, scribe: Scribe, permit_id: str) -> Permit:
    expires_at_ms = scribe.now_ms + int(policy.permit_seconds * 1000)
    return Permit(permit_id, scribe.ticket.mark, expires_at_ms)


def _answer(ticket: Ticket, before: Lane, verdict: Judgement, text: str, permit: Permit | None) -> GateAnswer:
    handed_over = before < Lane.ESCALATED <= ticket.lane and ticket.handoff is not None
    return GateAnswer(
        ticket_id=ticket.ticket_id,
        position=ticket.position,
        lane=ticket.lane.word,
        answer=verdict.answer,
        text=text,
        acts=verdict.acts,
        objections=verdict.objections,
        decision=ticket.decision,
        permit=permit,
        notice=ticket.handoff.notice if handed_over and ticket.handoff is not None else "",
    )


def redeem(scribe: Scribe, permit_id: str) -> RedeemAnswer:
    """Redeem a permit at send time, or raise PermitRefused: then nothing may be sent."""
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    permit = ticket.permits.get(permit_id)
    why = "it is unknown, was used before, or was voided by what happened since"
    refusal = why if permit is None else permit.refusal(ticket.mark, ticket.lane, scribe.now_ms)
    if permit is None or refusal is not None:
        raise _refused(permit_id, refusal)
    draft = ticket.drafts[permit_id]
    text = draft.replacement or draft.text
    scribe.record(e.PermitRedeemed(permit_id, draft.draft_id))
    scribe.record(e.BotWrote(draft.draft_id, text, ticket.confidence, draft.tool_calls, permit_id=permit_id))
    return RedeemAnswer(
        ticket_id=ticket.ticket_id,
        position=scribe.ticket.position,
        permit_id=permit_id,
        text=text,
        tools=tuple(call.name for call in draft.tool_calls),
        send_by_ms=permit.expires_at_ms,
    )


def redeemed_again(ticket: Ticket, answer: RedeemAnswer, now_ms: int) -> None:
    """Raise PermitRefused when the answer to a redeemed permit may no longer be given again.

    Whoever asks again has not sent yet: for them the permit must still stand, as it did the first time.
    """
    was = Permit(answer.permit_id, min(ticket.mark, answer.position), answer.send_by_ms)
    refusal = was.refusal(ticket.mark, ticket.lane, now_ms)
    if refusal is not None:
        raise _refused(answer.permit_id, refusal)


def _refused(permit_id: str, why: str | None) -> PermitRefused:
    return PermitRefused(f"permit {permit_id} cannot be redeemed: {why}", fix="do not send; submit a new draft")
