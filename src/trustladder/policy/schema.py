"""The JSON Schemas of the policy file and of the scenario file, for editors: names complete, mistakes show at once."""

import json
from typing import Any

from trustladder.core.conditions import FIELDS, Comparison, Field, FieldType
from trustladder.core.signals import CATALOGUE, FULL_STRENGTH
from trustladder.policy.hours import DAYS_PATTERN, TIMES_PATTERN
from trustladder.policy.model import BLOCK, PolicyFile
from trustladder.policy.scenario_model import ScenarioFile

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a policy file."""
    schema = _with_references(PolicyFile.model_json_schema())
    schema["$defs"] |= {"Conditions": _conditions(), "Weights": _weights()}
    days = schema["$defs"]["HoursPart"]["properties"]["open"]
    times: Schema = {"type": "string", "pattern": TIMES_PATTERN, "examples": ["09:00-17:00"]}
    days.pop("additionalProperties")
    days["patternProperties"] = {DAYS_PATTERN: {"anyOf": [times, {"type": "array", "items": times}]}}
    days["additionalProperties"] = False
    return {"$schema": _DIALECT, **schema, "title": "trustladder policy"}


def scenario_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a scenario file."""
    return {"$schema": _DIALECT, **ScenarioFile.model_json_schema(), "title": "trustladder scenarios"}


def as_text(schema: Schema) -> str:
    """Return a schema as the file that is published."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _with_references(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_references(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    named = {"$ref": f"#/$defs/{value[BLOCK]}"} if BLOCK in value else {}
    return {key: _with_references(entry) for key, entry in value.items() if key != BLOCK} | named


def _conditions() -> Schema:
    return {
        "type": "object",
        "description": "all of these must hold",
        "properties": {name: _field(field) for name, field in FIELDS.items()},
        "additionalProperties": False,
    }


def _field(field: Field) -> Schema:
    value = _value(field)
    compared = {c.value: {"type": "array", "items": value} if c is Comparison.IN else value for c in _in_order(field)}
    forms: list[Schema] = [
        {"type": "object", "properties": compared, "additionalProperties": False, "minProperties": 1}
    ]
    if Comparison.IS in field.comparisons:
        forms.append(value)
    if Comparison.IN in field.comparisons:
        forms.append({"type": "array", "items": value, "minItems": 1})
    return {"description": field.meaning, **(forms[0] if len(forms) == 1 else {"anyOf": forms})}


def _in_order(field: Field) -> list[Comparison]:
    return [comparison for comparison in Comparison if comparison in field.comparisons]


def _value(field: Field) -> Schema:
    if field.type is FieldType.FLAG:
        return {"type": "boolean"}
    if field.type is not FieldType.NUMBER:
        return {"type": "string", "minLength": 1}
    if field.name.startswith("signal."):
        return {"type": "integer", "minimum": 0, "maximum": FULL_STRENGTH}
    return {"type": "number"}


def _weights() -> Schema:
    points: Schema = {"type": "integer", "minimum": 0, "maximum": 200}
    return {
        "type": "object",
        "description": "points that a signal adds at full strength; 20 points double the odds",
        "properties": {name: {**points, "description": kind.observes} for name, kind in CATALOGUE.items()},
        "additionalProperties": False,
    }
