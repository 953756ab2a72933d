"""Every row of the controls: what a signal fires on, and what it must leave alone."""

import tomllib
from importlib.resources import files

import pytest
from tests.detect.conversation import strength

from trustladder.core.signals import CATALOGUE

LEAST_ROWS = 12
IMPORTANT = ("human_request", "rejection", "repetition", "legal_or_safety", "payment", "policy_ambiguity")
SPEAKERS = ("bot", "tool")
FIRES_AT = {"sentiment": 40}
"""From which strength a signal counts as fired, where it is a level and not an event."""

CONTROLS = tomllib.loads((files("trustladder.detect") / "controls.toml").read_text(encoding="utf-8"))


def rows(kind: str) -> list[tuple[str, str]]:
    return [(name, row) for name, group in CONTROLS.items() for row in group[kind].splitlines() if row]


def turns(row: str) -> list[tuple[str, str]]:
    return [spoken(turn) for turn in row.split(" -> ")]


def spoken(turn: str) -> tuple[str, str]:
    speaker, _, text = turn.partition(": ")
    return (speaker, text) if speaker in SPEAKERS else ("customer", turn)


@pytest.mark.parametrize(("name", "row"), rows("fires"))
def test_fires(name: str, row: str) -> None:
    assert strength(name, *turns(row)) >= FIRES_AT.get(name, 1)


@pytest.mark.parametrize(("name", "row"), rows("silent"))
def test_leaves_alone(name: str, row: str) -> None:
    assert strength(name, *turns(row)) < FIRES_AT.get(name, 1)


def test_every_controlled_name_is_a_signal_with_rows_of_both_kinds() -> None:
    assert CONTROLS.keys() <= CATALOGUE.keys()
    assert all(group["fires"].strip() and group["silent"].strip() for group in CONTROLS.values())


@pytest.mark.parametrize("name", IMPORTANT)
def test_important_signals_have_at_least_twelve_rows_of_each_kind(name: str) -> None:
    assert len(CONTROLS[name]["fires"].splitlines()) > LEAST_ROWS
    assert len(CONTROLS[name]["silent"].splitlines()) > LEAST_ROWS
