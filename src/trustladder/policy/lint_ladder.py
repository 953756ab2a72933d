"""Checks on the policy as a whole: does it escalate for the right reasons, and does it contain at all?"""

import re
from collections.abc import Iterable, Iterator

from trustladder.core.conditions import SIGNAL_PREFIX, Group
from trustladder.core.containment import Act, Authority
from trustladder.core.policy import UNKNOWN_TYPE, Policy, TicketType
from trustladder.core.risk import ALWAYS, HUNDREDTHS, NEVER, probability_of
from trustladder.core.threshold import Rule, strictest
from trustladder.policy.implication import on_type_alone, types_of
from trustladder.policy.lint_finding import Found, error, warning

_MOOD = frozenset({"sentiment", "sentiment_drop"})
_ASKED = "human_request"
_CRITICAL_NAME = re.compile(
    r"billing|payment|invoice|refund|charge|security|fraud|legal|privacy|gdpr|complaint|cancel|safety|medical", re.I
)
_LANGUAGES_OF = ("holding", "handoff", "nobody_there")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def _rules_for(policy: Policy, kind: str) -> tuple[Rule, ...]:
    """Return the rules that can hold for a ticket of a type."""
    return tuple(rule for rule in policy.rules if kind in types_of(policy, rule.when))


def _rules_by_type_alone(policy: Policy, kind: str) -> tuple[Rule, ...]:
    """Return the rules that hold for every ticket of a type."""
    return tuple(rule for rule in _rules_for(policy, kind) if on_type_alone(rule.when))


def mood_alone(policy: Policy) -> Iterator[Found]:
    """Find ticket types that escalate on sentiment alone, or when the customer asks: then trust is already gone."""
    for name, kind in policy.ticket_types.items():
        rules = _rules_for(policy, name)
        if any(_hard_way(rule) or _risk_way(policy, kind, rule) for rule in rules):
            continue
        limited = any(_limits(rule) for rule in rules)
        message = f"{name} tickets escalate on sentiment alone" + (" or when a limit is used up" if limited else "")
        message += ": by then the customer has lost patience"
        fix = "escalate on repetition, rejection, payment or policy ambiguity as well"
        found = warning if limited else error
        yield found("sentiment-alone", ("ticket_types", name), message, fix, at_key=True)


def _limits(rule: Rule) -> bool:
    return rule.max_bot_turns is not None or rule.max_minutes is not None


def _hard_way(rule: Rule) -> bool:
    return any(_without_mood((*rule.when, *group)) for group in rule.escalate_when)


def _without_mood(group: Group) -> bool:
    """True when a group can hold before the customer is angry or has asked for a person."""
    asked = {condition.field.removeprefix(SIGNAL_PREFIX) for condition in group if condition.field != "ticket_type"}
    return not asked & {*_MOOD, _ASKED}


def _risk_way(policy: Policy, kind: TicketType, rule: Rule) -> bool:
    if not _without_mood(rule.when):
        return False
    rest = sum(weight for name, weight in policy.weights.items() if name not in _MOOD and name != _ASKED)
    return rule.escalate_at != NEVER and HUNDREDTHS * (kind.base + rest) >= rule.escalate_at


def may_resolve(policy: Policy) -> Iterator[Found]:
    """Find trust-critical types, marked or named so, that automation may resolve."""
    for name, kind in policy.ticket_types.items():
        named = _CRITICAL_NAME.search(name) is not None
        if not (kind.trust_critical or named) or not _resolves(policy, name):
            continue
        how = "is trust-critical" if kind.trust_critical else "sounds trust-critical"
        message = f"{name} {how}, and automation may resolve it"
        fix = f"add a rule with when: {{ticket_type: {name}}} and an authority whose acts end with inform"
        yield error("may-resolve", ("ticket_types", name), message, fix, at_key=True)


def _resolves(policy: Policy, name: str) -> bool:
    held = policy.automated
    for rule in _rules_by_type_alone(policy, name):
        if rule.contain_at == ALWAYS:
            return False
        held = held.intersect(rule.authority) if rule.authority is not None else held
    return Act.RESOLVE in held.acts


def nobody_hears_the_wish(policy: Policy) -> Iterator[Found]:
    """Find a policy in which asking for a person does not lead to one: a hard rule, not a weight (law 5)."""
    for rule in policy.rules:
        for group in rule.escalate_when if not rule.when else ():
            if [condition.field for condition in group] == [SIGNAL_PREFIX + _ASKED]:
                return
    message = "no rule escalates when the customer asks for a person"
    fix = f"add a rule without 'when' and with escalate_when: [{{{SIGNAL_PREFIX}{_ASKED}: {{at_least: 60}}}}]"
    yield error("no-human-request", ("thresholds",), message, fix, at_key=True)


