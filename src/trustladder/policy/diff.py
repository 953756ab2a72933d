"""What changed between two policies, in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from trustladder.core.conditions import Group
from trustladder.core.containment import Authority
from trustladder.core.policy import Hours, Person, Policy, Queue, Shift, TicketType
from trustladder.core.risk import ALWAYS, NEVER, probability_of
from trustladder.core.threshold import Rule
from trustladder.policy.hours import DAYS


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the block of the file it is in, and a sentence."""

    group: str
    sentence: str


def diff(old: Policy, new: Policy) -> list[str]:
    """Return what changed, a sentence each, in the order of the file; empty for policies with the same digest."""
    return [change.sentence for change in changes(old, new)]


def changes(old: Policy, new: Policy) -> list[Change]:
    """Return what changed, grouped by the blocks of the file."""
    found = [Change(group, sentence) for group, compare in _GROUPS.items() for sentence in compare(old, new)]
    if not found and old.digest != new.digest:
        return [Change("policy", "the order of entries changed")]
    return found


_Compare = Callable[[Policy, Policy], Iterator[str]]
_Describe = Callable[[str, Any, Any], Iterator[str]]


def _maps(noun: str, old: Mapping[str, Any], new: Mapping[str, Any], describe: _Describe) -> Iterator[str]:
    yield from (f"new {noun} {name}" for name in new if name not in old)
    yield from (f"{noun} {name} is gone" for name in old if name not in new)
    for name in new:
        if name in old and old[name] != new[name]:
            yield from describe(name, old[name], new[name])
    shared = [name for name in new if name in old]
    if shared != [name for name in old if name in new] and noun in ("queue", "rule"):
        yield f"the order of {noun}s is now: {', '.join(new)}"


def _instead(what: str, new: object, old: object) -> str:
    return f"{what} {_shown(new)} instead of {_shown(old)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "nothing"
    if isinstance(value, float):
        return f"{value:g}"
    return "nothing" if value in (None, "") else str(value)


def _head(old: Policy, new: Policy) -> Iterator[str]:
    words = {
        "name": "the policy is now named",
        "currency": "amounts are now in",
        "high_value": "an account now counts as valuable from",
    }
    yield from _plain(words, old, new)


def _targets(old: Policy, new: Policy) -> Iterator[str]:
    for key in dict.fromkeys((*old.targets, *new.targets)):
        before, now = old.targets.get(key), new.targets.get(key)
        if before != now:
            yield _instead(f"the target of {key} is now", now, before)


def _tail(old: Policy, new: Policy) -> Iterator[str]:
    yield from _targets(old, new)
    words = {
        "audit_sample_percent": "the percentage of automated tickets that people re-read is now",
        "audit_sample_seed": "the seed of the audit sample is now",
        "permit_seconds": "the seconds for which a released draft may be sent are now",
    }
    yield from _plain(words, old, new)


def _plain(words: Mapping[str, str], old: object, new: object) -> Iterator[str]:
    for name, what in words.items():
        if getattr(old, name) != getattr(new, name):
            yield _instead(what, getattr(new, name), getattr(old, name))


def _ticket_types(old: Policy, new: Policy) -> Iterator[str]:
    yield from _maps("ticket type", old.ticket_types, new.ticket_types, _ticket_type)


def _ticket_type(name: str, old: TicketType, new: TicketType) -> Iterator[str]:
    if old.base != new.base:
        risks = f"({_percent(new.base * 100)} instead of {_percent(old.base * 100)} before any signal)"
        yield f"{name} now starts at {new.base:+} points instead of {old.base:+} {risks}"
    if old.trust_critical != new.trust_critical:
        yield f"{name} is {'now' if new.trust_critical else 'no longer'} trust-critical"
    if old.queue != new.queue:
        yield _instead(f"{name} tickets now go to", new.queue, old.queue)
    if old.examples != new.examples:
        yield (
            f"{name} is now recognised by {len(new.examples)} examples instead of {len(old.examples)}"
            if len(old.examples) != len(new.examples)
            else f"{name} is now recognised by other examples"
        )


def _weights(old: Policy, new: Policy) -> Iterator[str]:
    for name in dict.fromkeys((*new.weights, *old.weights)):
        before, after = old.weights.get(name), new.weights.get(name)
        if before != after:
            yield f"{name} now adds up to {after or 0} points instead of {before or 0}"


def _rules(old: Policy, new: Policy) -> Iterator[str]:
    yield from _maps("rule", {r.id: r for r in old.rules}, {r.id: r for r in new.rules}, _rule)


_RUNGS = {"contain_at": "contains", "notify_at": "notifies a person", "escalate_at": "escalates"}
_HARD = {"contain_when": "contains", "notify_when": "notifies a person", "escalate_when": "escalates"}
_LIMITS = {"max_bot_turns": "bot turns", "max_minutes": "minutes in automation"}


def _rule(name: str, old: Rule, new: Rule) -> Iterator[str]:
    if old.when != new.when:
        yield f"{name} now applies {_where(new.when)} instead of {_where(old.when)}"
    if old.costs != new.costs:
        yield f"{name} now escalates by other costs, at {_percent(new.escalate_at)}"
    for key, verb in _RUNGS.items():
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield f"{name} {_rung(verb, before, after)}"
    for key, verb in _HARD.items():
        yield from _alternatives(name, verb, getattr(old, key), getattr(new, key))
    for key, unit in _LIMITS.items():
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            limit = f"escalates after {after} {unit}" if after is not None else f"has no limit of {unit}"
            yield f"{name} now {limit}" + (f" instead of {before}" if before is not None else "")
    if old.authority != new.authority:
        yield f"{name} now lets automation {_authority(new.authority)} instead of {_authority(old.authority)}"
    if old.because != new.because:
        yield f"{name} now says why as: {_shown(new.because)}"


