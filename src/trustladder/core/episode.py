"""An episode as hindsight sees it: one stretch of a ticket from open to resolved, reduced to what Learn asks.

``episodes_of`` reads a history of events, live or replayed from an export: what happened is in the
conversation's events, what the policy asked for is in the decisions between them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from trustladder.core import events as e
from trustladder.core.containment import Lane

CLEAR_STRENGTH = 50
"""From this strength on a signal counts as a plain yes."""

TRANSFER_TOOLS = frozenset({"transfer_to_human_agents", "transfer_to_human", "escalate_to_human", "handoff"})
"""Tool names by which bots hand over; the first is the one that public agent benchmarks use."""


@dataclass(slots=True)
class Episode:
    """What one episode shows in hindsight. Turns are indexes into the ticket's turns, times epoch milliseconds.

    ``handoff_turn`` is the newest turn when people took over in fact, None when they never did.
    ``handoff_completeness`` is that of the packet that moved with it, in hundredths.
    ``account_value`` and ``account_tier`` are those that were last told before the episode ended. ``cause`` and
    ``repair`` are what people wrote when they closed it. ``reopened_at_ms`` is when the ticket came back after it.
    ``policy_contain_turn`` and ``policy_escalate_turn`` are the first turns at which the policy asked for it.
    ``drawn_percent`` is the probability (in percent) with which the episode was drawn for the audit sample, None where
    it was not drawn. ``shadow_turns`` maps the digest of a policy that decided in the shadow to the first turn at
    which it asked for people; ``policy_digests`` are those of the policies that decided in fact.
    """

    ticket_id: str
    account_id: str = ""
    ticket_type: str = ""
    number: int = 1
    started_at_ms: int = 0
    ended_at_ms: int = 0
    customer_turns: list[int] = field(default_factory=list)
    bot_turns: list[int] = field(default_factory=list)
    human_turns: list[int] = field(default_factory=list)
    turn_times_ms: dict[int, int] = field(default_factory=dict)
    clear_signals: dict[str, list[int]] = field(default_factory=dict)
    handoff_turn: int | None = None
    handoff_at_ms: int | None = None
    handoff_completeness: int | None = None
    policy_contain_turn: int | None = None
    policy_escalate_turn: int | None = None
    highest_points_hundredths: int | None = None
    resolved_at_ms: int | None = None
    resolved_by: str = ""
    outcome: str = ""
    cause: str = ""
    repair: str = ""
    reopened_at_ms: int | None = None
    account_value: float | None = None
    account_tier: str = ""
    satisfaction: int | None = None
    complaint: bool = False
    restated: bool = False
    drawn_percent: float | None = None
    review: e.CaseReviewed | None = None
    reviewed_at_ms: int | None = None
    shadow_turns: dict[str, int] = field(default_factory=dict)
    policy_digests: set[str] = field(default_factory=set)

    def turns_with(self, signal: str) -> list[int]:
        """Return the turns on which a signal was clear."""
        return self.clear_signals.get(signal, [])

    def bot_turns_after(self, turn: int) -> list[int]:
        """Return the bot's turns after a turn and before people took over."""
        return [t for t in self.bot_turns if t > turn and (self.handoff_turn is None or t <= self.handoff_turn)]

    def customer_turns_up_to(self, turn: int) -> int:
        """Return how many turns the customer had taken when a turn ended."""
        return sum(1 for t in self.customer_turns if t <= turn)

    @property
    def handed_off(self) -> bool:
        """True when people took over in fact."""
        return self.handoff_turn is not None


