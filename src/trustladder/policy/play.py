"""Play a scenario: its turns become events, are perceived and decided on, and climb the ladder as live ones do."""

from collections.abc import Callable
from dataclasses import dataclass

from trustladder.core import events as e
from trustladder.core.containment import NO_AUTHORITY, Act, Answer, Judgement, Lane, ToolCall, judge
from trustladder.core.decision import Decision
from trustladder.core.episode import TRANSFER_TOOLS
from trustladder.core.ladder import decide
from trustladder.core.policy import MINUTE_MS, Policy
from trustladder.core.routing import route
from trustladder.core.signals import Signal, UnknownSignal
from trustladder.core.ticket import Role, Ticket, Turn, fold, new_ticket
from trustladder.policy.scenario_model import ScenarioPart, TurnPart

STARTS_AT_MS = 1_767_607_200_000
"""When every scenario begins: Monday, 5 January 2026, 10:00 UTC, so that a run does not depend on the day."""

BY_HAND = "scenario"
"""The source of signals that a scenario gives by hand."""


@dataclass(frozen=True, slots=True)
class DraftReading:
    """What a draft does: its acts, and the kinds of promise it makes (``handoff`` …)."""

    acts: tuple[Act, ...]
    promises: tuple[str, ...] = ()


Perceive = Callable[[Ticket, Turn, Policy], e.SignalsDetected]
"""The ticket before the turn, the turn and the policy in; what was read from it out."""

ReadActs = Callable[[str, tuple[Act, ...], tuple[ToolCall, ...], str], DraftReading]
"""A draft's text, declared acts, tool calls and language in; what it does out."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the ticket stands after a turn; ``judgement`` is the gate's, where the turn was a draft."""

    ticket: Ticket
    judgement: Judgement | None = None

    @property
    def decision(self) -> Decision | None:
        """The newest decision on the ticket."""
        return self.ticket.decision


class Play:
    """One scenario in progress."""

    def __init__(self, policy: Policy, perceive: Perceive | None = None, read_acts: ReadActs | None = None) -> None:
        self.policy = policy
        self.ticket = new_ticket("scenario", "scenario")
        self.at_ms = STARTS_AT_MS
        self._perceive = perceive
        self._read_acts = read_acts

    def open(self, part: ScenarioPart) -> None:
        """Open the ticket with what trusted systems tell."""
        told = part.ticket
        self._record(e.TicketOpened(told.channel, told.language, told.type, exposure=told.exposure))
        if part.account is not None:
            self._record(e.AccountLearned(*part.account.model_dump().values()))

    def take(self, turn: TurnPart) -> Moment:
        """Play one turn and return where the ticket stands."""
        minutes = turn.minutes
        self.at_ms = self.at_ms + MINUTE_MS if minutes is None else max(self.at_ms, STARTS_AT_MS + minutes * MINUTE_MS)
        if turn.role == "human":
            return self._human(turn)
        if turn.role == "system":
            self._record(e.SystemNoted(turn.said))
            return Moment(self.ticket)
        if turn.role == "draft":
            return self._draft(turn)
        seen = self._seen(turn)
        self._record(self._event(turn))
        self._decide(seen)
        return Moment(self.ticket)

    def _record(self, event: e.Event) -> None:
        self.ticket = fold(self.ticket, e.Recorded(self.ticket.position + 1, self.at_ms, event))

    def _event(self, turn: TurnPart) -> e.Event:
        name = f"m{len(self.ticket.turns)}"
        if turn.role == "customer":
            return e.CustomerWrote(name, turn.said)
        if turn.role == "tool":
            return e.ToolReturned(turn.said, turn.text, turn.failed)
        return e.BotWrote(name, turn.said, turn.confidence, _calls(turn))

    def _seen(self, turn: TurnPart) -> e.SignalsDetected:
        if turn.signals is not None or self._perceive is None or turn.unknown or turn.recognised:
            return e.SignalsDetected(
                signals=tuple(
                    Signal(name, strength, source=BY_HAND) for name, strength in (turn.signals or {}).items()
                ),
                unknown=tuple(UnknownSignal(name, "the scenario says so") for name in turn.unknown),
                ticket_types=tuple(turn.recognised),
            )
        return self._perceive(self.ticket, self._turn(turn), self.policy)

    def _turn(self, turn: TurnPart) -> Turn:
        role = {"customer": Role.CUSTOMER, "tool": Role.TOOL}.get(turn.role, Role.BOT)
        tool = role is Role.TOOL
        return Turn(
            index=len(self.ticket.turns),
            role=role,
            text=turn.text if tool else turn.said,
            at_ms=self.at_ms,
            author=turn.said if tool else "",
            tool_calls=_calls(turn),
            confidence=turn.confidence,
            failed=turn.failed,
        )

    def _decide(self, seen: e.SignalsDetected) -> None:
        self._record(seen)
        decision = decide(self.policy, self.ticket, self.ticket.signals, self.at_ms)
        self._record(e.Decided(decision))
        if decision.lane is Lane.CONTAINED and decision.raises_lane:
            self._record(e.Contained(decision.authority))
        if decision.notify and decision.lane < Lane.ESCALATED:
            self._record(e.PersonNotified(route(self.policy, self.ticket, self.at_ms).queue))
        if decision.lane is Lane.ESCALATED and decision.raises_lane:
            self._escalate(decision.reasons[0].sentence)

    def _escalate(self, reason: str) -> None:
        if self.ticket.handoff is None:
            where = route(self.policy, self.ticket, self.at_ms)
            self._record(e.Escalated(where.queue, reason, where.claim_by_ms, where.reply_by_ms, where.resolve_by_ms))

    def _human(self, turn: TurnPart) -> Moment:
        self._escalate("a person stepped in")
        if self.ticket.owner is None:
            self._record(e.OwnershipTaken("person", "message"))
        self._record(e.HumanWrote(f"m{len(self.ticket.turns)}", turn.said, "person"))
        return Moment(self.ticket)

    def _draft(self, turn: TurnPart) -> Moment:
        """Judge a draft as the gate does; a released one reaches the customer."""
        declared, calls = tuple(Act(word) for word in turn.acts), _calls(turn)
        promises: tuple[str, ...] = ()
        if self._read_acts is not None:
            reading = self._read_acts(turn.said, declared, calls, self.ticket.language)
            declared, promises = reading.acts, reading.promises
        cites = tuple(turn.cites)
        self._record(e.DraftSubmitted("draft", turn.said, calls, declared, cites, turn.confidence))
        if self.ticket.lane.automation_may_speak:
            self._decide(self._seen(turn))
            if "handoff" in promises or any(call.name in TRANSFER_TOOLS for call in calls):
                self._escalate("the bot promised a handoff, and it is kept")
        decision = self.ticket.decision
        authority = decision.authority if decision is not None else NO_AUTHORITY
        judgement = judge(self.ticket.lane, authority, declared, calls, cites)
        if judgement.answer is Answer.RELEASE:
            self._record(self._event(turn))
        elif judgement.answer is Answer.REPLACE:
            text = self.policy.messages.get("holding", {}).get(self.ticket.language or "en", "")
            self._record(e.BotWrote("draft", text, turn.confidence))
        return Moment(self.ticket, judgement)


def _calls(turn: TurnPart) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(call.tool, dict(call.arguments)) for call in turn.calls)
