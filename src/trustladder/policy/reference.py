"""The reference of the policy file as Markdown, from the same models that read it."""

from collections.abc import Iterator, Mapping
from typing import Any

from trustladder.core.conditions import FIELDS, SIGNAL_PREFIX, Field
from trustladder.core.containment import Act
from trustladder.core.signals import CATALOGUE
from trustladder.policy.lint import CODES
from trustladder.policy.schema import Schema, policy_schema, scenario_schema

_HEAD = """\
# The policy file

One YAML file (YAML 1.2, UTF-8) says when automation is contained, when a person takes over, and who that is. This page
is generated from the code that reads the file (`trustladder.policy.reference`), and a test holds the two equal. How to
write one is told in [the how-to](../how-to/policy.md).

- `trustladder init --profile service-heavy|product-heavy|small-team` writes one to start from, with scenarios.
- `trustladder policy lint FILE` ends with 0 when clean (warnings do not count), 2 when there are errors, 1 when the
  file cannot be read. `--format json` for programs.
- `trustladder policy test FILE [SCENARIOS...]` ends with 0 when all pass, 2 when some fail, 1 when a file is broken.
- `trustladder policy diff OLD NEW` says in words what changed; `show` gives the digest and where care rises; `schema`
  prints the JSON Schema for editors.

Where nobody chose a policy, the profile `product-heavy` is in force: its ticket types are those that most teams have.

Aliases, anchors, tags, a second document, more than 1,000,000 bytes, 50,000 values or 20 levels are refused. Unknown
keys and names are errors, each with file:line:column and the nearest known name; all of a file's errors are told at
once. The digest is the SHA-256 of what the file means: comments and layout do not change it.

## Points and risks

`points = base of the type + Σ weight × strength / 100`, and `risk = 1 / (1 + 2^(−points / 20))`: 0 points are 50%, and
every 20 points double the odds. Risks are written as percentages (`45%`), weights as whole points of at least 0: a
signal can raise the risk and never lower it.

| points | -60 | -40 | -20 | 0 | 20 | 40 | 60 |
|---|---|---|---|---|---|---|---|
| risk | 11% | 20% | 33% | 50% | 67% | 80% | 89% |
"""

_CONDITIONS = """\
## Conditions

`when` is one map: all of its lines must hold. `contain_when`, `notify_when`, `escalate_when` and a queue's `serves` are
lists of such maps: one entry that holds is enough. A line is `field: word`, `field: [one, another]`, or
`field: {comparison: value}`. A fact that nobody gave makes a condition unknown, and an unknown condition contains; a
signal that was not observed counts as 0. Signals and counters know only `at_least`: with `at_most`, more of them could
mean less care.
"""

_BLOCKS = (
    ("PolicyFile", "The file"),
    ("TicketTypePart", "`ticket_types`: by name"),
    ("RulePart", "`thresholds`: a list of rules"),
    ("CostsPart", "`costs` of a rule"),
    ("ContainmentPart", "`containment`"),
    ("AuthorityPart", "`automated`, `contained`, and `authority` of a rule"),
    ("QueuePart", "`queues`: by name"),
    ("ClocksPart", "`clocks` of a queue"),
    ("PersonPart", "`people`: by name"),
    ("HoursPart", "`hours`: by name"),
    ("MessagesPart", "`messages`"),
    ("TargetsPart", "`targets`"),
)
_SCENARIO_BLOCKS = (
    ("ScenarioPart", "A scenario"),
    ("TicketPart", "`ticket` of a scenario"),
    ("AccountPart", "`account` of a scenario"),
    ("TurnPart", "A turn"),
    ("CallPart", "An entry of `calls`"),
    ("ExpectPart", "`expect` of a turn"),
)


def reference() -> str:
    """Return the reference page."""
    return "\n".join(_page()).rstrip("\n") + "\n"


def _page() -> Iterator[str]:
    yield _HEAD
    yield from _blocks(policy_schema(), _BLOCKS)
    yield _CONDITIONS
    yield from _table(("field", "comparisons", "meaning"), ((f"`{f.name}`", _compared(f), f.meaning) for f in _facts()))
    yield "## Signals\n\nIn `weights` by their name, in conditions as `signal.NAME`. Strengths run from 0 to 100.\n"
    kinds = ((f"`{kind.name}`", kind.group.value, kind.observes) for kind in CATALOGUE.values())
    yield from _table(("signal", "group", "observes"), kinds)
    yield "## What lint finds\n"
    yield from _table(("code", "finds"), ((f"`{code}`", meaning) for code, meaning in CODES.items()))
    yield "## Scenario files\n\n`version: 1` and `scenarios:`, a list. Each begins on a Monday at 10:00 UTC.\n"
    yield from _blocks(scenario_schema(), _SCENARIO_BLOCKS)


def _facts() -> Iterator[Field]:
    yield from (field for field in FIELDS.values() if not field.name.startswith(SIGNAL_PREFIX))


def _compared(field: Field) -> str:
    return ", ".join(f"`{comparison}`" for comparison in sorted(field.comparisons))


def _blocks(schema: Schema, blocks: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, heading in blocks:
        block = schema["$defs"].get(name, schema)
        yield f"### {heading}\n\n{block['description']}\n"
        needed = block.get("required", [])
        rows = ((f"`{key}`", _kind(part), _given(key, part, needed), _meaning(part)) for key, part in _keys(block))
        yield from _table(("key", "is", "left out", "meaning"), rows)


def _keys(block: Schema) -> Iterator[tuple[str, Schema]]:
    yield from block["properties"].items()


def _given(key: str, part: Schema, needed: list[str]) -> str:
    if key in needed:
        return "an error"
    default = part.get("default")
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"{default:g}" if isinstance(default, int | float) and default else ""


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "",
    "object": "map",
}


def _kind(part: Schema) -> str:
    if part.get("enum") == list(Act):
        return "acts"
    if "enum" in part:
        return " or ".join(f"`{word}`" for word in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    if "$ref" in part:
        name = str(part["$ref"]).rsplit("/", 1)[-1].removesuffix("Part").lower()
        return name if name in ("conditions", "weights") else "map"
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(kind for kind in map(_kind, part["anyOf"]) if kind))
    if part.get("type") == "array":
        return f"list of {_plural(_kind(part['items']))}"
    if str(part.get("pattern", "")).endswith("%$"):
        return "percentage"
    return _KINDS[part["type"]] + _bounds(part)


def _plural(kind: str) -> str:
    return {"map": "maps", "text": "texts"}.get(kind, kind)


def _bounds(part: Mapping[str, Any]) -> str:
    low, high = part.get("minimum"), part.get("maximum")
    if low is not None and high is not None:
        return f", {low:g} to {high:g}"
    return f", at least {low:g}" if low is not None else ""


def _meaning(part: Schema) -> str:
    return str(part.get("description", ""))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""
