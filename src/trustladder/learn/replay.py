"""Replay: a past conversation folded through the same core as live traffic, one decision a turn.

It is a shadow. What people and the bot did after the point at which this policy would have handed over stays in
the history as it happened; the decisions say what the policy would have asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.decision import Decision
from trustladder.core.episode import TRANSFER_TOOLS
from trustladder.core.ladder import decide
from trustladder.core.policy import Policy
from trustladder.core.risk import HUNDREDTHS
from trustladder.core.routing import route
from trustladder.core.signals import Signal
from trustladder.core.ticket import Role, Ticket, Turn, fold, new_ticket
from trustladder.learn.conversation import Conversation, Message, Said

Perceive = Callable[[Ticket, Turn, Policy], e.SignalsDetected]
"""Perception: the ticket before a turn, the turn, the policy."""

TENANT = "replay"


@dataclass(frozen=True, slots=True)
class TurnDecision:
    """The decision on one message: its place in the conversation as given, the turn, what was seen, what follows.

    ``held_by_people`` tells that people had the ticket already, in fact: then the decision is no advice to a bot.
    ``queue`` is where the policy would have sent the ticket at this turn, where it would have handed it over.
    ``declared`` is the ticket's type by trusted systems, ``recognised`` those that its text showed.
    """

    conversation: str
    message: Message
    turn: Turn
    seen: e.SignalsDetected
    signals: Mapping[str, Signal]
    decision: Decision
    held_by_people: bool
    queue: str = ""
    declared: str | None = None
    recognised: frozenset[str] = frozenset()

    @property
    def role(self) -> Role:
        """Who wrote the message: the customer or the bot."""
        return self.turn.role


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a replay: what it recorded, in the ticket's order, and the decision on it, if one is due."""

    message: Message
    recorded: tuple[e.Recorded, ...]
    decided: TurnDecision | None


def replay(conversation: Conversation, policy: Policy, perceive: Perceive) -> list[TurnDecision]:
    """Return the decision on each turn of the customer and of the bot, in the conversation's order."""
    return [step.decided for step in steps(conversation, policy, perceive) if step.decided is not None]


def steps(conversation: Conversation, policy: Policy, perceive: Perceive) -> Iterator[Step]:
    """Yield the replay message by message: the same folds and decisions, with every event that they recorded."""
    shadow = _Shadow(conversation, policy, perceive)
    for message in conversation.messages:
        yield shadow.step(message)


class _Shadow:
    """Folds one conversation; ``fresh`` holds what the message at hand has recorded."""

    def __init__(self, conversation: Conversation, policy: Policy, perceive: Perceive) -> None:
        self.conversation, self.policy, self.perceive = conversation, policy, perceive
        self.ticket = new_ticket(TENANT, conversation.id)
        self.fresh: list[e.Recorded] = []
        self.now_ms = conversation.messages[0].at_ms if conversation.messages else 0
        self.held_by_people = False
        self.record(conversation.opened)
        if conversation.account != e.AccountLearned():
            self.record(conversation.account)

    def record(self, event: e.Event) -> None:
        recorded = e.Recorded(self.ticket.position + 1, self.now_ms, event)
        self.ticket = fold(self.ticket, recorded)
        self.fresh.append(recorded)

    def step(self, message: Message) -> Step:
        self.now_ms = message.at_ms
        decided = self._take(message)
        step = Step(message, tuple(self.fresh), decided)
        self.fresh = []
        return step

    def _take(self, message: Message) -> TurnDecision | None:
        event = message.event
        match event:
            case e.CustomerWrote():
                if self.ticket.lane is Lane.RESOLVED:
                    self._reopen("the customer wrote again")
                return self._decide_on(message, event)
            case e.BotWrote():
                decided = self._decide_on(message, event)
                if any(call.name in TRANSFER_TOOLS for call in event.tool_calls):
                    self.held_by_people = True
                    self._hand_over("the bot handed over", "bot")
                return decided
            case e.HumanWrote():
                self._person_wrote(event)
            case e.ToolReturned():
                self.record(self._perceived(event)[1])
            case e.Resolved():
                self.record(event)
            case e.Reopened():
                self._reopen(event.reason)
            case e.SystemNoted():
                self.record(event)
        return None

    def _reopen(self, reason: str) -> None:
        self.held_by_people = False
        self.record(e.Reopened(reason))

    def _person_wrote(self, event: e.HumanWrote) -> None:
        if not event.internal:
            self.held_by_people = True
            person = event.person_id or "unnamed"
            if self.ticket.owner != person:
                self.record(e.OwnershipTaken(person, "message"))
        self.record(event)

    def _perceived(self, event: Said) -> tuple[Turn, e.SignalsDetected]:
        """Record a message; return its turn and what perception reads from it, given the ticket before it."""
        before = self.ticket
        self.record(event)
        turn = self.ticket.turns[-1]
        return turn, self.perceive(before, turn, self.policy)

    def _decide_on(self, message: Message, event: Said) -> TurnDecision:
        held = self.held_by_people
        turn, seen = self._perceived(event)
        self.record(seen)
        ticket = self.ticket
        decision = decide(self.policy, ticket, ticket.signals, self.now_ms)
        self.record(e.Decided(decision))
        self._climb(decision)
        queue = self.ticket.handoff.queue if self.ticket.handoff is not None else ""
        types = (ticket.ticket_type, ticket.recognised_types)
        return TurnDecision(self.conversation.id, message, turn, seen, ticket.signals, decision, held, queue, *types)

    def _climb(self, decision: Decision) -> None:
        if not decision.raises_lane:
            return
        if decision.lane is Lane.CONTAINED:
            self.record(e.Contained(decision.authority))
        elif decision.lane is Lane.ESCALATED:
            self._hand_over(decision.reasons[0].sentence, "trustladder")

    def _hand_over(self, reason: str, asked_by: str) -> None:
        if self.ticket.lane >= Lane.ESCALATED:
            return
        to = route(self.policy, self.ticket, self.now_ms)
        self.record(e.Escalated(to.queue, reason, to.claim_by_ms, to.reply_by_ms, to.resolve_by_ms, asked_by=asked_by))


def as_line(decided: TurnDecision) -> dict[str, object]:
    """Return a decision as one JSON object, as ``trustladder replay`` writes it.

    ``risk`` is a probability from 0 to 1, ``points`` are risk points, strengths are hundredths.
    """
    decision = decided.decision
    return {
        "conversation": decided.conversation,
        "message_index": decided.message.index,
        "role": decided.role.value,
        "lane": decision.lane.word,
        "proposed": decision.proposed.word,
        "risk": round(decision.risk.probability, 6),
        "points": decision.risk.points,
        "points_by_signal": {c.name: c.points_hundredths / HUNDREDTHS for c in decision.risk.contributions},
        "rule_ids": list(decision.rule_ids),
        "reasons": [reason.sentence for reason in decision.reasons],
        "signals": {name: signal.strength for name, signal in sorted(decided.signals.items())},
        "held_by_people": decided.held_by_people,
        "policy_digest": decision.policy_digest,
    }
