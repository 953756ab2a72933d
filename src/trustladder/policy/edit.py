"""Edits of a policy file that leave its comments and its layout as they are.

Each edit takes the text of a policy and gives the text of another; the other is loaded like any policy, so that a
wrong edit is an error with its place and never a policy that nobody meant.
"""

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from trustladder.errors import BadInput


def set_escalate_at(text: str, rule_id: str, percent: int) -> str:
    """Return the policy in which a rule escalates from a risk in whole percent, in place of its threshold or costs."""
    return set_thresholds(text, {rule_id: {"escalate_at": f"{percent}%"}})


def set_thresholds(text: str, thresholds: Mapping[str, Mapping[str, str]]) -> str:
    """Return the policy with other thresholds, by rule and rung, such as ``{"everyone": {"contain_at": "40%"}}``.

    Costs of a rule whose ``escalate_at`` is given go: a rule has one or the other.
    """
    document = _read(text)
    for rule_id, rungs in thresholds.items():
        rule = _rule(document, rule_id)
        if "escalate_at" in rungs:
            rule.pop("costs", None)
        rule.update(rungs)
    return _written(document)


def add_rule(text: str, rule: Mapping[str, Any], before: str = "") -> str:
    """Return the policy with one more rule: at the end, or before the rule with the id ``before``."""
    document = _read(text)
    rules = document["thresholds"]
    place = next((i for i, held in enumerate(rules) if held.get("id") == before), len(rules))
    rules.insert(place, _flow(rule))
    return _written(document)


def set_points(text: str, weights: Mapping[str, int], bases: Mapping[str, int]) -> str:
    """Return the policy with other weights, by signal, and other bases, by ticket type; the rest stays."""
    document = _read(text)
    for name, points in weights.items():
        document["weights"][name] = points
    for name, points in bases.items():
        document["ticket_types"][name]["base"] = points
    return _written(document)


def set_authority(text: str, rule_id: str, acts: Sequence[str]) -> str:
    """Return the policy in which a rule lets automation perform these acts; its tools stay."""
    document = _read(text)
    rule = _rule(document, rule_id)
    authority = rule.setdefault("authority", CommentedMap())
    authority["acts"] = _flow_list(acts)
    return _written(document)


def split_authority(text: str, rule_id: str, ticket_type: str, rest: Sequence[str], acts: Sequence[str]) -> str:
    """Return the policy in which one type of a rule for several gets these acts, and the rest keep what they have.

    The rule's thresholds and conditions stay; its authority moves into two rules behind it.
    """
    document = _read(text)
    rule = _rule(document, rule_id)
    held = rule.pop("authority")
    place = document["thresholds"].index(rule) + 1
    others = {"id": f"{rule_id}-authority", "when": {"ticket_type": {"in": list(rest)}}, "authority": held}
    own = {
        "id": f"authority-{ticket_type}",
        "when": {"ticket_type": {"is": ticket_type}},
        "authority": {**held, "acts": list(acts)},
    }
    for offset, made in enumerate((others, own)):
        document["thresholds"].insert(place + offset, _flow(made))
    return _written(document)


def _rule(document: CommentedMap, rule_id: str) -> CommentedMap:
    found = next((rule for rule in document["thresholds"] if rule.get("id") == rule_id), None)
    if not isinstance(found, CommentedMap):
        raise BadInput(f"the policy has no rule '{rule_id}'", fix="name one of its thresholds")
    return found


def _yaml() -> YAML:
    yaml = YAML()  # round trip: comments, quotes and flow style stay
    yaml.preserve_quotes = True
    yaml.width = 118
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _read(text: str) -> CommentedMap:
    document = _yaml().load(text)
    if not isinstance(document, CommentedMap):
        raise BadInput("this is no policy", fix="give the text of a policy file")
    return document


def _written(document: CommentedMap) -> str:
    out = StringIO()
    _yaml().dump(document, out)
    return out.getvalue()


def _flow(rule: Mapping[str, Any]) -> CommentedMap:
    """A rule as people write it: a block whose conditions and authority stand in one line each."""
    block = CommentedMap()
    for key, value in rule.items():
        block[key] = _one_line(value) if isinstance(value, Mapping) else value
    return block


def _one_line(value: Mapping[str, Any]) -> CommentedMap:
    held = CommentedMap(
        {
            key: _one_line(inner)
            if isinstance(inner, Mapping)
            else _flow_list(inner)
            if isinstance(inner, list)
            else inner
            for key, inner in value.items()
        }
    )
    held.fa.set_flow_style()
    return held


def _flow_list(values: Sequence[Any]) -> CommentedSeq:
    held = CommentedSeq(values)
    held.fa.set_flow_style()
    return held
