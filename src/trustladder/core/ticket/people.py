"""What people change of a ticket: its handoff, its owner, its clocks, its end, its reviews."""

from collections.abc import Mapping
from dataclasses import replace

from trustladder.core import events as e
from trustladder.core.containment import NO_AUTHORITY, Lane
from trustladder.core.ticket.state import Change, Handler, HandoffState, Outcome, PastEpisode, ReviewDue, Ticket


def _notified(ticket: Ticket, event: e.PersonNotified, at: e.Recorded) -> Change:
    return {"watched": True}


def _escalated(ticket: Ticket, event: e.Escalated, at: e.Recorded) -> Change:
    handoff = HandoffState(
        queue=event.queue,
        reason=event.reason,
        escalated_at_ms=at.at_ms,
        claim_by_ms=event.claim_by_ms,
        reply_by_ms=event.reply_by_ms,
        resolve_by_ms=event.resolve_by_ms,
        notice=event.notice,
        asked_by=event.asked_by,
        completeness=event.completeness,
        because=event.because,
        plan=event.plan,
    )
    waiting = ticket.first_unanswered_at_ms
    return {
        "lane": max(ticket.lane, Lane.ESCALATED),
        "authority": NO_AUTHORITY,
        "handoff": handoff,
        "first_unanswered_at_ms": at.at_ms if waiting is None else waiting,
        "reviews_due": _without_review(ticket, ticket.episode),
    }


def _taken(ticket: Ticket, event: e.OwnershipTaken, at: e.Recorded) -> Change:
    handoff = ticket.handoff
    if handoff is not None:
        owners = tuple(dict.fromkeys((*handoff.owners, event.person_id)))
        handoff = replace(handoff, return_by_ms=event.return_by_ms, owners=owners)
    lane = max(ticket.lane, Lane.OWNED)
    return {"lane": lane, "owner": event.person_id, "authority": NO_AUTHORITY, "handoff": handoff}


def _returned(ticket: Ticket, event: e.OwnershipReturned, at: e.Recorded) -> Change:
    handoff = ticket.handoff
    if handoff is not None:
        handoff = replace(
            handoff,
            queue=event.queue or handoff.queue,
            claim_by_ms=handoff.claim_by_ms if event.claim_by_ms is None else event.claim_by_ms,
            return_by_ms=None,
            plan=event.plan or handoff.plan,
        )
    return {"lane": Lane.ESCALATED, "owner": None, "handoff": handoff}


def _sent_up(ticket: Ticket, event: e.SentUp, at: e.Recorded) -> Change:
    handoff = ticket.handoff
    if handoff is not None:
        handoff = replace(
            handoff,
            queue=event.queue,
            claim_by_ms=event.claim_by_ms,
            return_by_ms=None,
            needs_amount=event.amount,
            proposal=event.proposal,
            plan=event.plan,
        )
    return {"lane": Lane.ESCALATED, "owner": None, "handoff": handoff}


def _fresh_stretch(ticket: Ticket, at_ms: int) -> dict[str, object]:
    """What a new stretch of automation starts with: no signals, no counters, no permits, full memory of the talk."""
    return {
        "signals": {},
        "unknown": {},
        "recognised_types": frozenset(),
        "bot_turns": 0,
        "customer_turns": 0,
        "confidence": None,
        "bot_heard": False,
        "stretch_started_at_ms": at_ms,
        "stretch_first_turn": len(ticket.turns),
        "permits": {},
        "drafts": {},
        "decision": None,
        "handoff": None,
        "owner": None,
        "watched": False,
        "authority": None,
    }


def _handed_back(ticket: Ticket, event: e.HandedBack, at: e.Recorded) -> Change:
    lane = Lane.CONTAINED if event.contained else Lane.AUTOMATED
    return {**_fresh_stretch(ticket, at.at_ms), "lane": lane}


def _resolved(ticket: Ticket, event: e.Resolved, at: e.Recorded) -> Change:
    outcome = Outcome(event.by, event.outcome, event.cause, event.repair, at.at_ms, event.question)
    return {
        "lane": Lane.RESOLVED,
        "outcome": outcome,
        "authority": NO_AUTHORITY,
        "first_unanswered_at_ms": None,
        "past": (*ticket.past, PastEpisode(_highest_lane(ticket), ticket.bot_turns, outcome)),
    }


def _highest_lane(ticket: Ticket) -> Lane:
    return max(ticket.lane, Lane.ESCALATED) if ticket.handoff is not None else ticket.lane


def _reopened(ticket: Ticket, event: e.Reopened, at: e.Recorded) -> Change:
    return {
        **_fresh_stretch(ticket, at.at_ms),
        "lane": Lane.AUTOMATED,
        "episode": ticket.episode + 1,
        "outcome": None,
        "confirmed": None,
        "restated": False,
    }


def _breached(ticket: Ticket, event: e.ClockBreached, at: e.Recorded) -> Change:
    handoff = ticket.handoff
    if handoff is None:
        return {}
    due = {"claim": handoff.claim_by_ms, "reply": handoff.reply_by_ms, "resolve": handoff.resolve_by_ms}
    due[event.clock] = event.next_due_ms
    moved = replace(
        handoff,
        queue=event.queue or handoff.queue,
        breaches=(*handoff.breaches, event.clock),
        claim_by_ms=due["claim"],
        reply_by_ms=due["reply"],
        resolve_by_ms=due["resolve"],
        plan=event.plan or handoff.plan,
    )
    return {"handoff": moved}


def _paused(ticket: Ticket, event: e.ClockPaused, at: e.Recorded) -> Change:
    if ticket.handoff is None:
        return {}
    return {"handoff": replace(ticket.handoff, paused_at_ms=at.at_ms, paused_until_ms=event.until_ms)}


def _resumed(ticket: Ticket, event: e.ClockResumed, at: e.Recorded) -> Change:
    if ticket.handoff is None:
        return {}
    running = replace(ticket.handoff, resolve_by_ms=event.resolve_by_ms, paused_at_ms=None, paused_until_ms=None)
    return {"handoff": running}


def _drawn(ticket: Ticket, event: e.DrawnForReview, at: e.Recorded) -> Change:
    return {"reviews_due": (*ticket.reviews_due, ReviewDue(event.episode, event.review_by_ms))}


def _reviewed(ticket: Ticket, event: e.CaseReviewed, at: e.Recorded) -> Change:
    return {"reviews_due": _without_review(ticket, event.episode)}


def _without_review(ticket: Ticket, episode: int) -> tuple[ReviewDue, ...]:
    return tuple(review for review in ticket.reviews_due if review.episode != episode)


HANDLERS: Mapping[type, Handler] = {
    e.PersonNotified: _notified,
    e.Escalated: _escalated,
    e.OwnershipTaken: _taken,
    e.OwnershipReturned: _returned,
    e.SentUp: _sent_up,
    e.HandedBack: _handed_back,
    e.Resolved: _resolved,
    e.Reopened: _reopened,
    e.ClockBreached: _breached,
    e.ClockPaused: _paused,
    e.ClockResumed: _resumed,
    e.DrawnForReview: _drawn,
    e.CaseReviewed: _reviewed,
}
