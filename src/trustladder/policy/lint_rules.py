"""Checks on single rules: can they fire, do they matter, do they ask for what nobody gives?"""

from collections.abc import Iterator

from trustladder.core.conditions import Group
from trustladder.core.policy import Policy
from trustladder.core.risk import HUNDREDTHS, NEVER, probability_of
from trustladder.core.threshold import Rule
from trustladder.policy.implication import contradiction, holds_wherever, types_of
from trustladder.policy.lint_finding import Found, error, warning
from trustladder.policy.source import NodePath

RUNGS = ("contain_at", "notify_at", "escalate_at")
HARD = ("contain_when", "notify_when", "escalate_when")
_LIMITS = ("max_bot_turns", "max_minutes")

_RARE_FACTS = {
    "confidence": "signal.low_confidence counts as 0 when nobody gives it",
    "account.value": "signal.account_value counts as 0 when nobody gives it",
    "account.at_risk": "signal.at_risk_account counts as 0 when nobody gives it",
    "account.tier": "make sure that the helpdesk sends it with every ticket",
    "exposure": "make sure that the helpdesk sends it with every ticket",
}


def _groups(rule: Rule) -> Iterator[tuple[NodePath, Group]]:
    """Yield the rule's alternatives, each joined with where the rule applies."""
    for name in HARD:
        for k, group in enumerate(getattr(rule, name)):
            yield (name, k), (*rule.when, *group)


def never_fires(policy: Policy) -> Iterator[Found]:
    """Find rules and alternatives whose conditions cannot hold together."""
    for i, rule in enumerate(policy.rules):
        path: NodePath = ("thresholds", i)
        if (pair := contradiction(rule.when)) is not None:
            message = f"the rule {rule.id} can never fire: '{pair[0]}' excludes '{pair[1]}'"
            yield error("never-fires", (*path, "when"), message, "remove one of the two")
            continue
        if not types_of(policy, rule.when):
            message = f"the rule {rule.id} can never fire: no ticket type is in all of its conditions"
            yield error("never-fires", (*path, "when"), message, "name one of the types under ticket_types")
            continue
        for place, group in _groups(rule):
            if (pair := contradiction(group)) is not None:
                message = f"this alternative of {rule.id} can never hold: '{pair[0]}' excludes '{pair[1]}'"
                yield error("never-fires", (*path, *place), message, "remove one of the two")


def does_nothing(policy: Policy) -> Iterator[Found]:
    """Find rules that ask for nothing."""
    for i, rule in enumerate(policy.rules):
        says = any(getattr(rule, name) != NEVER for name in RUNGS) or any(getattr(rule, name) for name in HARD)
        limits = any(getattr(rule, name) is not None for name in (*_LIMITS, "authority"))
        if not says and not limits:
            message = f"the rule {rule.id} asks for nothing"
            yield error("asks-for-nothing", ("thresholds", i), message, "give it a threshold, a condition or a limit")


def shadowed(policy: Policy) -> Iterator[Found]:
    """Find thresholds and limits that are never the strictest: another rule always holds too, and is stricter."""
    for i, rule in enumerate(policy.rules):
        for name in (*RUNGS, *_LIMITS):
            value = getattr(rule, name)
            if value in (None, NEVER):
                continue
            stricter = _stricter(policy, i, name)
            if stricter is not None:
                key = "costs" if name == "escalate_at" and rule.costs is not None else name
                message = f"{name} of {rule.id} never counts: {stricter.id} always holds with it and is as strict"
                yield error("shadowed", ("thresholds", i, key), message, "remove it, or make it stricter")


def _stricter(policy: Policy, i: int, name: str) -> Rule | None:
    rule = policy.rules[i]
    for k, other in enumerate(policy.rules):
        theirs = getattr(other, name)
        if k == i or theirs in (None, NEVER) or not holds_wherever(other.when, rule.when):
            continue
        # Of two equal ones the first counts, unless the second holds more often.
        wider = not holds_wherever(rule.when, other.when)
        if theirs < getattr(rule, name) or (theirs == getattr(rule, name) and (wider or k < i)):
            return other
    return None


