"""Conditions as the file writes them (`field: value` or `field: {at_least: value}`), read into the core's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trustladder.core.conditions import FIELDS, SIGNAL_PREFIX, Comparison, Condition, Field, FieldType, Group, Value
from trustladder.core.policy import UNKNOWN_TYPE
from trustladder.core.signals import CATALOGUE, FULL_STRENGTH
from trustladder.policy.problems import Problems
from trustladder.policy.source import NodePath

_MORE_CARE = "with at_most, more of it could mean less care, so only at_least is allowed"
_LESS_CONFIDENCE = "more confidence must never mean more care, so only at_most is allowed"


@dataclass(frozen=True, slots=True)
class ConditionReader:
    """Reads conditions, noting what is wrong: ``types`` are the ticket types that the file defines."""

    problems: Problems
    types: frozenset[str]

    def group(self, written: object, path: NodePath) -> Group:
        """Return the conditions of one map; what cannot be read is noted and left out."""
        if not isinstance(written, Mapping):
            return ()
        return tuple(c for name, value in written.items() for c in self._conditions(str(name), value, (*path, name)))

    def alternatives(self, written: object, path: NodePath) -> tuple[Group, ...]:
        """Return one group for each entry of a list of maps."""
        if not isinstance(written, list):
            return ()
        return tuple(self.group(entry, (*path, i)) for i, entry in enumerate(written))

    def _conditions(self, name: str, written: object, path: NodePath) -> Iterator[Condition]:
        field = FIELDS.get(name)
        if field is None:
            self._unknown_field(name, path)
            return
        for comparison, value, at in self._comparisons(field, written, path):
            if self._allowed(field, comparison, at) and self._fits(field, comparison, value, at):
                fixed = tuple(value) if isinstance(value, list) else value
                yield Condition(name, comparison, fixed)  # type: ignore[arg-type]  # `_fits` has checked the type

    def _unknown_field(self, name: str, path: NodePath) -> None:
        if name in CATALOGUE:
            self.problems.add(path, f"there is no field '{name}'", f"did you mean '{SIGNAL_PREFIX}{name}'?", key=True)
        else:
            self.problems.unknown(path, "field", name, FIELDS, key=True)

    def _comparisons(
        self, field: Field, written: object, path: NodePath
    ) -> Iterator[tuple[Comparison, object, NodePath]]:
        if isinstance(written, Mapping):
            if not written:
                self.problems.add(path, f"nothing to compare {field.name} with", _example(field))
            for word, value in written.items():
                if word in set(Comparison):
                    yield Comparison(word), value, (*path, word)
                else:
                    self.problems.unknown((*path, word), "comparison", str(word), set(Comparison), key=True)
        elif isinstance(written, list):
            yield Comparison.IN, written, path
        elif field.type is FieldType.NUMBER:
            self.problems.add(path, f"{field.name} is a number: say how to compare it", _example(field))
        else:
            yield Comparison.IS, written, path

    def _allowed(self, field: Field, comparison: Comparison, path: NodePath) -> bool:
        if comparison in field.comparisons:
            return True
        why = ""
        if field.type is FieldType.NUMBER:
            why = _LESS_CONFIDENCE if field.name == "confidence" else _MORE_CARE
            why = why if comparison in (Comparison.AT_LEAST, Comparison.AT_MOST) else ""
        what = f"{field.name} cannot be compared by '{comparison.value}'"
        self.problems.add(path, what + (f": {why}" if why else ""), _example(field), key=True)
        return False

    def _fits(self, field: Field, comparison: Comparison, value: object, path: NodePath) -> bool:
        if comparison is Comparison.IN:
            return self._fits_list(field, value, path)
        wanted = _wanted(field)
        if not _is_of(field, value):
            what = f"{field.name} is compared with {wanted}, not with {_shown(value)}"
            self.problems.add(path, what, _example(field))
            return False
        if field.name.startswith(SIGNAL_PREFIX):
            return self._strength(field, value, path)
        return field.name != "ticket_type" or self._type(str(value), path)

    def _fits_list(self, field: Field, value: object, path: NodePath) -> bool:
        if not isinstance(value, list) or not value:
            self.problems.add(path, f"'in' needs a list of words for {field.name}", f"{field.name}: [one, another]")
            return False
        good = [self._fits(field, Comparison.IS, word, (*path, i)) for i, word in enumerate(value)]
        return all(good)

    def _strength(self, field: Field, value: object, path: NodePath) -> bool:
        if isinstance(value, int) and 0 <= value <= FULL_STRENGTH:
            return True
        what = f"{field.name} has a whole strength from 0 to 100, not {_shown(value)}"
        self.problems.add(path, what, _example(field))
        return False

    def _type(self, word: str, path: NodePath) -> bool:
        if word in self.types or word == UNKNOWN_TYPE:
            return True
        self.problems.unknown(path, "ticket type", word, self.types | {UNKNOWN_TYPE})
        return False


def _is_of(field: Field, value: object) -> bool:
    if field.type is FieldType.FLAG:
        return isinstance(value, bool)
    if field.type is FieldType.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    return isinstance(value, str) and bool(value)


def _wanted(field: Field) -> str:
    return {FieldType.FLAG: "true or false", FieldType.NUMBER: "a number"}.get(field.type, "a word")


def _example(field: Field) -> str:
    comparison = sorted(field.comparisons, key=lambda c: c is not Comparison.AT_LEAST)[0]
    example: Value = {FieldType.FLAG: "true", FieldType.NUMBER: f"{{{comparison.value}: 60}}"}.get(field.type, "a word")
    return f"write it as '{field.name}: {example}'"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
