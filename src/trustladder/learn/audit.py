"""The audit: what past conversations show about when automation should have stopped.

Cases come one by one, so that an input of any size can be audited; only what is counted stays in memory, and the
timelines of the worst tickets.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from trustladder.core.indicators import Indicator, five_indicators
from trustladder.core.intervals import wilson
from trustladder.core.policy import UNKNOWN_TYPE, Policy
from trustladder.core.signals import CATALOGUE
from trustladder.core.verdict import Verdict
from trustladder.learn.audit_words import advice, headline, limits
from trustladder.learn.case import Case, EpisodeReading
from trustladder.learn.conversation import Notice, total_left_out
from trustladder.learn.spillover import Spillover, trust_spillover
from trustladder.learn.strategies import StrategyResult, compare


@dataclass(frozen=True, slots=True)
class InputRead:
    """What was read: files, conversations, messages by who wrote them, the span of times, what was left out.

    Times are epoch milliseconds, None where the input has none. ``seconds`` is how long reading and judging took.
    """

    files: tuple[str, ...]
    conversations: int
    messages: Mapping[str, int]
    first_ms: int | None
    last_ms: int | None
    notices: tuple[Notice, ...]
    seconds: float

    @property
    def left_out(self) -> int:
        """How many lines were left out."""
        return total_left_out(self.notices)


@dataclass(frozen=True, slots=True)
class SignalRow:
    """How often a signal was clear: in how many tickets, on how many turns, and in how many that overstayed."""

    name: str
    observes: str
    tickets: int
    turns: int
    overstayed: int


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One ticket type: its episodes with a bot, how many the policy hands over, how many overstayed."""

    name: str
    tickets: int
    policy_handoffs: int
    overstayed: int


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of the policy: why it is there, and the tickets that overstayed after it would have handed them over."""

    rule_id: str
    because: str
    tickets: int
    bot_turns: int


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything the audit found. ``has_bot`` is False where no line is a bot's: then lateness is not reported.

    ``standing`` counts episodes by verdict against the policy, ``hindsight`` by verdict against the golden turn.
    ``beyond_turns`` lists the bot's turns beyond the policy, one figure for each ticket that overstayed. ``worst``
    are the cases with most expected harm first; ``unneeded`` are handoffs at which the policy saw no reason.
    """

    read: InputRead
    policy_name: str
    policy_digest: str
    headline: str
    advice: str
    has_bot: bool
    episodes: int
    in_automation: int
    indicators: tuple[Indicator, ...]
    spillover: Spillover
    standing: Mapping[str, int]
    hindsight: Mapping[str, int]
    overstayed: int
    overstayed_low: float
    overstayed_high: float
    beyond_turns: tuple[int, ...]
    asked_for_person: int
    bot_turns_after_people: int
    worst: tuple[Case, ...]
    unneeded: tuple[Case, ...]
    strategies: tuple[StrategyResult, ...]
    signals: tuple[SignalRow, ...]
    types: tuple[TypeRow, ...]
    rules: tuple[RuleRow, ...]
    limits: tuple[str, ...]


