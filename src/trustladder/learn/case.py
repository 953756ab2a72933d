"""One past conversation, examined: its episodes, how the policy would have treated each, and what happened instead."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.episode import Episode, episodes_of
from trustladder.core.policy import MINUTE_MS, Policy
from trustladder.core.risk import HUNDREDTHS
from trustladder.core.ticket import Role
from trustladder.core.verdict import EpisodeVerdict, GoldenTurn, hindsight, verdict_on
from trustladder.detect.acts import acts_of
from trustladder.learn.conversation import Conversation
from trustladder.learn.replay import Perceive, Step, TurnDecision, steps

_SHADOW = (e.Escalated, e.Contained, e.OwnershipTaken)
"""What the replay did to its own ticket: not what happened."""

MOMENT_CHARACTERS = 1_500
"""The longest text of a message that a timeline keeps."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The turn at which the policy would have taken a ticket to a lane: by which rule, at what risk, on what evidence.

    ``points`` are risk points by signal, largest first; ``quotes`` are the customer's or the bot's own words.
    """

    turn: int
    message_index: int
    lane: Lane
    rule_id: str
    sentence: str
    risk: float
    points: tuple[tuple[str, float], ...]
    quotes: tuple[str, ...]
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One message of a timeline. ``risk`` is the Resolution Risk after it (0 to 1), None where nothing was decided."""

    turn: int
    message_index: int
    role: Role
    text: str
    at_ms: int
    risk: float | None
    beyond: bool
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EpisodeReading:
    """One episode against the policy and against hindsight.

    ``beyond`` are the bot's turns after the policy would have handed over. ``harm`` is the sum of the Resolution
    Risk before each of them: the number of steps that are expected to have made the ticket worse. ``minutes_beyond``
    is the time from that turn to the last of them, None where there are no times.
    """

    episode: Episode
    against_policy: EpisodeVerdict
    hindsight: EpisodeVerdict
    contain: Crossing | None
    escalate: Crossing | None
    beyond: tuple[int, ...]
    harm: float
    minutes_beyond: float | None
    signals: tuple[tuple[str, int], ...]

    @property
    def in_automation(self) -> bool:
        """True when a bot spoke in it."""
        return bool(self.episode.bot_turns)

    @property
    def overstayed(self) -> bool:
        """True when the bot went on after the policy would have handed over."""
        return bool(self.beyond)


@dataclass(frozen=True, slots=True)
class Case:
    """An examined conversation: its episodes, its timeline, and who spoke. ``worst`` is the episode with most harm."""

    conversation: str
    source: str
    line: int
    readings: tuple[EpisodeReading, ...]
    timeline: tuple[Moment, ...]
    messages_by_role: tuple[tuple[str, int], ...]
    bot_turns_after_people: int
    account_value: float | None
    timed: bool

    @property
    def worst(self) -> EpisodeReading:
        """The episode in which the bot's staying did most harm."""
        return max(self.readings, key=lambda reading: reading.harm)


@dataclass(frozen=True, slots=True)
class Played:
    """A past ticket under one policy: its episodes, the decisions, and what happened with these decisions in it."""

    readings: tuple[EpisodeReading, ...]
    decided: tuple[TurnDecision, ...]
    happened: tuple[e.Recorded, ...]


def examine(conversation: Conversation, policy: Policy, perceive: Perceive) -> Case:
    """Replay a conversation in shadow and read its episodes."""
    played = list(steps(conversation, policy, perceive))
    readings = read_episodes(conversation, _decided(played), _what_happened(played))
    return Case(
        conversation=conversation.id,
        source=conversation.source,
        line=conversation.messages[0].line if conversation.messages else 0,
        readings=readings,
        timeline=_timeline(played, readings),
        messages_by_role=_by_role(conversation),
        bot_turns_after_people=_after_people(reading.episode for reading in readings),
        account_value=conversation.account.value,
        timed=conversation.timed,
    )


def played_under(conversation: Conversation, policy: Policy, perceive: Perceive) -> Played:
    """Replay a conversation in shadow and read its episodes, without the timeline of a `Case`."""
    played = list(steps(conversation, policy, perceive))
    decided, happened = _decided(played), tuple(_what_happened(played))
    return Played(read_episodes(conversation, decided, happened), tuple(decided), happened)


def read_episodes(
    conversation: Conversation, decided: Sequence[TurnDecision], happened: Iterable[e.Recorded]
) -> tuple[EpisodeReading, ...]:
    """Read the episodes of what happened, where the decisions in it are those of the policy in question."""
    episodes = episodes_of(conversation.id, happened)
    texts = {d.turn.index: d.turn.text for d in decided}
    for episode in episodes:
        _announced(episode, texts)
        _without_times(episode, conversation.timed)
    _ended(episodes[-1], conversation)
    return tuple(_read(episode, decided, conversation.timed) for episode in episodes)


def _decided(played: Iterable[Step]) -> list[TurnDecision]:
    return [step.decided for step in played if step.decided is not None]


def _what_happened(played: Iterable[Step]) -> Iterator[e.Recorded]:
    for step in played:
        held = step.decided is not None and step.decided.held_by_people
        for recorded in step.recorded:
            advice_to_nobody = held and isinstance(recorded.event, e.Decided)
            if not isinstance(recorded.event, _SHADOW) and not advice_to_nobody:
                yield recorded