def _rung(verb: str, before: int, after: int) -> str:
    if after == NEVER:
        return f"no longer {verb} at {_percent(before)}"
    return f"now {verb} at {_percent(after)}" + ("" if before == NEVER else f" instead of {_percent(before)}")


def _percent(points: int) -> str:
    if points in (NEVER, ALWAYS):
        return "any risk" if points == ALWAYS else "no risk"
    # Two changes that differ only behind the comma must not read alike.
    return f"{probability_of(points) * 100:.1f}".removesuffix(".0") + "%"


def _where(group: Group) -> str:
    return "where " + _conditions(group) if group else "everywhere"


def _conditions(group: Group) -> str:
    return " and ".join(map(str, group)) or "always"


def _alternatives(name: str, verb: str, old: tuple[Group, ...], new: tuple[Group, ...]) -> Iterator[str]:
    yield from (f"{name} now also {verb} when {_conditions(group)}" for group in new if group not in old)
    yield from (f"{name} no longer {verb} when {_conditions(group)}" for group in old if group not in new)


def _authority(authority: Authority | None) -> str:
    if authority is None:
        return "do all that its lane allows"
    tools = ["call every tool"] if authority.every_tool else []
    for grant in authority.tools:
        limits = " and ".join(f"{limit.argument} up to {limit.at_most:g}" for limit in grant.limits)
        tools.append(f"call {grant.name}" + (f" with {limits}" if limits else ""))
    cited = [f"inform only from {' or '.join(sources)}" for sources in authority.must_cite]
    return ", ".join([*(act.value for act in authority.acts), *cited, *tools]) or "do nothing"


def _containment(old: Policy, new: Policy) -> Iterator[str]:
    for lane in ("automated", "contained"):
        before, after = getattr(old, lane), getattr(new, lane)
        if before != after:
            yield f"{lane} automation may now {_authority(after)} instead of {_authority(before)}"


def _queues(old: Policy, new: Policy) -> Iterator[str]:
    yield from _maps("queue", old.queues, new.queues, _queue)


def _queue(name: str, old: Queue, new: Queue) -> Iterator[str]:
    words = {
        "people": f"{name} is now worked by",
        "hours": f"{name} is now open in the hours",
        "cost_of_delay_per_hour": f"an hour of waiting in {name} now costs",
        "escalates_to": f"{name} now escalates to",
    }
    yield from _plain(words, old, new)
    clocks = {f.name: f"{name}: {f.name.replace('_', ' ')} are now" for f in fields(old.clocks)}
    yield from _plain(clocks, old.clocks, new.clocks)
    if old.serves != new.serves:
        served = " or ".join(_conditions(group) for group in new.serves) or "no ticket by conditions"
        yield f"{name} now serves: {served}"


def _people(old: Policy, new: Policy) -> Iterator[str]:
    yield from _maps("person", old.people, new.people, _person)


def _person(name: str, old: Person, new: Person) -> Iterator[str]:
    words = {
        "name": f"{name} is now named",
        "skills": f"{name} now has the skills",
        "languages": f"{name} now writes",
        "hours": f"{name} is now there in the hours",
        "at_once": f"the tickets that {name} holds at a time are now",
    }
    yield from _plain(words, old, new)
    for limit in dict.fromkeys((*new.authority, *old.authority)):
        before, after = old.authority.get(limit), new.authority.get(limit)
        if before != after:
            yield _instead(f"{name} may now {limit} up to", after, before)


def _hours(old: Policy, new: Policy) -> Iterator[str]:
    yield from _maps("hours", old.hours, new.hours, _block_of_hours)


def _block_of_hours(name: str, old: Hours, new: Hours) -> Iterator[str]:
    if old.zone != new.zone:
        yield _instead(f"{name} is now in the time zone", new.zone, old.zone)
    yield from (f"{name} is now open {_shift(shift)}" for shift in new.shifts if shift not in old.shifts)
    yield from (f"{name} is no longer open {_shift(shift)}" for shift in old.shifts if shift not in new.shifts)
    yield from (f"{name} is now closed on {day}" for day in new.holidays if day not in old.holidays)
    yield from (f"{name} is no longer closed on {day}" for day in old.holidays if day not in new.holidays)


def _shift(shift: Shift) -> str:
    start, end = (f"{m // 60 % 24:02}:{m % 60:02}" for m in (shift.start_minute, shift.end_minute))
    return f"{DAYS[shift.weekday]} {start}-{end}"


def _messages(old: Policy, new: Policy) -> Iterator[str]:
    for name in dict.fromkeys((*new.messages, *old.messages)):
        before, after = old.messages.get(name, {}), new.messages.get(name, {})
        for language in dict.fromkeys((*after, *before)):
            if before.get(language) != after.get(language):
                told = after.get(language)
                yield f"the message {name} ({language}) is " + (f"now: {told}" if told is not None else "gone")


_GROUPS: Mapping[str, _Compare] = {
    "policy": _head,
    "ticket_types": _ticket_types,
    "weights": _weights,
    "thresholds": _rules,
    "containment": _containment,
    "queues": _queues,
    "people": _people,
    "hours": _hours,
    "messages": _messages,
    "audit": _tail,
}
