"""The ladder's one decision: what this turn asks for, and where the ticket stands after the ratchet.

``decide`` is a pure function of the policy, the folded ticket, its signals and the time. Live traffic, replay,
audit and backtest all call it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from trustladder.core.conditions import SIGNAL_PREFIX, Facts, Group, Truth, missing_facts
from trustladder.core.containment import NO_AUTHORITY, Authority, Lane
from trustladder.core.decision import Decision, Flip, Reason, ReasonKind
from trustladder.core.facts import facts_of
from trustladder.core.policy import Asked, Policy, RuleGroups
from trustladder.core.risk import HUNDREDTHS, ResolutionRisk, probability_of, resolution_risk
from trustladder.core.signals import PERCEPTION, Board, Evidence
from trustladder.core.threshold import Bound, EscalationThreshold, Rule, strictest
from trustladder.core.ticket import Ticket


@dataclass(frozen=True, slots=True)
class _Case:
    """One question put to the policy: the ticket, what is taken as true, and the rules that hold."""

    policy: Policy
    ticket: Ticket
    board: Board
    facts: Facts
    truths: tuple[Truth, ...]
    holding: tuple[RuleGroups, ...]
    threshold: EscalationThreshold


class _Ground(NamedTuple):
    """A reason before it is put into words: most are only weighed, to tell what would have flipped a decision."""

    lane: Lane
    notify: bool
    in_words: Callable[[], Reason]


@dataclass(frozen=True, slots=True)
class _Proposal:
    lane: Lane
    reasons: tuple[Reason, ...]
    risk: ResolutionRisk


def decide(policy: Policy, ticket: Ticket, signals: Board, at_ms: int) -> Decision:
    """Return the decision on the ticket's newest turn.

    ``signals`` are those in force on the ticket, ``at_ms`` is the time of the decision in milliseconds since
    the Unix epoch. The lane never falls (law 2); what cannot be known contains (law 4).
    """
    facts = facts_of(ticket, signals, at_ms)
    truths = policy.compiled.evaluate(facts)
    holding = _holding(policy, truths)
    rules = tuple(groups.rule for groups in holding)
    case = _Case(policy, ticket, signals, facts, truths, holding, strictest(rules))
    proposal = _propose(case)
    lane = max(ticket.lane, proposal.lane)
    return Decision(
        lane=lane,
        previous_lane=ticket.lane,
        proposed=proposal.lane,
        notify=any(reason.notify for reason in proposal.reasons),
        risk=proposal.risk,
        threshold=case.threshold,
        authority=_authority(policy, lane, rules),
        reasons=proposal.reasons,
        flips=tuple(_flips(case, proposal)),
        policy_digest=policy.digest,
        turn=len(ticket.turns) - 1,
        at_ms=at_ms,
    )


def _holding(policy: Policy, truths: tuple[Truth, ...]) -> tuple[RuleGroups, ...]:
    return tuple([groups for groups in policy.compiled.rules if truths[groups.when]])


def _propose(case: _Case) -> _Proposal:
    base = case.policy.base_points(case.ticket.ticket_type, case.ticket.recognised_types)
    risk = resolution_risk(base, case.policy.weights, case.board)
    grounds = sorted(_grounds(case, risk.points_hundredths, risk), key=lambda ground: (-ground.lane, ground.notify))
    lane = grounds[0].lane if grounds else Lane.AUTOMATED
    return _Proposal(lane, tuple(ground.in_words() for ground in grounds), risk)


def _grounds(case: _Case, points_hundredths: int, risk: ResolutionRisk) -> Iterator[_Ground]:
    """Yield what asks for care at a risk of so many points; ``risk`` is only put into words."""
    for groups in case.holding:
        for asked in groups.asked:
            if case.truths[asked.place]:
                in_words = partial(_hard_reason, case, groups.rule, asked)
                yield _Ground(asked.lane, asked.notify, in_words)
    yield from _limit_grounds(case)
    yield from _risk_grounds(case, points_hundredths, risk)
    yield from _unknown_grounds(case)


def _hard_reason(case: _Case, rule: Rule, asked: Asked) -> Reason:
    sentence = rule.because or "the policy asks for it when " + _all_of(asked.group)
    return Reason(ReasonKind.HARD_RULE, asked.lane, rule.id, sentence, _evidence_for(case, asked.group), asked.notify)


def _all_of(group: Group) -> str:
    return " and ".join(str(condition) for condition in group) or "always"


def _evidence_for(case: _Case, group: Group) -> tuple[Evidence, ...]:
    names = (c.field.removeprefix(SIGNAL_PREFIX) for c in group if c.field.startswith(SIGNAL_PREFIX))
    quoted = tuple(item for name in names if name in case.board for item in case.board[name].evidence)
    return quoted or tuple(Evidence(field=condition.field) for condition in group)


def _limit_grounds(case: _Case) -> Iterator[_Ground]:
    threshold = case.threshold
    limits = (
        (threshold.max_bot_turns, "bot_turns", "bot turns"),
        (threshold.max_minutes, "minutes_in_automation", "minutes in automation"),
    )
    for bound, field, unit in limits:
        used = case.facts[field]
        if bound is not None and isinstance(used, int) and used >= bound.value:
            yield _Ground(Lane.ESCALATED, False, partial(_limit_reason, bound, field, f"{used} {unit}"))


def _limit_reason(bound: Bound, field: str, used: str) -> Reason:
    sentence = f"{used}, and the policy allows {bound.value}"
    return Reason(ReasonKind.LIMIT, Lane.ESCALATED, bound.rule_id, sentence, (Evidence(field=field),))


def _risk_grounds(case: _Case, points_hundredths: int, risk: ResolutionRisk) -> Iterator[_Ground]:
    threshold = case.threshold
    rungs = (
        (threshold.escalate_at, Lane.ESCALATED, False),
        (threshold.notify_at, Lane.CONTAINED, True),
        (threshold.contain_at, Lane.CONTAINED, False),
    )
    for bound, lane, notify in rungs:
        if bound is not None and points_hundredths >= bound.value:
            yield _Ground(lane, notify, partial(_risk_reason, case, risk, bound, lane, notify))


def _risk_reason(case: _Case, risk: ResolutionRisk, bound: Bound, lane: Lane, notify: bool) -> Reason:
    sentence = f"Resolution Risk is {risk.probability:.0%}, and the threshold is {_percent(bound)}"
    return Reason(ReasonKind.RISK, lane, bound.rule_id, sentence, _top_evidence(case, risk), notify)


def _percent(bound: Bound) -> str:
    return f"{probability_of(bound.value):.0%}"


def _top_evidence(case: _Case, risk: ResolutionRisk) -> tuple[Evidence, ...]:
    named = (part.name for part in risk.contributions if part.name in case.board)
    return tuple(item for name in named for item in case.board[name].evidence[:1])[:3]


def _unknown_grounds(case: _Case) -> Iterator[_Ground]:
    for name, why in sorted(case.ticket.unknown.items()):
        if name == PERCEPTION or name in case.policy.relevant_signals:
            yield _Ground(Lane.CONTAINED, False, partial(_unread_reason, name, why))
    if None not in case.truths:
        return
    for groups in case.policy.compiled.rules:
        for group, place in groups.asks(holds=bool(case.truths[groups.when])):
            if case.truths[place] is None:
                yield _Ground(Lane.CONTAINED, False, partial(_missing_reason, case, groups.rule, group))


def _unread_reason(name: str, why: str) -> Reason:
    sentence = f"{name} could not be read: {why}"
    return Reason(ReasonKind.UNKNOWN_SIGNAL, Lane.CONTAINED, f"unknown:{name}", sentence)


def _missing_reason(case: _Case, rule: Rule, group: Group) -> Reason:
    missing = missing_facts(group, case.facts)
    sentence = "the policy asks for a fact that nobody gave: " + ", ".join(missing)
    evidence = tuple(Evidence(field=field) for field in missing)
    return Reason(ReasonKind.UNKNOWN_FACT, Lane.CONTAINED, rule.id, sentence, evidence)


def _authority(policy: Policy, lane: Lane, rules: tuple[Rule, ...]) -> Authority:
    if not lane.automation_may_speak:
        return NO_AUTHORITY
    held = policy.automated if lane is Lane.AUTOMATED else policy.contained.intersect(policy.automated)
    for rule in rules:
        if rule.authority is not None:
            held = held.intersect(rule.authority)
    return held


def _flips(case: _Case, proposal: _Proposal) -> Iterator[Flip]:
    """Yield what would have given another lane: fewer or more points, or one signal not observed."""
    yield from _gaps(case.threshold, proposal)
    if proposal.lane is Lane.AUTOMATED:
        return
    for name, signal in sorted(case.board.items()):
        if not signal.strength or name not in case.policy.relevant_signals:
            continue
        points = case.policy.weights.get(name, 0) * signal.strength
        lane = _lane(_without(case, name), proposal.risk.points_hundredths - points, proposal.risk)
        if lane < proposal.lane:
            yield Flip(f"without {name}", lane)


def _lane(case: _Case, points_hundredths: int, risk: ResolutionRisk) -> Lane:
    return max((ground.lane for ground in _grounds(case, points_hundredths, risk)), default=Lane.AUTOMATED)


def _gaps(threshold: EscalationThreshold, proposal: _Proposal) -> Iterator[Flip]:
    rungs = ((threshold.contain_at, Lane.CONTAINED), (threshold.escalate_at, Lane.ESCALATED))
    for bound, lane in rungs:
        if bound is not None and lane > proposal.lane:
            short = bound.value - proposal.risk.points_hundredths
            yield Flip(f"{short / HUNDREDTHS:.2f} more points", lane)


def _without(case: _Case, name: str) -> _Case:
    """Return the case as it would be had a signal not been observed; where no rule asks for it nothing else differs."""
    policy = case.policy
    if name not in policy.compiled.asked_signals:
        return case
    facts = {**case.facts, SIGNAL_PREFIX + name: 0}
    truths = policy.compiled.evaluate(facts)
    holding = _holding(policy, truths)
    same = holding == case.holding
    threshold = case.threshold if same else strictest(groups.rule for groups in holding)
    return _Case(policy, case.ticket, case.board, facts, truths, holding, threshold)
