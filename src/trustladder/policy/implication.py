"""What follows from conditions alone: which cannot hold together, and which hold whenever others do."""

from collections.abc import Iterable

from trustladder.core.conditions import FIELDS, Comparison, Condition, FieldType, Group
from trustladder.core.policy import UNKNOWN_TYPE, Policy


def words_of(condition: Condition) -> frozenset[str]:
    """Return the words that an ``is`` or ``in`` accepts."""
    return frozenset(map(str, condition.value if isinstance(condition.value, tuple) else (condition.value,)))


def contradiction(group: Iterable[Condition]) -> tuple[Condition, Condition] | None:
    """Return two conditions that cannot hold together, or None."""
    conditions = tuple(group)
    pairs = ((a, b) for i, a in enumerate(conditions) for b in conditions[i + 1 :] if a.field == b.field)
    return next((pair for pair in pairs if _exclude(*pair)), None)


def _exclude(a: Condition, b: Condition) -> bool:
    if FIELDS[a.field].type is FieldType.WORDS:
        return False  # a ticket may be of several types
    if a.comparison in (Comparison.IS, Comparison.IN) and b.comparison in (Comparison.IS, Comparison.IN):
        return words_of(a).isdisjoint(words_of(b))
    bounds = {c.comparison: c.value for c in (a, b)}
    low, high = bounds.get(Comparison.AT_LEAST), bounds.get(Comparison.AT_MOST)
    return isinstance(low, int | float) and isinstance(high, int | float) and low > high


def implies(condition: Condition, other: Condition) -> bool:
    """True when the second condition holds wherever the first does."""
    if condition.field != other.field:
        return False
    if condition.comparison in (Comparison.IS, Comparison.IN):
        return other.comparison in (Comparison.IS, Comparison.IN) and words_of(condition) <= words_of(other)
    if condition.comparison is not other.comparison:
        return False
    mine, theirs = float(str(condition.value)), float(str(other.value))
    return mine >= theirs if condition.comparison is Comparison.AT_LEAST else mine <= theirs


def holds_wherever(weaker: Group, stronger: Group) -> bool:
    """True when the first group holds wherever the second does."""
    return all(any(implies(condition, wanted) for condition in stronger) for wanted in weaker)


def types_of(policy: Policy, *groups: Group) -> frozenset[str]:
    """Return the ticket types for which groups can hold together: those that every condition on the type accepts."""
    types = frozenset(policy.ticket_types) | {UNKNOWN_TYPE}
    for group in groups:
        for condition in group:
            if condition.field == "ticket_type":
                types &= words_of(condition)
    return types


def on_type_alone(group: Group) -> bool:
    """True when a group asks for nothing but the ticket's type."""
    return all(condition.field == "ticket_type" for condition in group)