def contained_too_far(policy: Policy) -> Iterator[Found]:
    """Find what a contained automation may do and an automated one may not, or should not."""
    path = ("containment", "contained")
    more = sorted(act.value for act in policy.contained.acts if act not in policy.automated.acts)
    more += sorted(_tools_beyond(policy.contained, policy.automated))
    if more:
        message = f"contained automation is given more than automated: {', '.join(more)}"
        yield error("contained-beyond-automated", path, message, "contain may only take away", at_key=True)
    if Act.RESOLVE in policy.contained.acts:
        message = "contained automation may still resolve: containing then changes nothing that matters"
        yield error("contained-may-answer", (*path, "acts"), message, "leave out resolve")
    elif Act.INFORM in policy.contained.acts:
        message = "contained automation may still inform, and what it informs of may be the risk"
        yield warning("contained-may-answer", (*path, "acts"), message, "leave out inform unless that is meant")


def _tools_beyond(inner: Authority, outer: Authority) -> Iterator[str]:
    if inner.every_tool and not outer.every_tool:
        yield "every tool"
    limits = {grant.name: {limit.argument: limit.at_most for limit in grant.limits} for grant in outer.tools}
    for grant in inner.tools:
        held = {limit.argument: limit.at_most for limit in grant.limits}
        if grant.name not in limits:
            if not outer.every_tool:
                yield grant.name
        elif any(held.get(argument, float("inf")) > most for argument, most in limits[grant.name].items()):
            yield f"{grant.name} beyond its limit"


def skips_containment(policy: Policy) -> Iterator[Found]:
    """Find types whose thresholds together contain later than they escalate: the middle of the ladder is gone."""
    for name in policy.ticket_types:
        threshold = strictest(_rules_by_type_alone(policy, name))
        contain, escalate = threshold.contain_at, threshold.escalate_at
        if contain is None or escalate is None or contain.rule_id == escalate.rule_id:
            continue
        if contain.value > escalate.value:
            low, high = f"{probability_of(escalate.value):.0%}", f"{probability_of(contain.value):.0%}"
            message = f"{name} tickets escalate at {low} ({escalate.rule_id}), below where they are contained: {high}"
            fix = f"give {escalate.rule_id} a contain_at below {low}"
            yield warning("skips-containment", ("ticket_types", name), message, fix, at_key=True)


def no_base_for_unknown(policy: Policy) -> Iterator[Found]:
    """Find a policy in which a ticket that nothing recognises starts at even odds."""
    if UNKNOWN_TYPE not in policy.ticket_types:
        message = "there is no ticket type 'unknown': what nothing recognises starts at a risk of 50%"
        yield warning("no-unknown-type", ("ticket_types",), message, "add 'unknown: {base: -35}'", at_key=True)


def messages(policy: Policy) -> Iterator[Found]:
    """Find messages that are missing, missing in a language, or that would show a placeholder to the customer."""
    languages = sorted({language for texts in policy.messages.values() for language in texts})
    for name in _LANGUAGES_OF:
        texts = policy.messages.get(name, {})
        missing = [language for language in languages or ["en"] if language not in texts]
        if missing:
            message = f"the message '{name}' is missing" + (f" in: {', '.join(missing)}" if texts else "")
            yield warning("no-message", ("messages", name), message, "add it; a plain English one is used until then")
        for language, text in texts.items():
            yield from _placeholders(name, language, text)


def _placeholders(name: str, language: str, text: str) -> Iterable[Found]:
    allowed = {"{when}"} if name == "nobody_there" else set()
    for placeholder in dict.fromkeys(_PLACEHOLDER.findall(text)):
        if placeholder not in allowed:
            message = f"{placeholder} in the message '{name}' would be shown to the customer as it stands"
            fix = "only nobody_there knows a placeholder: {when}, when people are there again"
            yield error("placeholder", ("messages", name, language), message, fix)
    if not text.strip():
        yield error("no-message", ("messages", name, language), f"the message '{name}' is empty", "write it")


CHECKS = (
    mood_alone,
    may_resolve,
    nobody_hears_the_wish,
    contained_too_far,
    skips_containment,
    no_base_for_unknown,
    messages,
)