def _announced(episode: Episode, texts: dict[int, str]) -> None:
    """Where the bot's last words announced the people who then came, the handoff began with those words."""
    while episode.handoff_turn is not None:
        before = [turn for turn in episode.bot_turns if turn <= episode.handoff_turn]
        if not before or not announces_handoff(texts.get(before[-1], "")):
            return
        episode.handoff_turn = before[-1] - 1
        episode.handoff_at_ms = episode.turn_times_ms[before[-1]]


def announces_handoff(text: str) -> bool:
    """True when a bot's text says that it hands over to a person."""
    return any(promise.kind == "handoff" for promise in acts_of(text).promises)


def _without_times(episode: Episode, timed: bool) -> None:
    if not timed:
        episode.handoff_at_ms = episode.resolved_at_ms = None


def _ended(last: Episode, conversation: Conversation) -> None:
    ending = conversation.ending
    last.outcome = last.outcome or ending.outcome
    last.satisfaction = ending.satisfaction if last.satisfaction is None else last.satisfaction
    last.complaint = last.complaint or ending.complaint
    if last.resolved_at_ms is None and conversation.timed:
        last.resolved_at_ms = ending.resolved_at_ms


def _read(episode: Episode, decided: Sequence[TurnDecision], timed: bool) -> EpisodeReading:
    at = episode.policy_escalate_turn
    beyond = tuple(episode.bot_turns_after(at)) if at is not None else ()
    in_force = {d.turn.index: d.decision.risk.probability for d in decided}
    crossing = partial(_crossing, decided)
    asked = GoldenTurn(at, "the policy hands over here", "policy", 100) if at is not None else None
    return EpisodeReading(
        episode=episode,
        against_policy=verdict_on(episode, asked, episode.handoff_turn),
        hindsight=hindsight(episode),
        contain=crossing(episode.policy_contain_turn, Lane.CONTAINED),
        escalate=crossing(at, Lane.ESCALATED),
        beyond=beyond,
        harm=sum(_risk_before(turn, in_force) for turn in beyond),
        minutes_beyond=_minutes(episode, at, beyond) if timed else None,
        signals=tuple(sorted((name, len(turns)) for name, turns in episode.clear_signals.items())),
    )


def _risk_before(turn: int, in_force: dict[int, float]) -> float:
    earlier = [index for index in in_force if index < turn]
    return in_force[max(earlier)] if earlier else 0.0


def _minutes(episode: Episode, at: int | None, beyond: Sequence[int]) -> float | None:
    if at is None or not beyond:
        return None
    return (episode.turn_times_ms[beyond[-1]] - episode.turn_times_ms[at]) / MINUTE_MS


def _crossing(decided: Sequence[TurnDecision], turn: int | None, lane: Lane) -> Crossing | None:
    found = next((d for d in decided if d.turn.index == turn and d.decision.proposed >= lane), None)
    if found is None:
        return None
    decision = found.decision
    reason = next(reason for reason in decision.reasons if reason.lane >= lane)
    quotes = dict.fromkeys(item.quote for item in reason.evidence if item.quote)
    return Crossing(
        turn=found.turn.index,
        message_index=found.message.index,
        lane=decision.proposed,
        rule_id=reason.rule_id,
        sentence=reason.sentence,
        risk=decision.risk.probability,
        points=tuple((c.name, c.points_hundredths / HUNDREDTHS) for c in decision.risk.contributions),
        quotes=tuple(quotes),
        queue=found.queue,
    )


def _timeline(played: Iterable[Step], readings: Sequence[EpisodeReading]) -> tuple[Moment, ...]:
    beyond = {turn for reading in readings for turn in reading.beyond}
    moments = []
    turn = 0
    for step in played:
        event = step.message.event
        role = _ROLES.get(type(event))
        if role is None:
            continue
        text = getattr(event, "text", "").strip() or " · ".join(getattr(event, "intents", ()))
        moments.append(
            Moment(
                turn=turn,
                message_index=step.message.index,
                role=role,
                text=text if len(text) <= MOMENT_CHARACTERS else text[:MOMENT_CHARACTERS] + " …",
                at_ms=step.message.at_ms,
                risk=step.decided.decision.risk.probability if step.decided is not None else None,
                beyond=turn in beyond,
                tools=tuple(call.name for call in getattr(event, "tool_calls", ())),
            )
        )
        turn += 1
    return tuple(moments)


_ROLES = {
    e.CustomerWrote: Role.CUSTOMER,
    e.BotWrote: Role.BOT,
    e.HumanWrote: Role.HUMAN,
    e.ToolReturned: Role.TOOL,
    e.SystemNoted: Role.SYSTEM,
}


def _by_role(conversation: Conversation) -> tuple[tuple[str, int], ...]:
    roles = [_ROLES[type(m.event)].value for m in conversation.messages if type(m.event) in _ROLES]
    return tuple((role, roles.count(role)) for role in dict.fromkeys(roles))


def _after_people(episodes: Iterable[Episode]) -> int:
    """Count the bot's turns after a person had written: two voices in one ticket."""
    return sum(
        1 for episode in episodes for turn in episode.bot_turns if episode.human_turns and turn > episode.human_turns[0]
    )
