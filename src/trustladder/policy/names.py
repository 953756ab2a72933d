"""Names that the file uses and must define (types, queues, people, signals), and what else no schema can check."""

from collections.abc import Iterator, Mapping
from typing import Any

from trustladder.core.signals import CATALOGUE
from trustladder.policy.conditions import ConditionReader
from trustladder.policy.hours import check_holiday, check_zone, read_shifts
from trustladder.policy.problems import Problems
from trustladder.policy.source import NodePath

Written = Mapping[str, Any]
"""A block as it was written, unchecked: any key may be missing and any value of any type."""


def check_names(written: Written, conditions: ConditionReader, problems: Problems) -> None:
    """Note every name that nothing defines and every condition that cannot be read."""
    _check_rules(written, conditions, problems)
    _check_weights(written, problems)
    _check_references(written, problems)
    for name, part in _parts(written, "queues"):
        conditions.alternatives(part.get("serves"), ("queues", name, "serves"))
    for name, part in _parts(written, "hours"):
        check_zone(part.get("zone"), ("hours", name, "zone"), problems)
        read_shifts(part.get("open"), ("hours", name, "open"), problems)
        for i, day in enumerate(_list(part.get("holidays"))):
            check_holiday(day, ("hours", name, "holidays", i), problems)


def _parts(written: Written, block: str) -> Iterator[tuple[str, Written]]:
    parts = written.get(block)
    for name, part in parts.items() if isinstance(parts, Mapping) else ():
        if isinstance(part, Mapping):
            yield name, part


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_rules(written: Written, conditions: ConditionReader, problems: Problems) -> None:
    seen: set[str] = set()
    for i, rule in enumerate(_list(written.get("thresholds"))):
        if not isinstance(rule, Mapping):
            continue
        path: NodePath = ("thresholds", i)
        conditions.group(rule.get("when"), (*path, "when"))
        for name in ("contain_when", "notify_when", "escalate_when"):
            conditions.alternatives(rule.get(name), (*path, name))
        rule_id = rule.get("id")
        if isinstance(rule_id, str):
            if rule_id in seen:
                problems.add((*path, "id"), f"a rule '{rule_id}' stands above already", "give each rule its own id")
            seen.add(rule_id)
        if "costs" in rule and "escalate_at" in rule:
            what = "the rule has both costs and escalate_at, and escalate_at follows from costs"
            problems.add((*path, "escalate_at"), what, "keep one of the two", key=True)


def _check_weights(written: Written, problems: Problems) -> None:
    weights = written.get("weights")
    for name in weights if isinstance(weights, Mapping) else ():
        if name not in CATALOGUE:
            problems.unknown(("weights", name), "signal", name, CATALOGUE, key=True)


_REFERENCES = (
    ("ticket_types", "queue", "queues", "queue"),
    ("queues", "hours", "hours", "block of hours"),
    ("queues", "escalates_to", "queues", "queue"),
    ("people", "hours", "hours", "block of hours"),
)


def _check_references(written: Written, problems: Problems) -> None:
    for block, key, target, noun in _REFERENCES:
        known = list(_mapping(written.get(target)))
        for name, part in _parts(written, block):
            word = part.get(key)
            if isinstance(word, str) and word and word not in known:
                problems.unknown((block, name, key), noun, word, known)
    people = list(_mapping(written.get("people")))
    for name, part in _parts(written, "queues"):
        for i, word in enumerate(_list(part.get("people"))):
            if isinstance(word, str) and word not in people:
                problems.unknown(("queues", name, "people", i), "person", word, people)


def _mapping(value: object) -> Written:
    return value if isinstance(value, Mapping) else {}