def unreachable(policy: Policy) -> Iterator[Found]:
    """Find thresholds that no ticket reaches with every signal at full strength."""
    for i, rule in enumerate(policy.rules):
        most = _most_points(policy, rule)
        for name in RUNGS:
            value = getattr(rule, name)
            if name == "escalate_at" and rule.costs is not None and value == NEVER:
                message = f"by its costs {rule.id} never escalates: a person costs more than the spillover"
                yield error("unreachable", ("thresholds", i, "costs"), message, "check the costs")
            elif most < value < NEVER:
                risk = probability_of(most)
                message = f"{name} of {rule.id} cannot be reached: every signal at full strength gives {risk:.1%}"
                key = "costs" if name == "escalate_at" and rule.costs is not None else name
                yield error("unreachable", ("thresholds", i, key), message, "lower it, or raise weights or bases")


def _most_points(policy: Policy, rule: Rule) -> int:
    types = types_of(policy, rule.when)
    # A ticket may be of several types, and the largest base counts.
    bases = [kind.base for kind in policy.ticket_types.values()] if types else [0]
    return HUNDREDTHS * (max(bases, default=0) + sum(policy.weights.values()))


def out_of_order(policy: Policy) -> Iterator[Found]:
    """Find thresholds in the wrong order within a rule."""
    for i, rule in enumerate(policy.rules):
        for lower, upper in (("contain_at", "escalate_at"), ("notify_at", "escalate_at"), ("contain_at", "notify_at")):
            low, high = getattr(rule, lower), getattr(rule, upper)
            if NEVER not in (low, high) and low > high:
                message = f"{lower} of {rule.id} ({_percent(low)}) is above its {upper} ({_percent(high)})"
                found = warning if upper == "notify_at" else error
                fix = f"set {lower} to at most {_percent(high)}"
                yield found("out-of-order", ("thresholds", i, lower), message, fix)


def _percent(points: int) -> str:
    return f"{probability_of(points):.0%}"


def needs_rare_fact(policy: Policy) -> Iterator[Found]:
    """Find conditions on facts that most bots and exports do not hold: an unknown fact contains (law 4)."""
    for i, rule in enumerate(policy.rules):
        for place, group in ((("when",), rule.when), *_groups(rule)):
            own = group if place == ("when",) else group[len(rule.when) :]
            for condition in own:
                if condition.field in _RARE_FACTS:
                    message = f"{rule.id} asks for {condition.field}: where nobody gives it, the ticket is contained"
                    path: NodePath = ("thresholds", i, *place, condition.field)
                    yield warning("needs-fact", path, message, _RARE_FACTS[condition.field], at_key=True)


def always_true(policy: Policy) -> Iterator[Found]:
    """Find conditions on a signal that also hold when the signal is not there."""
    for i, rule in enumerate(policy.rules):
        for place, group in ((("when",), rule.when), *_groups(rule)):
            own = group if place == ("when",) else group[len(rule.when) :]
            for condition in own:
                if condition.field.startswith("signal.") and condition.value == 0:
                    message = f"'{condition}' of {rule.id} holds even without the signal"
                    path: NodePath = ("thresholds", i, *place, condition.field)
                    yield error("always-true", path, message, "ask for at least 1", at_key=True)


def unexplained(policy: Policy) -> Iterator[Found]:
    """Find rules without a reason that a colleague can read."""
    for i, rule in enumerate(policy.rules):
        if not rule.because.strip():
            message = f"the rule {rule.id} does not say why"
            yield warning("no-because", ("thresholds", i, "id"), message, "add 'because:' and one sentence")


CHECKS = (
    never_fires,
    does_nothing,
    shadowed,
    unreachable,
    out_of_order,
    needs_rare_fact,
    always_true,
    unexplained,
)
