"""What the conversation and automation change of a ticket: turns, readings, decisions, drafts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.signals import merge
from trustladder.core.ticket.state import Account, Change, Handler, Role, Ticket, Turn


def _turn(ticket: Ticket, at_ms: int, role: Role, text: str, **more: Any) -> tuple[Turn, ...]:
    return (*ticket.turns, Turn(len(ticket.turns), role, text, at_ms, **more))


def _opened(ticket: Ticket, event: e.TicketOpened, at: e.Recorded) -> Change:
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


def _account(ticket: Ticket, event: e.AccountLearned, at: e.Recorded) -> Change:
    held = ticket.account
    told = Account(
        held.id if event.account_id is None else event.account_id,
        held.value if event.value is None else event.value,
        held.tier if event.tier is None else event.tier,
        held.at_risk if event.at_risk is None else event.at_risk,
    )
    return {"account": told}


def _declared(ticket: Ticket, event: e.TypeDeclared, at: e.Recorded) -> Change:
    return {
        "ticket_type": ticket.ticket_type if event.ticket_type is None else event.ticket_type,
        "exposure": ticket.exposure if event.exposure is None else event.exposure,
    }


def _customer(ticket: Ticket, event: e.CustomerWrote, at: e.Recorded) -> Change:
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


def _bot(ticket: Ticket, event: e.BotWrote, at: e.Recorded) -> Change:
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
        "bot_turns": ticket.bot_turns + (spoke and not ticket.amid_a_bot_turn),
        "confidence": event.confidence,
        "bot_heard": True,
        "first_unanswered_at_ms": None if answered else ticket.first_unanswered_at_ms,
    }


def _human(ticket: Ticket, event: e.HumanWrote, at: e.Recorded) -> Change:
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


def _tool(ticket: Ticket, event: e.ToolReturned, at: e.Recorded) -> Change:
    return {"turns": _turn(ticket, at.at_ms, Role.TOOL, event.text, author=event.name, failed=event.failed)}


def _system(ticket: Ticket, event: e.SystemNoted, at: e.Recorded) -> Change:
    return {"turns": _turn(ticket, at.at_ms, Role.SYSTEM, event.text)}


def _detected(ticket: Ticket, event: e.SignalsDetected, at: e.Recorded) -> Change:
    return {
        "signals": merge(ticket.signals, event.signals),
        "unknown": {signal.name: signal.reason for signal in event.unknown},
        "facts": tuple(dict.fromkeys((*ticket.facts, *event.facts))),
        "recognised_types": ticket.recognised_types.union(event.ticket_types),
        "language": ticket.language or event.language,
    }


def _decided(ticket: Ticket, event: e.Decided, at: e.Recorded) -> Change:
    return {"decision": event.decision}


def _contained(ticket: Ticket, event: e.Contained, at: e.Recorded) -> Change:
    return {"lane": max(ticket.lane, Lane.CONTAINED), "authority": event.authority}


def _submitted(ticket: Ticket, event: e.DraftSubmitted, at: e.Recorded) -> Change:
    return {"confidence": event.confidence, "bot_heard": True}


def _judged(ticket: Ticket, event: e.DraftJudged, at: e.Recorded) -> Change:
    if event.permit is None:
        return {}
    live = {key: permit for key, permit in ticket.permits.items() if permit.mark == ticket.mark}
    kept = {key: draft for key, draft in ticket.drafts.items() if key in live}
    return {
        "permits": {**live, event.permit.permit_id: event.permit},
        "drafts": {**kept, event.permit.permit_id: event},
    }


def _redeemed(ticket: Ticket, event: e.PermitRedeemed, at: e.Recorded) -> Change:
    return {
        "permits": {key: permit for key, permit in ticket.permits.items() if key != event.permit_id},
        "drafts": {key: draft for key, draft in ticket.drafts.items() if key != event.permit_id},
    }


def _satisfaction(ticket: Ticket, event: e.SatisfactionGiven, at: e.Recorded) -> Change:
    score = ticket.satisfaction if event.score is None else event.score
    solved = ticket.confirmed if event.solved is None else event.solved
    return {"satisfaction": score, "confirmed": solved, "complaint": ticket.complaint or event.complaint}


def _restated(ticket: Ticket, event: e.RestatementNoted, at: e.Recorded) -> Change:
    return {"restated": True}


def _tagged(ticket: Ticket, event: e.Tagged, at: e.Recorded) -> Change:
    return {"tags": tuple(dict.fromkeys((*ticket.tags, *event.tags)))}


def _nothing(ticket: Ticket, event: e.Event, at: e.Recorded) -> Change:
    """What is told by the ledger alone and changes nothing of the ticket."""
    return {}


HANDLERS: Mapping[type, Handler] = {
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
    e.DraftSubmitted: _submitted,
    e.DraftJudged: _judged,
    e.PermitRedeemed: _redeemed,
    e.SatisfactionGiven: _satisfaction,
    e.RestatementNoted: _restated,
    e.ClockRestored: _nothing,
    e.Tagged: _tagged,
    e.ShadowDecided: _nothing,
}
