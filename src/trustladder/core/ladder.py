"""The ladder's one decision: what this turn asks for, and where the ticket stands after the ratchet.

``decide`` is a pure function of the policy, the folded ticket, its signals and the time. Live traffic, replay,
audit and backtest all call it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trustladder.core.conditions import SIGNAL_PREFIX, Facts, FactValue, Group, Truth, missing_facts
from trustladder.core.containment import NO_AUTHORITY, Authority, Lane
from trustladder.core.decision import Decision, Flip, Reason, ReasonKind
from trustladder.core.facts import facts_of
from trustladder.core.policy import Policy
from trustladder.core.risk import HUNDREDTHS, ResolutionRisk, probability_of, resolution_risk
from trustladder.core.signals import PERCEPTION, Board, Evidence, Signal
from trustladder.core.threshold import Bound, EscalationThreshold, Rule, strictest
from trustladder.core.ticket import Ticket


@dataclass(frozen=True, slots=True)
class _Case:
    """One question put to the policy: the ticket, the signals taken as true, and what follows from both."""

    policy: Policy
    ticket: Ticket
    board: Board
    facts: Facts
    truths: tuple[Truth, ...]

    def truth(self, group: Group) -> Truth:
        return self.truths[self.policy.compiled.index[group]]

    @property
    def types(self) -> frozenset[str]:
        return self.ticket.recognised_types


@dataclass(frozen=True, slots=True)
class _Proposal:
    lane: Lane
    reasons: tuple[Reason, ...]
    risk: ResolutionRisk
    threshold: EscalationThreshold
    rules: tuple[Rule, ...]


def decide(policy: Policy, ticket: Ticket, signals: Board, at_ms: int) -> Decision:
    """Return the decision on the ticket's newest turn.

    ``signals`` are those in force on the ticket, ``at_ms`` is the time of the decision in milliseconds since
    the Unix epoch. The lane never falls (law 2); what cannot be known contains (law 4).
    """
    case = _case(policy, ticket, signals, facts_of(ticket, signals, at_ms))
    proposal = _propose(case)
    lane = max(ticket.lane, proposal.lane)
    return Decision(
        lane=lane,
        previous_lane=ticket.lane,
        proposed=proposal.lane,
        notify=any(reason.notify for reason in proposal.reasons),
        risk=proposal.risk,
        threshold=proposal.threshold,
        authority=_authority(policy, lane, proposal.rules),
        reasons=proposal.reasons,
        flips=tuple(_flips(case, proposal)),
        policy_digest=policy.digest,
        turn=len(ticket.turns) - 1,
        at_ms=at_ms,
    )


def _case(policy: Policy, ticket: Ticket, board: Board, facts: Facts) -> _Case:
    return _Case(policy, ticket, board, facts, policy.compiled.evaluate(facts))


def _propose(case: _Case) -> _Proposal:
    rules = tuple(rule for rule in case.policy.rules if case.truth(rule.when))
    threshold = strictest(rules)
    base = case.policy.base_points(case.ticket.ticket_type, case.types)
    risk = resolution_risk(base, case.policy.weights, case.board)
    reasons = sorted(_reasons(case, rules, threshold, risk), key=lambda reason: (-reason.lane, reason.notify))
    lane = max((reason.lane for reason in reasons), default=Lane.AUTOMATED)
    return _Proposal(lane, tuple(reasons), risk, threshold, rules)


def _reasons(
    case: _Case, rules: tuple[Rule, ...], threshold: EscalationThreshold, risk: ResolutionRisk
) -> Iterator[Reason]:
    for rule in rules:
        yield from _hard_reasons(case, rule)
    yield from _limit_reasons(case, threshold)
    yield from _risk_reasons(case, threshold, risk)
    yield from _unknown_reasons(case, rules)


def _hard_reasons(case: _Case, rule: Rule) -> Iterator[Reason]:
    alternatives = (
        (rule.escalate_when, Lane.ESCALATED, False),
        (rule.notify_when, Lane.CONTAINED, True),
        (rule.contain_when, Lane.CONTAINED, False),
    )
    for groups, lane, notify in alternatives:
        for group in groups:
            if case.truth(group):
                sentence = rule.because or "the policy asks for it when " + _all_of(group)
                yield Reason(ReasonKind.HARD_RULE, lane, rule.id, sentence, _evidence_for(case, group), notify)


def _all_of(group: Group) -> str:
    return " and ".join(str(condition) for condition in group) or "always"


def _evidence_for(case: _Case, group: Group) -> tuple[Evidence, ...]:
    names = (c.field.removeprefix(SIGNAL_PREFIX) for c in group if c.field.startswith(SIGNAL_PREFIX))
    quoted = tuple(item for name in names if name in case.board for item in case.board[name].evidence)
    return quoted or tuple(Evidence(field=condition.field) for condition in group)


def _limit_reasons(case: _Case, threshold: EscalationThreshold) -> Iterator[Reason]:
    limits = (
        (threshold.max_bot_turns, "bot_turns", "bot turns"),
        (threshold.max_minutes, "minutes_in_automation", "minutes in automation"),
    )
    for bound, field, unit in limits:
        used = case.facts[field]
        if bound is not None and isinstance(used, int) and used >= bound.value:
            sentence = f"{used} {unit}, and the policy allows {bound.value}"
            yield Reason(ReasonKind.LIMIT, Lane.ESCALATED, bound.rule_id, sentence, (Evidence(field=field),))


def _risk_reasons(case: _Case, threshold: EscalationThreshold, risk: ResolutionRisk) -> Iterator[Reason]:
    rungs = (
        (threshold.escalate_at, Lane.ESCALATED, False),
        (threshold.notify_at, Lane.CONTAINED, True),
        (threshold.contain_at, Lane.CONTAINED, False),
    )
    for bound, lane, notify in rungs:
        if bound is not None and risk.points_hundredths >= bound.value:
            sentence = f"Resolution Risk is {risk.probability:.0%}, and the threshold is {_percent(bound)}"
            yield Reason(ReasonKind.RISK, lane, bound.rule_id, sentence, _top_evidence(case, risk), notify)


def _percent(bound: Bound) -> str:
    return f"{probability_of(bound.value):.0%}"


def _top_evidence(case: _Case, risk: ResolutionRisk) -> tuple[Evidence, ...]:
    named = (part.name for part in risk.contributions if part.name in case.board)
    return tuple(item for name in named for item in case.board[name].evidence[:1])[:3]


def _unknown_reasons(case: _Case, matched: tuple[Rule, ...]) -> Iterator[Reason]:
    for name, why in sorted(case.ticket.unknown.items()):
        if name == PERCEPTION or name in case.policy.relevant_signals:
            sentence = f"{name} could not be read: {why}"
            yield Reason(ReasonKind.UNKNOWN_SIGNAL, Lane.CONTAINED, f"unknown:{name}", sentence)
    for rule in case.policy.rules:
        asked = [rule.when] if rule not in matched else []
        if rule in matched:
            asked += [*rule.escalate_when, *rule.notify_when, *rule.contain_when]
        for group in asked:
            if case.truth(group) is None:
                missing = missing_facts(group, case.facts)
                sentence = "the policy asks for a fact that nobody gave: " + ", ".join(missing)
                evidence = tuple(Evidence(field=field) for field in missing)
                yield Reason(ReasonKind.UNKNOWN_FACT, Lane.CONTAINED, rule.id, sentence, evidence)


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
    yield from _gaps(proposal)
    if proposal.lane is Lane.AUTOMATED:
        return
    for name, signal in sorted(case.board.items()):
        if not signal.strength or name not in case.policy.relevant_signals:
            continue
        lane = _propose(_without(case, name)).lane
        if lane < proposal.lane:
            yield Flip(f"without {name}", lane)


def _gaps(proposal: _Proposal) -> Iterator[Flip]:
    rungs: tuple[tuple[Bound | None, Lane], ...] = (
        (proposal.threshold.contain_at, Lane.CONTAINED),
        (proposal.threshold.escalate_at, Lane.ESCALATED),
    )
    for bound, lane in rungs:
        if bound is not None and lane > proposal.lane:
            short = bound.value - proposal.risk.points_hundredths
            yield Flip(f"{short / HUNDREDTHS:.2f} more points", lane)


def _without(case: _Case, name: str) -> _Case:
    board: Mapping[str, Signal] = {key: signal for key, signal in case.board.items() if key != name}
    facts: dict[str, FactValue] = {**case.facts, SIGNAL_PREFIX + name: 0}
    return _case(case.policy, case.ticket, board, facts)