class Auditor:
    """Takes cases as they come, and gives the audit at the end. ``limit`` is how many timelines are kept."""

    def __init__(self, policy: Policy, limit: int = 20) -> None:
        self.policy, self.limit = policy, limit
        self.readings: list[EpisodeReading] = []
        self.messages: Counter[str] = Counter()
        self.conversations = 0
        self.after_people = 0
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self._worst: list[tuple[tuple[float, int, float], int, Case]] = []
        self._unneeded: list[tuple[tuple[float, int, float], int, Case]] = []
        self._order = count(0, -1)

    def add(self, case: Case) -> None:
        """Count one case, and keep it if it is among the worst."""
        self.conversations += 1
        self.readings += case.readings
        self.messages.update(dict(case.messages_by_role))
        self.after_people += case.bot_turns_after_people
        if case.timed and case.timeline:
            first, last = case.timeline[0].at_ms, case.timeline[-1].at_ms
            self.first_ms = first if self.first_ms is None else min(self.first_ms, first)
            self.last_ms = last if self.last_ms is None else max(self.last_ms, last)
        worst = case.worst
        if worst.overstayed:
            self._keep(self._worst, (worst.harm, len(worst.beyond), case.account_value or 0.0), case)
        elif worst.in_automation and worst.against_policy.verdict is Verdict.UNNECESSARY:
            self._keep(self._unneeded, (-_highest(worst), 0, 0.0), case)

    def _keep(
        self, heap: list[tuple[tuple[float, int, float], int, Case]], rank: tuple[float, int, float], case: Case
    ) -> None:
        heapq.heappush(heap, (rank, next(self._order), case))
        if len(heap) > self.limit:
            heapq.heappop(heap)

    def finish(self, files: Sequence[str], notices: Sequence[Notice], seconds: float) -> Audit:
        """Return the audit of everything that was added."""
        read = InputRead(
            files=tuple(files),
            conversations=self.conversations,
            messages=dict(self.messages),
            first_ms=self.first_ms,
            last_ms=self.last_ms,
            notices=tuple(notices),
            seconds=seconds,
        )
        with_bot = [reading for reading in self.readings if reading.in_automation]
        over = [reading for reading in with_bot if reading.overstayed]
        low, high = wilson(len(over), len(with_bot))
        rules = tuple(_rules(over, self.policy))
        return Audit(
            read=read,
            policy_name=self.policy.name,
            policy_digest=self.policy.digest,
            headline=headline(self.readings, with_bot, over),
            advice=advice(over, rules),
            has_bot=bool(with_bot),
            episodes=len(self.readings),
            in_automation=len(with_bot),
            indicators=_indicators(with_bot),
            spillover=trust_spillover((reading.episode, reading.hindsight) for reading in self.readings),
            standing=_verdicts(reading.against_policy.verdict for reading in with_bot),
            hindsight=_verdicts(reading.hindsight.verdict for reading in with_bot),
            overstayed=len(over),
            overstayed_low=low,
            overstayed_high=high,
            beyond_turns=tuple(sorted(len(reading.beyond) for reading in over)),
            asked_for_person=sum(1 for reading in over if reading.episode.turns_with("human_request")),
            bot_turns_after_people=self.after_people,
            worst=_ranked(self._worst),
            unneeded=_ranked(self._unneeded),
            strategies=compare(with_bot) if with_bot else (),
            signals=tuple(_signals(self.readings)),
            types=tuple(_types(with_bot)),
            rules=rules,
            limits=tuple(limits(self.readings, bool(with_bot), self.first_ms is not None)),
        )


def _highest(reading: EpisodeReading) -> float:
    return float(reading.episode.highest_points_hundredths or 0)


def _ranked(heap: Iterable[tuple[tuple[float, int, float], int, Case]]) -> tuple[Case, ...]:
    return tuple(case for _, _, case in sorted(heap, key=lambda item: item[:2], reverse=True))


def _verdicts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    counts = Counter(verdicts)
    return {verdict.value: counts[verdict] for verdict in Verdict}


def _indicators(with_bot: Sequence[EpisodeReading]) -> tuple[Indicator, ...]:
    """Return the five indicators over the episodes that automation had; without a bot there is nothing to hand over."""
    found = five_indicators([reading.episode for reading in with_bot])
    if with_bot:
        return found
    return tuple(replace(indicator, missing="No line of this input is a bot's.") for indicator in found)


def _rules(over: Iterable[EpisodeReading], policy: Policy) -> Iterator[RuleRow]:
    tickets: Counter[str] = Counter()
    turns: Counter[str] = Counter()
    for reading in over:
        if reading.escalate is not None:
            tickets[reading.escalate.rule_id] += 1
            turns[reading.escalate.rule_id] += len(reading.beyond)
    because = {rule.id: rule.because for rule in policy.rules}
    for rule_id, n in tickets.most_common():
        yield RuleRow(rule_id, because.get(rule_id, ""), n, turns[rule_id])


def _signals(readings: Iterable[EpisodeReading]) -> Iterator[SignalRow]:
    tickets: Counter[str] = Counter()
    turns: Counter[str] = Counter()
    over: Counter[str] = Counter()
    for reading in readings:
        for name, n in reading.signals:
            tickets[name] += 1
            turns[name] += n
            over[name] += reading.overstayed
    for name, n in tickets.most_common():
        observes = CATALOGUE[name].observes if name in CATALOGUE else ""
        yield SignalRow(name, observes, n, turns[name], over[name])


def _types(with_bot: Iterable[EpisodeReading]) -> Iterator[TypeRow]:
    by_type: dict[str, list[EpisodeReading]] = defaultdict(list)
    for reading in with_bot:
        by_type[reading.episode.ticket_type or UNKNOWN_TYPE].append(reading)
    for name, found in sorted(by_type.items(), key=lambda item: (-len(item[1]), item[0])):
        handed = sum(1 for reading in found if reading.escalate is not None)
        yield TypeRow(name, len(found), handed, sum(1 for reading in found if reading.overstayed))
