"""Checks on people: does every ticket reach a queue, every queue somebody, and is somebody there when it is open?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trustladder.core.conditions import Group
from trustladder.core.policy import Hours, Policy, Queue
from trustladder.policy.hours import DAYS
from trustladder.policy.implication import on_type_alone, types_of
from trustladder.policy.lint_finding import Found, error, warning

_WEEK_MINUTES = 7 * 24 * 60
_SOME_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def no_route(policy: Policy) -> Iterator[Found]:
    """Find ticket types that no queue takes."""
    if not policy.queues:
        yield error("no-route", (), "there is no queue: escalated tickets have nowhere to go", "add 'queues:'")
        return
    for name, kind in policy.ticket_types.items():
        if not kind.queue and not any(_serves(policy, queue, name) for queue in policy.queues.values()):
            first = next(iter(policy.queues))
            message = f"{name} tickets have no queue; they would end up in {first}, the first one"
            yield error("no-route", ("ticket_types", name), message, f"add 'queue: {first}', or another", at_key=True)


def _serves(policy: Policy, queue: Queue, kind: str) -> bool:
    return any(_every_ticket_of(policy, group, kind) for group in queue.serves)


def _every_ticket_of(policy: Policy, group: Group, kind: str) -> bool:
    return on_type_alone(group) and kind in types_of(policy, group)


def no_owner(policy: Policy) -> Iterator[Found]:
    """Find queues that nobody works."""
    for name, queue in policy.queues.items():
        if not queue.people:
            message = f"nobody works the queue {name}: its tickets have no owner"
            yield error("no-owner", ("queues", name), message, "add 'people:' with at least one", at_key=True)


def never_open(policy: Policy) -> Iterator[Found]:
    """Find hours in which nobody is ever there."""
    for name, hours in policy.hours.items():
        if not hours.shifts:
            message = f"the hours {name} are never open"
            yield error("never-open", ("hours", name), message, "add days under 'open:'", at_key=True)


def nobody_in_hours(policy: Policy) -> Iterator[Found]:
    """Find stretches in which a queue is open and none of its people is there."""
    for name, queue in policy.queues.items():
        people = [policy.people[person] for person in queue.people if person in policy.people]
        if not people or any(not person.hours or person.hours == queue.hours for person in people):
            continue
        there = frozenset().union(*(_minutes_of_week(policy.hours[person.hours]) for person in people))
        opened = policy.hours.get(queue.hours)
        wanted = _minutes_of_week(opened) if opened is not None else frozenset(range(_WEEK_MINUTES))
        if alone := wanted - there:
            zone = opened.zone if opened is not None else "UTC"
            message = f"the queue {name} is open on {_when(min(alone), zone)}, and none of its people is there"
            fix = "give the queue hours that its people keep"
            yield error("nobody-in-hours", ("queues", name), message, fix, at_key=True)


def _minutes_of_week(hours: Hours) -> frozenset[int]:
    """Return the open minutes of a week in January, counted from Monday 00:00 UTC."""
    offset = ZoneInfo(hours.zone).utcoffset(_SOME_MONDAY.replace(tzinfo=None))
    ahead = int(offset.total_seconds()) // 60 if offset is not None else 0
    return frozenset(
        (shift.weekday * 24 * 60 + minute - ahead) % _WEEK_MINUTES
        for shift in hours.shifts
        for minute in range(shift.start_minute, shift.end_minute)
    )


def _when(minute: int, zone: str) -> str:
    offset = ZoneInfo(zone).utcoffset(_SOME_MONDAY.replace(tzinfo=None))
    local = (minute + (int(offset.total_seconds()) // 60 if offset is not None else 0)) % _WEEK_MINUTES
    return f"{DAYS[local // (24 * 60)]} at {local % (24 * 60) // 60:02}:{local % 60:02}"


def chain_loops(policy: Policy) -> Iterator[Found]:
    """Find escalation chains that come back to where they were: nobody new ever gets the ticket."""
    seen: set[str] = set()
    for name in policy.queues:
        walked: list[str] = []
        step = name
        while step in policy.queues and step not in walked and step not in seen:
            walked.append(step)
            step = policy.queues[step].escalates_to
        if step in walked:
            loop = " → ".join([*walked[walked.index(step) :], step])
            message = f"the escalation chain loops: {loop}"
            yield error("chain-loops", ("queues", step, "escalates_to"), message, "let the last queue escalate to none")
        seen.update(walked)


def unused(policy: Policy) -> Iterator[Found]:
    """Find queues, people and hours that nothing names."""
    queues = {kind.queue for kind in policy.ticket_types.values()}
    queues |= {queue.escalates_to for queue in policy.queues.values()}
    queues |= {name for name, queue in policy.queues.items() if queue.serves}
    people = {person for queue in policy.queues.values() for person in queue.people}
    hours = {queue.hours for queue in policy.queues.values()} | {person.hours for person in policy.people.values()}
    for block, noun, used in (("queues", "queue", queues), ("people", "person", people), ("hours", "hours", hours)):
        for name in getattr(policy, block):
            if name not in used:
                message = f"nothing uses the {noun} {name}"
                yield warning("unused", (block, name), message, "use it, or remove it", at_key=True)


CHECKS = (no_route, no_owner, never_open, nobody_in_hours, chain_loops, unused)