class EpisodeReader:
    """Reads one ticket's history, event by event, into its episodes."""

    def __init__(self, ticket_id: str) -> None:
        self.episodes = [Episode(ticket_id)]
        self.turns = 0
        self.account = e.AccountLearned()
        self.ticket_type = ""

    @property
    def now(self) -> Episode:
        """The newest episode."""
        return self.episodes[-1]

    def read_so_far(self) -> tuple[Episode, ...]:
        """Return the episodes as they stand, oldest first; they go on with what is read next."""
        for episode in self.episodes:
            episode.account_id, episode.ticket_type = self.account.account_id or "", self.ticket_type
        return tuple(self.episodes)

    def read(self, recorded: e.Recorded) -> None:
        """Read one more event, the next of the ticket."""
        event, at_ms = recorded.event, recorded.at_ms
        if isinstance(event, e.DrawnForReview | e.CaseReviewed | e.ShadowDecided):
            self._learn(event, at_ms)  # what Learn adds is no part of the episode's time
            return
        if not self.now.started_at_ms:
            self.now.started_at_ms = at_ms
        self.now.ended_at_ms = max(self.now.ended_at_ms, at_ms)
        match event:
            case e.TicketOpened() | e.TypeDeclared():
                self.ticket_type = event.ticket_type or self.ticket_type
            case e.AccountLearned():
                self._account(event)
            case e.Reopened():
                self._reopened(at_ms)
            case e.SignalsDetected():
                self._signals(event)
            case e.Decided():
                self._decision(event)
            case e.Escalated() | e.OwnershipTaken():
                self._handed_over(event, at_ms)
            case e.Resolved() | e.SatisfactionGiven() | e.RestatementNoted():
                self._end(event, at_ms)
            case _:
                self._turn(event, at_ms)

    def _account(self, told: e.AccountLearned) -> None:
        held, now = self.account, self.now
        self.account = e.AccountLearned(
            account_id=told.account_id or held.account_id,
            value=held.value if told.value is None else told.value,
            tier=told.tier or held.tier,
        )
        now.account_value, now.account_tier = self.account.value, self.account.tier or ""

    def _reopened(self, at_ms: int) -> None:
        self.now.reopened_at_ms = at_ms
        number = self.now.number + 1
        self.episodes.append(Episode(self.now.ticket_id, number=number, started_at_ms=at_ms))
        self.now.account_value, self.now.account_tier = self.account.value, self.account.tier or ""

    def _learn(self, event: e.DrawnForReview | e.CaseReviewed | e.ShadowDecided, at_ms: int) -> None:
        match event:
            case e.DrawnForReview():
                self._numbered(event.episode).drawn_percent = event.percent
            case e.CaseReviewed():
                reviewed = self._numbered(event.episode)
                reviewed.review, reviewed.reviewed_at_ms = event, at_ms
            case e.ShadowDecided():
                if event.proposed >= Lane.ESCALATED:
                    self.now.shadow_turns.setdefault(event.policy_digest, event.turn)

    def _numbered(self, number: int) -> Episode:
        return next((episode for episode in self.episodes if episode.number == number), self.now)

    def _end(self, event: e.Resolved | e.SatisfactionGiven | e.RestatementNoted, at_ms: int) -> None:
        match event:
            case e.Resolved():
                self.now.resolved_at_ms, self.now.outcome = at_ms, event.outcome
                self.now.resolved_by, self.now.cause, self.now.repair = event.by, event.cause, event.repair
            case e.SatisfactionGiven():
                self.now.satisfaction = self.now.satisfaction if event.score is None else event.score
                self.now.complaint = self.now.complaint or event.complaint
            case e.RestatementNoted():
                self.now.restated = True

    def _turn(self, event: e.Event, at_ms: int) -> None:
        index = self.turns
        match event:
            case e.CustomerWrote():
                self.now.customer_turns.append(index)
            case e.BotWrote():
                if event.text.strip() or event.intents:
                    self.now.bot_turns.append(index)
                if any(call.name in TRANSFER_TOOLS for call in event.tool_calls):
                    # The turn that hands over belongs to the handoff, as a person's first turn does.
                    self._handoff(at_ms, index - 1)
            case e.HumanWrote():
                if not event.internal:
                    self._handoff(at_ms, index - 1)
                    self.now.human_turns.append(index)
            case e.ToolReturned() | e.SystemNoted():
                pass
            case _:
                return
        self.now.turn_times_ms[index] = at_ms
        self.turns += 1

    def _handed_over(self, event: e.Escalated | e.OwnershipTaken, at_ms: int) -> None:
        self._handoff(at_ms)
        if isinstance(event, e.Escalated):
            self.now.handoff_completeness = event.completeness

    def _handoff(self, at_ms: int, turn: int | None = None) -> None:
        if self.now.handoff_turn is None:
            self.now.handoff_turn = self.turns - 1 if turn is None else turn
            self.now.handoff_at_ms = at_ms

    def _signals(self, event: e.SignalsDetected) -> None:
        for signal in event.signals:
            if signal.strength >= CLEAR_STRENGTH:
                turns = self.now.clear_signals.setdefault(signal.name, [])
                turn = signal.evidence[0].turn if signal.evidence and signal.evidence[0].turn >= 0 else self.turns - 1
                if turn not in turns:
                    turns.append(turn)
        if not self.ticket_type and event.ticket_types:
            self.ticket_type = event.ticket_types[0]

    def _decision(self, event: e.Decided) -> None:
        decision, now = event.decision, self.now
        now.policy_digests.add(decision.policy_digest)
        points = decision.risk.points_hundredths
        if now.highest_points_hundredths is None or points > now.highest_points_hundredths:
            now.highest_points_hundredths = points
        if now.policy_contain_turn is None and decision.proposed >= Lane.CONTAINED:
            now.policy_contain_turn = decision.turn
        if now.policy_escalate_turn is None and decision.proposed >= Lane.ESCALATED:
            now.policy_escalate_turn = decision.turn


def episodes_of(ticket_id: str, history: Iterable[e.Recorded]) -> tuple[Episode, ...]:
    """Return the episodes of one ticket, oldest first. The history is in the ticket's own order."""
    reader = EpisodeReader(ticket_id)
    for recorded in history:
        reader.read(recorded)
    return reader.read_so_far()
