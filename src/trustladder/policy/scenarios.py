"""Run scenario files: conversations through the ladder, with what must be true at each turn."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from trustladder.core.policy import UNKNOWN_TYPE, Policy
from trustladder.core.signals import CATALOGUE
from trustladder.policy.expectations import Failure, failures_of
from trustladder.policy.play import Perceive, Play, ReadActs
from trustladder.policy.problems import Problems
from trustladder.policy.scenario_model import ExpectPart, ScenarioFile, ScenarioPart
from trustladder.policy.source import NodePath, Source, read_source
from trustladder.policy.wording import note_validation_errors


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario: where it stands, how many expectations were tested, and those that did not hold."""

    name: str
    where: str
    tested: int
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """True when everything that was expected held."""
        return not self.failures


def run_scenarios(
    policy: Policy,
    file: str | Path | Source,
    perceive: Perceive | None = None,
    read_acts: ReadActs | None = None,
) -> tuple[ScenarioResult, ...]:
    """Run every scenario of a file against a policy.

    ``perceive`` reads the signals of turns that give none by hand, and ``read_acts`` the acts of drafts; without
    them only what the file gives by hand is there. Raises PolicyError when the file cannot be used.
    """
    source = file if isinstance(file, Source) else read_source(file)
    scenarios = _read(policy, source)
    return tuple(
        _run(source, ("scenarios", i), part, Play(policy, perceive, read_acts))
        for i, part in enumerate(scenarios.scenarios)
    )


def _run(source: Source, path: NodePath, part: ScenarioPart, play: Play) -> ScenarioResult:
    play.open(part)
    failures: list[Failure] = []
    tested = 0
    for i, turn in enumerate(part.turns):
        moment = play.take(turn)
        if turn.expect is not None:
            tested += len(turn.expect.model_fields_set)
            failures += failures_of(moment, turn.expect, partial(_place, source, (*path, "turns", i, "expect")))
    return ScenarioResult(part.name, source.where((*path, "name")), tested, tuple(failures))


def _place(source: Source, path: NodePath, key: str) -> str:
    return source.where((*path, key), key=True)


def _read(policy: Policy, source: Source) -> ScenarioFile:
    problems = Problems(source)
    problems.empty_values()
    try:
        file = ScenarioFile.model_validate(source.root.plain())
    except ValidationError as error:
        note_validation_errors(error, ScenarioFile, problems)
        problems.raise_any()
        raise
    _check_names(policy, file, problems)
    problems.raise_any()
    return file


def _check_names(policy: Policy, file: ScenarioFile, problems: Problems) -> None:
    seen: dict[str, int] = {}
    for i, part in enumerate(file.scenarios):
        path: NodePath = ("scenarios", i)
        if seen.setdefault(part.name, i) != i:
            problems.add((*path, "name"), f"a scenario '{part.name}' stands above already", "give each its own name")
        for where, noun, word, known in _names_of(policy, part):
            if word not in known:
                problems.unknown((*path, *where), noun, word, known)


_Name = tuple[NodePath, str, str, Any]


def _names_of(policy: Policy, part: ScenarioPart) -> Iterator[_Name]:
    types = {*policy.ticket_types, UNKNOWN_TYPE}
    if part.ticket.type is not None:
        yield ("ticket", "type"), "ticket type", part.ticket.type, types
    for i, turn in enumerate(part.turns):
        at: NodePath = ("turns", i)
        for name in turn.signals or {}:
            yield (*at, "signals", name), "signal", name, CATALOGUE
        for k, name in enumerate(turn.unknown):
            yield (*at, "unknown", k), "signal", name, CATALOGUE
        for k, name in enumerate(turn.recognised):
            yield (*at, "recognised", k), "ticket type", name, types
        if turn.expect is not None:
            yield from _expected_names(policy, turn.expect, (*at, "expect"))


def _expected_names(policy: Policy, expect: ExpectPart, at: NodePath) -> Iterator[_Name]:
    rules = {rule.id for rule in policy.rules} | {f"unknown:{name}" for name in CATALOGUE}
    lists: tuple[tuple[str, str, Any, Any], ...] = (
        ("signals", "signal", expect.signals, CATALOGUE),
        ("no_signals", "signal", expect.no_signals, CATALOGUE),
        ("rules", "rule", expect.rules, rules),
        ("no_rules", "rule", expect.no_rules, rules),
    )
    for key, noun, words, known in lists:
        for k, word in enumerate(words):
            yield (*at, key, word if isinstance(words, Mapping) else k), noun, word, known
    if expect.queue is not None:
        yield (*at, "queue"), "queue", expect.queue, policy.queues
