"""Backtest: what a change of the policy would have done to past tickets, and what it would have cost in people.

Every conversation is perceived once and decided on under both policies by the same `decide` that runs live. It is a
shadow: what customers, bots and people did stays as it happened.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from trustladder.core.policy import UNKNOWN_TYPE, Policy
from trustladder.core.verdict import Verdict, verdict_on, went_badly, went_well
from trustladder.learn.conversation import Notice
from trustladder.learn.load import Assumed, Handed, QueueLoad, loads
from trustladder.learn.price import Spent, cost_of, price_for, prices_of
from trustladder.learn.seen import what_perception_asks
from trustladder.learn.strategies import StrategyResult, compare
from trustladder.learn.tried import NOT_IN_TIME, Difference, Effect, Tried, difference
from trustladder.policy.diff import Change, changes


@dataclass(frozen=True, slots=True)
class KnownEnds:
    """How tickets with a known end fare: bad ends that are handed over (caught), good ones that are (taken)."""

    bad: int
    caught_before: int
    caught_after: int
    newly_caught: int
    no_longer_caught: int
    good: int
    taken_before: int
    taken_after: int


@dataclass(frozen=True, slots=True)
class TypeEffect:
    """One ticket type under both policies: tickets, handoffs, late or missed, unnecessary."""

    name: str
    tickets: int
    handoffs: tuple[int, int]
    late_or_missed: tuple[int, int]
    unnecessary: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the tickets cost under both policies, in ``currency``; ``tickets`` are those whose type has costs."""

    currency: str
    tickets: int
    before: Spent
    after: Spent
    per_ticket: Difference


@dataclass(frozen=True, slots=True)
class Staffing:
    """Load and people under both policies, by queue, and what the figures rest on."""

    before: tuple[QueueLoad, ...]
    after: tuple[QueueLoad, ...]
    weeks: float
    assumed: Assumed


@dataclass(frozen=True, slots=True)
class Backtest:
    """Everything that a backtest found. ``late_or_missed`` and ``unnecessary`` are shares of all tickets.

    ``shifts`` counts tickets that both policies hand over, by bot turns later (negative: earlier). ``changed`` are the
    tickets that change, gravest first, at most as many as were asked for, of ``changed_in_all``. ``unheard`` counts
    tickets that people took before the new policy would have asked for them.
    """

    old_name: str
    old_digest: str
    new_name: str
    new_digest: str
    changes: tuple[Change, ...]
    files: tuple[str, ...]
    conversations: int
    tickets: int
    first_ms: int | None
    last_ms: int | None
    notices: tuple[Notice, ...]
    seconds: float
    effects: Mapping[str, int]
    verdicts: tuple[Mapping[str, int], Mapping[str, int]]
    late_or_missed: Difference
    unnecessary: Difference
    turns_too_long: Difference
    handoffs: tuple[int, int]
    ends: KnownEnds
    shifts: Mapping[int, int]
    strategies: tuple[StrategyResult, ...]
    types: tuple[TypeEffect, ...]
    cost: Cost | None
    staffing: Staffing | None
    changed: tuple[Tried, ...]
    changed_in_all: int
    unheard: int
    limits: tuple[str, ...]


class Backtester:
    """Takes tried episodes as they come, and gives the backtest at the end. ``limit`` tickets are kept by name."""

    def __init__(self, old: Policy, new: Policy, limit: int = 50, assumed: Assumed | None = None) -> None:
        self.old, self.new, self.limit = old, new, limit
        self.assumed = assumed or Assumed()
        self.conversations = 0
        self.tried: list[Tried] = []
        self._kept: list[tuple[tuple[int, int], int, Tried]] = []
        self._order = count(0, -1)

    def add(self, tried: Iterable[Tried]) -> None:
        """Count the episodes of one conversation; those in which no bot spoke say nothing about automation."""
        self.conversations += 1
        for one in tried:
            if one.before.in_automation:
                self.tried.append(one)
                self._keep(one)

    def _keep(self, one: Tried) -> None:
        effect = one.effect
        if effect is None:
            return
        rank = (-list(Effect).index(effect), abs(one.shift or 0))
        heapq.heappush(self._kept, (rank, next(self._order), one))
        if len(self._kept) > self.limit:
            heapq.heappop(self._kept)

    def finish(self, files: Sequence[str], notices: Sequence[Notice], seconds: float) -> Backtest:
        """Return the backtest of everything that was added."""
        tried = self.tried
        effects = Counter(one.effect for one in tried)
        times = [time for one in tried for time in _span(one)]
        found = [Counter(one.verdicts[side] for one in tried) for side in (0, 1)]
        return Backtest(
            old_name=self.old.name,
            old_digest=self.old.digest,
            new_name=self.new.name,
            new_digest=self.new.digest,
            changes=tuple(changes(self.old, self.new)),
            files=tuple(files),
            conversations=self.conversations,
            tickets=len(tried),
            first_ms=min(times, default=None),
            last_ms=max(times, default=None),
            notices=tuple(notices),
            seconds=seconds,
            effects={effect.value: effects[effect] for effect in Effect},
            verdicts=_by_word(found),
            late_or_missed=difference(tried, lambda one, side: one.verdicts[side] in NOT_IN_TIME),
            unnecessary=difference(tried, lambda one, side: one.verdicts[side] is Verdict.UNNECESSARY),
            turns_too_long=difference(tried, _turns_too_long),
            handoffs=_handoffs(tried),
            ends=_ends(tried),
            shifts=dict(sorted(Counter(one.shift for one in tried if one.shift is not None).items())),
            strategies=tuple(strategies(tried)) if tried else (),
            types=tuple(_types(tried)),
            cost=_cost(tried, self.old, self.new),
            staffing=self._staffing(times),
            changed=tuple(one for _, _, one in sorted(self._kept, key=lambda kept: kept[:2], reverse=True)),
            changed_in_all=sum(count for effect, count in effects.items() if effect is not None),
            unheard=sum(1 for one in tried if _unheard(one)),
            limits=tuple(_limits(self, times)),
        )

    def _staffing(self, times: Sequence[int]) -> Staffing | None:
        timed = [one for one in self.tried if _span(one)]
        if not timed:
            return None
        first, last = min(times), max(times)
        before, after = (
            loads(policy, _handed(timed, side), first, last, self.assumed)
            for side, policy in enumerate((self.old, self.new))
        )
        weeks = max((last - first) / (7 * 24 * 3_600_000), 0.0)
        return Staffing(before, after, weeks, self.assumed)


