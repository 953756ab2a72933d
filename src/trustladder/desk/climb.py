"""From a decision to its events: what contains, tells or hands over, recorded beside the decision itself."""

from dataclasses import replace

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.decision import Decision
from trustladder.core.handoff import build_handoff, completeness
from trustladder.core.ladder import decide
from trustladder.core.policy import Policy
from trustladder.core.routing import route
from trustladder.core.ticket import fold
from trustladder.desk.messages import handoff_notice
from trustladder.desk.scribe import Scribe


def perceive_and_decide(scribe: Scribe, policy: Policy, seen: e.SignalsDetected) -> Decision:
    """Record what was perceived and the decision on it, and climb the ladder where it says so."""
    scribe.record(seen)
    ticket = scribe.ticket
    decision = decide(policy, ticket, ticket.signals, scribe.now_ms)
    scribe.record(e.Decided(decision))
    climb(scribe, policy, decision)
    return decision


def climb(scribe: Scribe, policy: Policy, decision: Decision) -> None:
    """Record the rungs that a decision takes the ticket up."""
    if decision.lane is Lane.CONTAINED and decision.raises_lane:
        scribe.record(e.Contained(decision.authority))
    if decision.notify and not scribe.ticket.watched and decision.lane < Lane.ESCALATED:
        scribe.record(e.PersonNotified(route(policy, scribe.ticket, scribe.now_ms).queue))
    if decision.lane is Lane.ESCALATED and decision.raises_lane:
        escalate(scribe, policy, decision.reasons[0].sentence)


def escalate(scribe: Scribe, policy: Policy, reason: str, asked_by: str = "trustladder") -> None:
    """Hand the ticket to people: with a queue, its deadlines and what the customer is told in the same moment."""
    if scribe.ticket.lane >= Lane.ESCALATED:
        return
    where = route(policy, scribe.ticket, scribe.now_ms)
    handed = e.Escalated(
        queue=where.queue,
        reason=reason,
        claim_by_ms=where.claim_by_ms,
        reply_by_ms=where.reply_by_ms,
        resolve_by_ms=where.resolve_by_ms,
        notice=handoff_notice(policy, scribe.ticket, where),
        asked_by=asked_by,
        because=where.because,
        plan=where.plan,
    )
    scribe.record(replace(handed, completeness=_completeness(scribe, policy, handed)))


def _completeness(scribe: Scribe, policy: Policy, handed: e.Escalated) -> int:
    """Return how complete the packet is that moves with this handoff, in hundredths."""
    coming = fold(scribe.ticket, e.Recorded(scribe.ticket.position + 1, scribe.now_ms, handed))
    return completeness(build_handoff(policy, coming))
