"""Past tickets as columns: the fast path for sweeps that change only points.

Thresholds, weights and bases move the sum and the bars it crosses; which rules hold, what is hard and what is unknown
does not depend on them. So a turn is one row of strengths, decided once, and a sweep is a product of matrices. A
property test holds `Columns.proposed` equal to `trustladder.core.ladder.decide`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from trustladder.core.containment import Lane
from trustladder.core.decision import Reason, ReasonKind
from trustladder.core.policy import Policy
from trustladder.core.risk import HUNDREDTHS, NEVER
from trustladder.core.signals import CATALOGUE, PERCEPTION
from trustladder.core.threshold import Rule
from trustladder.learn.case import EpisodeReading, Played
from trustladder.learn.replay import TurnDecision

Whole = npt.NDArray[np.int64]
SIGNALS = tuple(CATALOGUE)
Types = tuple[str | None, frozenset[str]]
"""A ticket's type as declared, and those recognised in its text."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Decided turns of past episodes, in order. Rows are turns; ``starts`` has one more entry than there are episodes.

    ``strengths`` (turns x signals, 0 to 100) is the board, ``unknown`` what could not be read, ``matched`` (turns x
    rules) which rules hold, ``hard`` the lane that is asked for whatever the points, ``typed`` a place in ``types``.
    """

    policy: Policy
    readings: tuple[EpisodeReading, ...]
    starts: Whole
    turns: Whole
    strengths: npt.NDArray[np.uint8]
    unknown: npt.NDArray[np.bool_]
    matched: npt.NDArray[np.bool_]
    hard: npt.NDArray[np.uint8]
    typed: Whole
    types: tuple[Types, ...]

    def points(self, policy: Policy) -> Whole:
        """Return the sum of each turn under a policy that differs in points only, in hundredths of a point."""
        weights = np.array([policy.weights.get(name, 0) for name in SIGNALS], dtype=np.int64)
        bases = np.array([policy.base_points(*types) for types in self.types], dtype=np.int64)
        return self.strengths.astype(np.int64) @ weights + bases[self.typed] * HUNDREDTHS

    def proposed(self, policy: Policy) -> npt.NDArray[np.uint8]:
        """Return the lane that each turn asks for. Raises ValueError where the policy differs in more than points."""
        _same_but_for_points(self.policy, policy)
        points = self.points(policy)
        lanes = np.where(self._unreadable(policy), np.uint8(Lane.CONTAINED), np.uint8(0))
        lanes = np.maximum(lanes, self.hard)
        for bars, lane in (
            ([rule.contain_at for rule in policy.rules], Lane.CONTAINED),
            ([rule.notify_at for rule in policy.rules], Lane.CONTAINED),
            ([rule.escalate_at for rule in policy.rules], Lane.ESCALATED),
        ):
            bar = np.where(self.matched, np.array(bars, dtype=np.int64), NEVER).min(axis=1, initial=NEVER)
            lanes = np.where(points >= bar, np.maximum(lanes, np.uint8(lane)), lanes)
        return lanes

    def handoff_rows(self, policy: Policy) -> Whole:
        """Return for each episode the row at which the policy first hands it over, -1 for never."""
        asked = np.flatnonzero(self.proposed(policy) >= Lane.ESCALATED)
        place = np.searchsorted(asked, self.starts[:-1])
        first = np.append(asked, self.starts[-1])[place]
        return np.where(first < self.starts[1:], first, -1)

    def handoff_turns(self, policy: Policy) -> list[int | None]:
        """Return for each episode the turn at which the policy first hands it over, None for never."""
        return [None if row < 0 else int(self.turns[row]) for row in self.handoff_rows(policy)]

    def take(self, places: Sequence[int]) -> "Columns":
        """Return the columns of some episodes only, in the order given."""
        spans = [range(int(self.starts[place]), int(self.starts[place + 1])) for place in places]
        rows = np.array([row for span in spans for row in span], dtype=np.int64)
        return replace(
            self,
            readings=tuple(self.readings[place] for place in places),
            starts=np.concatenate([[0], np.cumsum([len(span) for span in spans])]).astype(np.int64),
            turns=self.turns[rows],
            strengths=self.strengths[rows],
            unknown=self.unknown[rows],
            matched=self.matched[rows],
            hard=self.hard[rows],
            typed=self.typed[rows],
        )

    def _unreadable(self, policy: Policy) -> npt.NDArray[np.bool_]:
        relevant = np.array([name in policy.relevant_signals for name in SIGNALS])
        found: npt.NDArray[np.bool_] = (self.unknown & relevant).any(axis=1)
        return found


def columns_of(policy: Policy, played: Sequence[Played]) -> Columns:
    """Return the columns of past tickets as played under a policy: episodes with a bot, turns that bind a bot."""
    rows: list[TurnDecision] = []
    readings: list[EpisodeReading] = []
    starts = [0]
    for one in played:
        for reading in one.readings:
            if reading.in_automation:
                readings.append(reading)
                own = reading.episode.turn_times_ms
                rows += [d for d in one.decided if not d.held_by_people and d.decision.turn in own]
                starts.append(len(rows))
    types = tuple(dict.fromkeys((d.declared, d.recognised) for d in rows))
    place = {held: i for i, held in enumerate(types)}
    return Columns(
        policy=policy,
        readings=tuple(readings),
        starts=np.array(starts, dtype=np.int64),
        turns=np.array([d.decision.turn for d in rows], dtype=np.int64),
        strengths=_strengths(rows),
        unknown=_unknown(rows),
        matched=_matched(policy, rows),
        hard=np.array([_hard(d.decision.reasons) for d in rows], dtype=np.uint8),
        typed=np.array([place[d.declared, d.recognised] for d in rows], dtype=np.int64),
        types=types,
    )


def _strengths(rows: Sequence[TurnDecision]) -> npt.NDArray[np.uint8]:
    place = {name: i for i, name in enumerate(SIGNALS)}
    held = np.zeros((len(rows), len(SIGNALS)), dtype=np.uint8)
    for row, decided in enumerate(rows):
        for name, signal in decided.signals.items():
            if name in place:
                held[row, place[name]] = signal.strength
    return held


def _unknown(rows: Sequence[TurnDecision]) -> npt.NDArray[np.bool_]:
    place = {name: i for i, name in enumerate(SIGNALS)}
    held = np.zeros((len(rows), len(SIGNALS)), dtype=np.bool_)
    for row, decided in enumerate(rows):
        for signal in decided.seen.unknown:
            if signal.name in place:
                held[row, place[signal.name]] = True
    return held


def _matched(policy: Policy, rows: Sequence[TurnDecision]) -> npt.NDArray[np.bool_]:
    place = {rule.id: i for i, rule in enumerate(policy.rules)}
    held = np.zeros((len(rows), len(policy.rules)), dtype=np.bool_)
    for row, decided in enumerate(rows):
        held[row, [place[rule_id] for rule_id in decided.decision.threshold.rule_ids]] = True
    return held


def _hard(reasons: Sequence[Reason]) -> Lane:
    """Return the lane that no points can lower: hard rules, limits, facts that nobody gave, perception that failed."""
    return max((reason.lane for reason in reasons if _is_hard(reason)), default=Lane.AUTOMATED)


def _is_hard(reason: Reason) -> bool:
    if reason.kind is ReasonKind.UNKNOWN_SIGNAL:
        return reason.rule_id == f"unknown:{PERCEPTION}"
    return reason.kind is not ReasonKind.RISK


def _same_but_for_points(old: Policy, new: Policy) -> None:
    """Raise ValueError where two policies differ in what columns cannot follow."""
    if new is old:
        return
    if [_pointless(rule) for rule in old.rules] != [_pointless(rule) for rule in new.rules]:
        raise ValueError("the policies differ in rules, and columns follow thresholds, weights and bases only")
    if set(old.ticket_types) != set(new.ticket_types):
        raise ValueError("the policies differ in ticket types, and columns follow thresholds, weights and bases only")
    asked = {condition.field for policy in (old, new) for group in policy.compiled.groups for condition in group}
    if "minutes_waiting" in asked:
        raise ValueError("a rule asks for minutes_waiting, which depends on when the bot was contained")


def _pointless(rule: Rule) -> Rule:
    """A rule without its thresholds, its costs and its words."""
    return replace(rule, contain_at=NEVER, notify_at=NEVER, escalate_at=NEVER, costs=None, because="")
