"""A ticket: the fold of its events. Nothing else changes one.

``fold(ticket, recorded)`` never refuses: the ledger holds what happened, also in imported conversations in
which a bot spoke after a handoff. What may happen is the business of the gate and of the desk.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from trustladder.core import events as e
from trustladder.core.containment import NO_AUTHORITY, Authority, Lane, Permit, ToolCall
from trustladder.core.decision import Decision
from trustladder.core.plan import PlanStep
from trustladder.core.signals import Signal, StatedFact, merge


class Role(StrEnum):
    """Who a turn is from."""

    CUSTOMER = "customer"
    BOT = "bot"
    HUMAN = "human"
    TOOL = "tool"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation. ``at_ms`` is in milliseconds since the Unix epoch."""

    index: int
    role: Role
    text: str
    at_ms: int
    message_id: str = ""
    author: str = ""
    intents: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    confidence: int | None = None
    failed: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """What trusted systems told about the account; None is "nobody told"."""

    id: str | None = None
    value: float | None = None
    tier: str | None = None
    at_risk: bool | None = None


@dataclass(frozen=True, slots=True)
class HandoffState:
    """Where an escalated ticket stands with people: its queue, why, and its deadlines (epoch milliseconds).

    ``return_by_ms`` is when an owner who has not written loses it, ``paused_until_ms`` until when the resolve clock
    stands still at most. ``needs_amount`` is what its owner must be allowed to decide on, ``proposal`` what an earlier
    one would do. ``owners`` are those who have had it, ``plan`` is what happens next.
    """

    queue: str
    reason: str
    escalated_at_ms: int
    claim_by_ms: int
    reply_by_ms: int
    resolve_by_ms: int
    notice: str = ""
    asked_by: str = "trustladder"
    breaches: tuple[str, ...] = ()
    replied_at_ms: int | None = None
    return_by_ms: int | None = None
    paused_at_ms: int | None = None
    paused_until_ms: int | None = None
    needs_amount: float = 0.0
    proposal: str = ""
    owners: tuple[str, ...] = ()
    completeness: int | None = None
    because: str = ""
    plan: tuple[PlanStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an episode ended, and what the customer was asked then ("" for nothing)."""

    by: str
    outcome: str
    cause: str
    repair: str
    at_ms: int
    question: str = ""


@dataclass(frozen=True, slots=True)
class PastEpisode:
    """What is remembered of an earlier episode of the ticket: how high it rose and how it ended."""

    highest_lane: Lane
    bot_turns: int
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """An episode of the ticket that was drawn for the audit sample and that nobody has re-read yet."""

    episode: int
    review_by_ms: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """The state of a ticket after the events folded so far.

    ``position`` counts them. ``mark`` is the position of the last one that matters to a permit. A *stretch* is
    the time since automation last took the ticket (its opening, a reopening, a hand-back): signals and counters
    are those of the stretch, so that old ones do not leak. ``bot_heard`` tells whether the bot has spoken in it.
    ``first_unanswered_at_ms`` is when the customer's wait began (law 8), None when nobody waits.
    """

    tenant: str
    ticket_id: str
    position: int = 0
    mark: int = 0
    episode: int = 1
    lane: Lane = Lane.AUTOMATED
    channel: str = ""
    channels: tuple[str, ...] = ()
    language: str = ""
    subject: str = ""
    ticket_type: str | None = None
    recognised_types: frozenset[str] = frozenset()
    exposure: float | None = None
    account: Account = Account()
    turns: tuple[Turn, ...] = ()
    signals: Mapping[str, Signal] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[StatedFact, ...] = ()
    opened_at_ms: int | None = None
    stretch_started_at_ms: int | None = None
    stretch_first_turn: int = 0
    bot_turns: int = 0
    customer_turns: int = 0
    confidence: int | None = None
    bot_heard: bool = False
    first_unanswered_at_ms: int | None = None
    authority: Authority | None = None
    watched: bool = False
    permits: Mapping[str, Permit] = field(default_factory=dict)
    drafts: Mapping[str, e.DraftJudged] = field(default_factory=dict)
    decision: Decision | None = None
    handoff: HandoffState | None = None
    owner: str | None = None
    outcome: Outcome | None = None
    past: tuple[PastEpisode, ...] = ()
    satisfaction: int | None = None
    confirmed: bool | None = None
    complaint: bool = False
    restated: bool = False
    tags: tuple[str, ...] = ()
    reviews_due: tuple[ReviewDue, ...] = ()
    updated_at_ms: int = 0

    @property
    def stretch(self) -> tuple[Turn, ...]:
        """The turns since automation last took the ticket."""
        return self.turns[self.stretch_first_turn :]

    @property
    def reopened(self) -> bool:
        """True when the ticket had been resolved before."""
        return self.episode > 1


_Change = Mapping[str, object]
_Handler = Callable[[Ticket, Any, e.Recorded], _Change]


def _turn(ticket: Ticket, at_ms: int, role: Role, text: str, **more: Any) -> tuple[Turn, ...]:
    return (*ticket.turns, Turn(len(ticket.turns), role, text, at_ms, **more))


def _opened(ticket: Ticket, event: e.TicketOpened, at: e.Recorded) -> _Change:
    return {
        "channel": event.channel,
        "channels": (event.channel,) if event.channel else (),
        "language": event.language,
        "subject": event.subject,
        "ticket_type": event.ticket_type,
        "exposure": event.exposure,
        "opened_at_ms": at.at_ms,
        "stretch_started_at_ms": at.at_ms,
    }


def _account(ticket: Ticket, event: e.AccountLearned, at: e.Recorded) -> _Change:
    held = ticket.account
    told = Account(
        held.id if event.account_id is None else event.account_id,
        held.value if event.value is None else event.value,
        held.tier if event.tier is None else event.tier,
        held.at_risk if event.at_risk is None else event.at_risk,
    )
    return {"account": told}


def _declared(ticket: Ticket, event: e.TypeDeclared, at: e.Recorded) -> _Change:
    return {
        "ticket_type": ticket.ticket_type if event.ticket_type is None else event.ticket_type,
        "exposure": ticket.exposure if event.exposure is None else event.exposure,
    }


def _customer(ticket: Ticket, event: e.CustomerWrote, at: e.Recorded) -> _Change:
    waiting = ticket.first_unanswered_at_ms
    channels = ticket.channels
    if event.channel and event.channel not in channels:
        channels = (*channels, event.channel)
    return {
        "turns": _turn(ticket, at.at_ms, Role.CUSTOMER, event.text, message_id=event.message_id, intents=event.intents),
        "customer_turns": ticket.customer_turns + 1,
        "channels": channels,
        "first_unanswered_at_ms": at.at_ms if waiting is None else waiting,
    }


def _bot(ticket: Ticket, event: e.BotWrote, at: e.Recorded) -> _Change:
    # What only calls tools says nothing, and a holding message of a contained bot is no answer: the customer still
    # waits (law 8).
    spoke = bool(event.text.strip() or event.intents)
    answered = spoke and ticket.lane is Lane.AUTOMATED
    return {
        "turns": _turn(
            ticket,
            at.at_ms,
            Role.BOT,
            event.text,
            message_id=event.message_id,
            intents=event.intents,
            tool_calls=event.tool_calls,
            confidence=event.confidence,
        ),
        "bot_turns": ticket.bot_turns + spoke,
        "confidence": event.confidence,
        "bot_heard": True,
        "first_unanswered_at_ms": None if answered else ticket.first_unanswered_at_ms,
    }


def _human(ticket: Ticket, event: e.HumanWrote, at: e.Recorded) -> _Change:
    turns = _turn(
        ticket,
        at.at_ms,
        Role.HUMAN,
        event.text,
        message_id=event.message_id,
        author=event.person_id,
        internal=event.internal,
    )
    if event.internal:
        return {"turns": turns}
    handoff = ticket.handoff
    if handoff is not None:
        first = at.at_ms if handoff.replied_at_ms is None else handoff.replied_at_ms
        handoff = replace(handoff, replied_at_ms=first, return_by_ms=None)
    return {"turns": turns, "first_unanswered_at_ms": None, "handoff": handoff}


def _tool(ticket: Ticket, event: e.ToolReturned, at: e.Recorded) -> _Change:
    return {"turns": _turn(ticket, at.at_ms, Role.TOOL, event.text, author=event.name, failed=event.failed)}


def _system(ticket: Ticket, event: e.SystemNoted, at: e.Recorded) -> _Change:
    return {"turns": _turn(ticket, at.at_ms, Role.SYSTEM, event.text)}


def _detected(ticket: Ticket, event: e.SignalsDetected, at: e.Recorded) -> _Change:
    return {
        "signals": merge(ticket.signals, event.signals),
        "unknown": {signal.name: signal.reason for signal in event.unknown},
        "facts": tuple(dict.fromkeys((*ticket.facts, *event.facts))),
        "recognised_types": ticket.recognised_types.union(event.ticket_types),
        "language": ticket.language or event.language,
    }


def _decided(ticket: Ticket, event: e.Decided, at: e.Recorded) -> _Change:
    return {"decision": event.decision}


def _contained(ticket: Ticket, event: e.Contained, at: e.Recorded) -> _Change:
    return {"lane": max(ticket.lane, Lane.CONTAINED), "authority": event.authority}


def _notified(ticket: Ticket, event: e.PersonNotified, at: e.Recorded) -> _Change:
    return {"watched": True}


def _escalated(ticket: Ticket, event: e.Escalated, at: e.Recorded) -> _Change:
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


def _submitted(ticket: Ticket, event: e.DraftSubmitted, at: e.Recorded) -> _Change:
    return {"confidence": event.confidence, "bot_heard": True}


def _judged(ticket: Ticket, event: e.DraftJudged, at: e.Recorded) -> _Change:
    if event.permit is None:
        return {}
    live = {key: permit for key, permit in ticket.permits.items() if permit.mark == ticket.mark}
    kept = {key: draft for key, draft in ticket.drafts.items() if key in live}
    return {
        "permits": {**live, event.permit.permit_id: event.permit},
        "drafts": {**kept, event.permit.permit_id: event},
    }


def _redeemed(ticket: Ticket, event: e.PermitRedeemed, at: e.Recorded) -> _Change:
    return {
        "permits": {key: permit for key, permit in ticket.permits.items() if key != event.permit_id},
        "drafts": {key: draft for key, draft in ticket.drafts.items() if key != event.permit_id},
    }


def _taken(ticket: Ticket, event: e.OwnershipTaken, at: e.Recorded) -> _Change:
    handoff = ticket.handoff
    if handoff is not None:
        owners = tuple(dict.fromkeys((*handoff.owners, event.person_id)))
        handoff = replace(handoff, return_by_ms=event.return_by_ms, owners=owners)
    lane = max(ticket.lane, Lane.OWNED)
    return {"lane": lane, "owner": event.person_id, "authority": NO_AUTHORITY, "handoff": handoff}


def _returned(ticket: Ticket, event: e.OwnershipReturned, at: e.Recorded) -> _Change:
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


def _sent_up(ticket: Ticket, event: e.SentUp, at: e.Recorded) -> _Change:
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


def _handed_back(ticket: Ticket, event: e.HandedBack, at: e.Recorded) -> _Change:
    lane = Lane.CONTAINED if event.contained else Lane.AUTOMATED
    return {**_fresh_stretch(ticket, at.at_ms), "lane": lane}


def _resolved(ticket: Ticket, event: e.Resolved, at: e.Recorded) -> _Change:
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


def _reopened(ticket: Ticket, event: e.Reopened, at: e.Recorded) -> _Change:
    return {
        **_fresh_stretch(ticket, at.at_ms),
        "lane": Lane.AUTOMATED,
        "episode": ticket.episode + 1,
        "outcome": None,
        "confirmed": None,
        "restated": False,
    }


def _satisfaction(ticket: Ticket, event: e.SatisfactionGiven, at: e.Recorded) -> _Change:
    score = ticket.satisfaction if event.score is None else event.score
    solved = ticket.confirmed if event.solved is None else event.solved
    return {"satisfaction": score, "confirmed": solved, "complaint": ticket.complaint or event.complaint}


def _restated(ticket: Ticket, event: e.RestatementNoted, at: e.Recorded) -> _Change:
    return {"restated": True}


def _breached(ticket: Ticket, event: e.ClockBreached, at: e.Recorded) -> _Change:
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


def _paused(ticket: Ticket, event: e.ClockPaused, at: e.Recorded) -> _Change:
    if ticket.handoff is None:
        return {}
    return {"handoff": replace(ticket.handoff, paused_at_ms=at.at_ms, paused_until_ms=event.until_ms)}


def _resumed(ticket: Ticket, event: e.ClockResumed, at: e.Recorded) -> _Change:
    if ticket.handoff is None:
        return {}
    running = replace(ticket.handoff, resolve_by_ms=event.resolve_by_ms, paused_at_ms=None, paused_until_ms=None)
    return {"handoff": running}


def _nothing(ticket: Ticket, event: e.Event, at: e.Recorded) -> _Change:
    """What is told by the ledger alone and changes nothing of the ticket."""
    return {}


def running_clock(ticket: Ticket) -> tuple[str, int] | None:
    """Return the clock that runs on an escalated ticket and its deadline (epoch milliseconds), or None.

    First somebody must claim it, then answer, then resolve it. Of ``reply`` and ``return`` (the owner has not
    written) the nearer one runs; while it is the customer's turn to answer, ``customer`` runs in the place of
    ``resolve``.
    """
    handoff = ticket.handoff
    if handoff is None or ticket.lane not in {Lane.ESCALATED, Lane.OWNED}:
        return None
    if ticket.owner is None:
        return "claim", handoff.claim_by_ms
    if handoff.replied_at_ms is None:
        clock = ("reply", handoff.reply_by_ms)
    elif handoff.paused_until_ms is not None:
        clock = ("customer", handoff.paused_until_ms)
    else:
        clock = ("resolve", handoff.resolve_by_ms)
    if handoff.return_by_ms is not None and handoff.return_by_ms < clock[1]:
        return "return", handoff.return_by_ms
    return clock


def _tagged(ticket: Ticket, event: e.Tagged, at: e.Recorded) -> _Change:
    return {"tags": tuple(dict.fromkeys((*ticket.tags, *event.tags)))}


def _drawn(ticket: Ticket, event: e.DrawnForReview, at: e.Recorded) -> _Change:
    return {"reviews_due": (*ticket.reviews_due, ReviewDue(event.episode, event.review_by_ms))}


def _reviewed(ticket: Ticket, event: e.CaseReviewed, at: e.Recorded) -> _Change:
    return {"reviews_due": _without_review(ticket, event.episode)}


def _without_review(ticket: Ticket, episode: int) -> tuple[ReviewDue, ...]:
    return tuple(review for review in ticket.reviews_due if review.episode != episode)


def _shadowed(ticket: Ticket, event: e.ShadowDecided, at: e.Recorded) -> _Change:
    return {}


_HANDLERS: Mapping[type, _Handler] = {
    e.TicketOpened: _opened,
    e.AccountLearned: _account,
    e.TypeDeclared: _declared,
    e.CustomerWrote: _customer,
    e.BotWrote: _bot,
    e.HumanWrote: _human,
    e.ToolReturned: _tool,
    e.SystemNoted: _system,
    e.SignalsDetected: _detected,
    e.Decided: _decided,
    e.Contained: _contained,
    e.PersonNotified: _notified,
    e.Escalated: _escalated,
    e.DraftSubmitted: _submitted,
    e.DraftJudged: _judged,
    e.PermitRedeemed: _redeemed,
    e.OwnershipTaken: _taken,
    e.OwnershipReturned: _returned,
    e.SentUp: _sent_up,
    e.HandedBack: _handed_back,
    e.Resolved: _resolved,
    e.Reopened: _reopened,
    e.SatisfactionGiven: _satisfaction,
    e.RestatementNoted: _restated,
    e.ClockBreached: _breached,
    e.ClockPaused: _paused,
    e.ClockResumed: _resumed,
    e.ClockRestored: _nothing,
    e.Tagged: _tagged,
    e.DrawnForReview: _drawn,
    e.CaseReviewed: _reviewed,
    e.ShadowDecided: _shadowed,
}

_LEAVES_PERMITS = frozenset(
    {
        e.DraftSubmitted,
        e.DraftJudged,
        e.PermitRedeemed,
        e.BotWrote,
        e.ToolReturned,
        e.SystemNoted,
        e.SignalsDetected,
        e.Decided,
        e.PersonNotified,
        e.SatisfactionGiven,
        e.RestatementNoted,
        e.ClockBreached,
        e.ClockPaused,
        e.ClockResumed,
        e.ClockRestored,
        e.Tagged,
        e.DrawnForReview,
        e.CaseReviewed,
        e.ShadowDecided,
    }
)
"""Events after which a permit still stands. Any other event moves the mark and voids every permit."""


def fold(ticket: Ticket, recorded: e.Recorded) -> Ticket:
    """Return the ticket after one more event. Raises ValueError when the position is not the next one."""
    if recorded.position != ticket.position + 1:
        raise ValueError(
            f"ticket {ticket.ticket_id}: event {recorded.position} does not follow position {ticket.position}"
        )
    kind = type(recorded.event)
    change = dict(_HANDLERS[kind](ticket, recorded.event, recorded))
    change["position"] = recorded.position
    change["updated_at_ms"] = recorded.at_ms
    if kind not in _LEAVES_PERMITS:
        change["mark"] = recorded.position
    return replace(ticket, **change)  # type: ignore[arg-type]  # handlers name Ticket's own fields


def fold_all(ticket: Ticket, history: Iterable[e.Recorded]) -> Ticket:
    """Return the ticket after a history of events, oldest first."""
    for recorded in history:
        ticket = fold(ticket, recorded)
    return ticket


def new_ticket(tenant: str, ticket_id: str) -> Ticket:
    """Return a ticket before its first event."""
    return Ticket(tenant=tenant, ticket_id=ticket_id)
