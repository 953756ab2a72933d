"""Pydantic's errors in the words of the file."""

import re
from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from trustladder.core.containment import Act
from trustladder.policy.problems import Problems, did_you_mean

_EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list (each entry begins with a dash)",
    "dict_type": "a map (key: value)",
    "model_type": "a map (key: value)",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
}


def note_validation_errors(error: ValidationError, model: type[BaseModel], problems: Problems) -> None:
    """Note each error at its place, in a sentence with a remedy."""
    for detail in error.errors(include_url=False):
        if detail["input"] is None and detail["loc"] and detail["type"] != "missing":
            continue  # `Problems.empty_values` says that nothing stands there
        loc = tuple(part for part in detail["loc"] if part != "[key]")
        key = detail["type"] == "extra_forbidden" or "[key]" in detail["loc"]
        what, fix = _sentence(detail, _keys_at(model, loc[:-1]))
        problems.add(loc, what, fix, key=key)


def _sentence(detail: ErrorDetails, known: list[str]) -> tuple[str, str]:
    kind, name = detail["type"], str(detail["loc"][-1]) if detail["loc"] else "the file"
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"there is no key '{name}' here", did_you_mean(name, known)
    if kind == "missing":
        return f"'{name}' is missing here", f"add '{name}:'"
    if kind == "string_pattern_mismatch":
        word = detail["input"]
        return f"{word!r:.60} is no name", "use small letters, digits, hyphens and underscores"
    if kind == "literal_error":
        return _literal(detail["input"], str(context.get("expected", "")))
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]} must stand here, not {_shown(detail['input'])}", ""
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{_shown(detail['input'])} is out of bounds", f"it must be {words} {context[bound]:g}"
    if kind in ("too_short", "string_too_short"):
        return f"'{name}' is empty", "it needs at least one entry"
    return detail["msg"], ""


def _literal(given: object, expected: str) -> tuple[str, str]:
    words = re.findall(r"'([^']*)'", expected)
    if set(words) == set(Act):
        return f"there is no act {_shown(given)}", did_you_mean(str(given), words)
    return f"{_shown(given)} may not stand here", f"write {expected}"


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the block at a path may have, empty where it has none of its own."""
    kind: object = model
    for part in loc:
        kind = _inside(kind, part)
    found = _model_in(kind)
    return list(found.model_fields) if found is not None else []


def _inside(kind: object, part: int | str) -> object:
    found = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    if found is not None:
        field = found.model_fields.get(str(part))
        return field.annotation if field is not None else None
    args = [arg for arg in get_args(kind) if arg is not type(None)]
    if not args:
        return None
    # Of a map the value, of a list the entry, of an optional block the block: always the last argument.
    if _model_in(kind) is not None and type(None) in get_args(kind):
        return _inside(args[-1], part)
    return args[-1]


def _model_in(kind: object) -> type[BaseModel] | None:
    for candidate in (kind, *get_args(kind)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
