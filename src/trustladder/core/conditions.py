"""Conditions: structured matchers over the facts of a ticket, compiled to one function when a policy loads.

A condition is a field, a comparison and a value, never a program: it can be linted, diffed, shown and
tested. Truth has three values. A fact that nobody gave makes a condition ``None`` (unknown), and a group
of conditions is false when any is false, else unknown when any is unknown, else true (Kleene's strong
conjunction), so that a missing fact matters only where a rule asks for it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trustladder.core.signals import CATALOGUE

SIGNAL_PREFIX = "signal."

Value = str | int | float | bool
FactValue = Value | frozenset[str] | None
Facts = Mapping[str, FactValue]
Truth = bool | None


class Comparison(StrEnum):
    """How a condition compares a fact with its value."""

    IS = "is"
    IN = "in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class FieldType(StrEnum):
    """What kind of value a field holds; ``WORDS`` is a set of words, matched when it holds the word."""

    WORD = "word"
    WORDS = "words"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """A fact that conditions may ask for: its type, the comparisons it allows, its meaning with its unit."""

    name: str
    type: FieldType
    comparisons: frozenset[Comparison]
    meaning: str


_WORD = frozenset({Comparison.IS, Comparison.IN})
_RISING = frozenset({Comparison.AT_LEAST})
_BOTH = frozenset({Comparison.AT_LEAST, Comparison.AT_MOST})


def _fields(*fields: Field) -> dict[str, Field]:
    signals = (
        Field(SIGNAL_PREFIX + kind.name, FieldType.NUMBER, _RISING, f"strength 0 to 100: {kind.observes}")
        for kind in CATALOGUE.values()
    )
    return {field.name: field for field in (*fields, *signals)}


FIELDS: Mapping[str, Field] = _fields(
    Field("ticket_type", FieldType.WORDS, _WORD, "the ticket's type, declared or recognised"),
    Field("channel", FieldType.WORD, _WORD, "the channel the customer writes through"),
    Field("language", FieldType.WORD, _WORD, "the customer's language, as a BCP 47 tag"),
    Field("account.value", FieldType.NUMBER, _BOTH, "yearly revenue of the account, in the policy's currency"),
    Field("account.tier", FieldType.WORD, _WORD, "the account's tier, as the helpdesk names it"),
    Field("account.at_risk", FieldType.FLAG, frozenset({Comparison.IS}), "the account is marked at risk"),
    Field("exposure", FieldType.NUMBER, _BOTH, "money at stake in this ticket, in the policy's currency"),
    Field("confidence", FieldType.NUMBER, frozenset({Comparison.AT_MOST}), "the bot's own confidence, 0 to 100"),
    Field("bot_turns", FieldType.NUMBER, _RISING, "bot turns since automation took the ticket"),
    Field("customer_turns", FieldType.NUMBER, _RISING, "customer turns since automation took the ticket"),
    Field("minutes_in_automation", FieldType.NUMBER, _RISING, "minutes since automation took the ticket"),
    Field("minutes_waiting", FieldType.NUMBER, _RISING, "minutes since the first unanswered customer turn"),
    Field("reopened", FieldType.FLAG, frozenset({Comparison.IS}), "the ticket had been resolved before"),
)
"""Every fact that a condition may ask for.

Signals and counters can only be compared by ``at_least``: with ``at_most`` more risk could mean less care
(law 7). For the same reason no comparison negates.
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """One structured matcher: ``field`` compared with ``value``. An ``in`` has a tuple of words."""

    field: str
    comparison: Comparison
    value: Value | tuple[str, ...]

    def __str__(self) -> str:
        value = " or ".join(self.value) if isinstance(self.value, tuple) else self.value
        return f"{self.field} {self.comparison.value.replace('_', ' ')} {value}"


Group = tuple[Condition, ...]
"""Conditions that must all hold; the empty group always holds."""

Evaluate = Callable[[Facts], tuple[Truth, ...]]
"""The compiled form of some groups: facts in, one truth a group out."""


def _expression(condition: Condition, variable: str, constant: str) -> str:
    words = FIELDS[condition.field].type is FieldType.WORDS
    match condition.comparison:
        case Comparison.IS:
            test = f"{constant} in {variable}" if words else f"{variable} == {constant}"
        case Comparison.IN:
            test = f"not {constant}.isdisjoint({variable})" if words else f"{variable} in {constant}"
        case Comparison.AT_LEAST:
            test = f"{variable} >= {constant}"
        case Comparison.AT_MOST:
            test = f"{variable} <= {constant}"
    return f"None if {variable} is None else {test}"


def _group_expression(names: Sequence[str]) -> str:
    if not names:
        return "True"
    all_of = " and ".join(names)
    false = " or ".join(f"{name} is False" for name in names)
    return f"(True if {all_of} else False if {false} else None)"


def _constant(condition: Condition) -> object:
    return frozenset(condition.value) if isinstance(condition.value, tuple) else condition.value


def compile_groups(groups: Iterable[Group]) -> Evaluate:
    """Compile groups of conditions into one function from facts to one truth a group.

    Equal conditions are computed once. A signal that was not observed counts as strength 0; any other
    absent fact is unknown. Raises KeyError for a field that `FIELDS` does not list.
    """
    groups = tuple(groups)
    distinct = tuple(dict.fromkeys(condition for group in groups for condition in group))
    fields = tuple(dict.fromkeys(condition.field for condition in distinct))
    variable = {name: f"v{i}" for i, name in enumerate(fields)}
    result = {condition: f"c{i}" for i, condition in enumerate(distinct)}
    constants = {f"k{i}": _constant(condition) for i, condition in enumerate(distinct)}
    lines = ["def evaluate(facts):", "    get = facts.get"]
    for name in fields:
        default = ", 0" if name.startswith(SIGNAL_PREFIX) else ""
        lines.append(f"    {variable[name]} = get({FIELDS[name].name!r}{default})")
    for i, condition in enumerate(distinct):
        lines.append(f"    c{i} = {_expression(condition, variable[condition.field], f'k{i}')}")
    truths = "".join(_group_expression([result[c] for c in group]) + ", " for group in groups)
    lines.append(f"    return ({truths})")
    namespace: dict[str, object] = dict(constants)
    # The source is assembled from the closed FIELDS table and generated names only; values are bound, not written.
    exec(compile("\n".join(lines), "<conditions>", "exec"), namespace)  # noqa: S102 - see the line above
    evaluate: Evaluate = namespace["evaluate"]  # type: ignore[assignment]  # exec gives it no type
    return evaluate


def missing_facts(group: Group, facts: Facts) -> tuple[str, ...]:
    """Return the fields of a group that the facts do not give, in the group's order."""
    return tuple(c.field for c in group if facts.get(c.field, 0 if c.field.startswith(SIGNAL_PREFIX) else None) is None)