def _by_word(found: Sequence[Mapping[Verdict, int]]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    old, new = ({verdict.value: counts.get(verdict, 0) for verdict in Verdict} for counts in found)
    return old, new


def _span(one: Tried) -> tuple[int, ...]:
    """Return the first and last time of an episode, nothing where the input has no real times."""
    episode = one.episode
    times = episode.turn_times_ms.values()
    return (min(times), max(times)) if times and max(times) > 0 else ()


def _handed(tried: Iterable[Tried], side: int) -> Iterator[Handed]:
    for one in tried:
        crossing = (one.before, one.after)[side].escalate
        if crossing is not None:
            yield Handed(crossing.queue, one.episode.turn_times_ms[crossing.turn])


def _turns_too_long(one: Tried, side: int) -> float:
    return float(verdict_on(one.episode, one.golden, one.turns[side]).late_by_turns)


def _handoffs(tried: Sequence[Tried]) -> tuple[int, int]:
    old, new = (sum(one.turns[side] is not None for one in tried) for side in (0, 1))
    return old, new


def _ends(tried: Sequence[Tried]) -> KnownEnds:
    bad = [one.turns for one in tried if went_badly(one.episode)]
    good = [one.turns for one in tried if went_well(one.episode)]
    return KnownEnds(
        bad=len(bad),
        caught_before=sum(old is not None for old, _ in bad),
        caught_after=sum(new is not None for _, new in bad),
        newly_caught=sum(old is None and new is not None for old, new in bad),
        no_longer_caught=sum(old is not None and new is None for old, new in bad),
        good=len(good),
        taken_before=sum(old is not None for old, _ in good),
        taken_after=sum(new is not None for _, new in good),
    )


def strategies(tried: Sequence[Tried]) -> Iterator[StrategyResult]:
    """Yield as it happened, both policies, and the simpler ways beside them: always, never, on request."""
    old = compare([one.before for one in tried])
    new = compare([one.after for one in tried])
    for before, after in zip(old, new, strict=True):
        if before.key == "policy":
            yield replace(before, key="old", name="The policy as it was")
            yield replace(after, key="new", name="The policy as changed")
        else:
            yield before


def _types(tried: Sequence[Tried]) -> Iterator[TypeEffect]:
    by_type: dict[str, list[Tried]] = {}
    for one in tried:
        by_type.setdefault(one.episode.ticket_type or UNKNOWN_TYPE, []).append(one)
    for name, found in sorted(by_type.items(), key=lambda item: (-len(item[1]), item[0])):
        pairs = [one.verdicts for one in found]
        bad = [sum(pair[side] in NOT_IN_TIME for pair in pairs) for side in (0, 1)]
        unneeded = [sum(pair[side] is Verdict.UNNECESSARY for pair in pairs) for side in (0, 1)]
        yield TypeEffect(name, len(found), _handoffs(found), (bad[0], bad[1]), (unneeded[0], unneeded[1]))


def _cost(tried: Sequence[Tried], old: Policy, new: Policy) -> Cost | None:
    """Return the cost under both policies at the prices of the new one, or of the old one where it has none."""
    priced_by = new if prices_of(new) else old
    prices = prices_of(priced_by)
    priced = [(one, price_for(prices, one.episode.ticket_type)) for one in tried]
    known = {id(one): costs for one, costs in priced if costs is not None}
    if not known:
        return None

    def spent(one: Tried, side: int) -> Spent:
        return cost_of(one.episode, one.turns[side], known[id(one)])

    those = [one for one in tried if id(one) in known]
    sums = [sum((spent(one, side) for one in those), Spent()) for side in (0, 1)]
    each = difference(those, lambda one, side: spent(one, side).total)
    return Cost(priced_by.currency, len(those), sums[0], sums[1], each)


def _unheard(one: Tried) -> bool:
    return one.episode.handed_off and one.turns[1] is None


def _limits(backtester: Backtester, times: Sequence[int]) -> Iterator[str]:
    """Yield what this backtest cannot show."""
    yield (
        "It is a shadow: what customers, the bot and people did stays as it was, though a handoff that came sooner, or "
        "not at all, would have changed it."
    )
    yield (
        "The golden turn comes from rules on hindsight that read the same signals as the policy. Compare the two "
        "policies with it; check a sample by hand before you trust its level."
    )
    if what_perception_asks(backtester.old) != what_perception_asks(backtester.new):
        yield (
            "The two policies differ in what perception reads: ticket types, their examples, or the value from which "
            "an account counts. Conversations were read under each; tickets of a ledger keep what was recorded."
        )
    if not times:
        yield "The input has no times: load by hour and the people that it takes are not reported."
