"""A ticket of the ledger under another policy: the recorded signals are decided on again, and no model is asked.

What customers, bots and people did stays as it happened. After the policy in force handed a ticket to people, the
bot was silent: what it would have said under a policy that hands over later is not known, and nothing is invented.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.decision import Decision
from trustladder.core.ladder import decide
from trustladder.core.policy import Policy
from trustladder.core.routing import route
from trustladder.core.ticket import Ticket, fold, new_ticket
from trustladder.learn.case import Played, read_episodes
from trustladder.learn.conversation import Conversation, Message
from trustladder.learn.replay import TurnDecision

ASKED_BY_POLICY = "trustladder"
"""Who asked for an escalation that the policy in force decided on."""


@dataclass(frozen=True, slots=True)
class Again:
    """A history decided again: the decisions, and what happened with these decisions in place of the recorded ones."""

    decided: tuple[TurnDecision, ...]
    happened: tuple[e.Recorded, ...]


def recorded_under(ticket_id: str, history: Iterable[e.Recorded], policy: Policy) -> Played:
    """Return a recorded ticket as a policy would have treated it."""
    again = decide_again(ticket_id, history, policy)
    conversation = Conversation(ticket_id, (), source="ledger")
    readings = read_episodes(conversation, again.decided, again.happened)
    return Played(readings, again.decided, again.happened)


def decide_again(ticket_id: str, history: Iterable[e.Recorded], policy: Policy) -> Again:
    """Decide every recorded turn again. Under the policy that was in force the decisions come out as recorded."""
    shadow = _Again(ticket_id, policy)
    for recorded in history:
        shadow.take(recorded)
    return Again(tuple(shadow.decided), tuple(shadow.happened))


class _Again:
    """Folds a history with this policy's decisions. ``held`` tells that people have the ticket, in fact."""

    def __init__(self, ticket_id: str, policy: Policy) -> None:
        self.policy = policy
        self.ticket: Ticket = new_ticket("again", ticket_id)
        self.decided: list[TurnDecision] = []
        self.happened: list[e.Recorded] = []
        self.held = False
        self.seen = e.SignalsDetected()

    def take(self, recorded: e.Recorded) -> None:
        event = recorded.event
        match event:
            case e.Decided():
                self._decide(recorded)
                return
            case e.Contained() | e.PersonNotified():
                return
            case e.Escalated() if event.asked_by == ASKED_BY_POLICY:
                self.held = True
                self.happened.append(recorded)
                return
            case e.Escalated() | e.OwnershipTaken():
                self.held = True
            case e.HandedBack() | e.Reopened():
                self.held = False
            case e.SignalsDetected():
                self.seen = event
        self.happened.append(recorded)
        self._fold(event, recorded.at_ms)

    def _fold(self, event: e.Event, at_ms: int) -> None:
        self.ticket = fold(self.ticket, e.Recorded(self.ticket.position + 1, at_ms, event))

    def _decide(self, recorded: e.Recorded) -> None:
        ticket, at_ms = self.ticket, recorded.at_ms
        decision = decide(self.policy, ticket, ticket.signals, at_ms)
        self._fold(e.Decided(decision), at_ms)
        if not self.held:
            self.happened.append(e.Recorded(recorded.position, at_ms, e.Decided(decision)))
        if decision.raises_lane and decision.lane is Lane.CONTAINED:
            self._fold(e.Contained(decision.authority), at_ms)
        elif decision.raises_lane and decision.lane is Lane.ESCALATED:
            to = route(self.policy, ticket, at_ms)
            clocks = (to.claim_by_ms, to.reply_by_ms, to.resolve_by_ms)
            self._fold(e.Escalated(to.queue, decision.reasons[0].sentence, *clocks), at_ms)
        if ticket.turns:
            self.decided.append(self._turn_decision(recorded, decision))

    def _turn_decision(self, recorded: e.Recorded, decision: Decision) -> TurnDecision:
        turn, handoff = self.ticket.turns[-1], self.ticket.handoff
        return TurnDecision(
            conversation=self.ticket.ticket_id,
            message=Message(turn.index, recorded.position, recorded.at_ms, e.SystemNoted("")),
            turn=turn,
            seen=self.seen,
            signals=self.ticket.signals,
            decision=decision,
            held_by_people=self.held,
            queue=handoff.queue if handoff is not None else "",
            declared=self.ticket.ticket_type,
            recognised=self.ticket.recognised_types,
        )
