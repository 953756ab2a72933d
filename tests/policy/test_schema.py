"""The published schemas: what they are generated from, and that editors and the loader agree."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.policy.support import SMALL, changed

import trustladder.policy
from trustladder.core.conditions import FIELDS
from trustladder.core.signals import CATALOGUE
from trustladder.errors import PolicyError
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import PROFILES, profile_scenarios, profile_text
from trustladder.policy.schema import as_text, policy_schema, scenario_schema
from trustladder.policy.source import parse

FOLDER = Path(trustladder.policy.__file__).parent


@pytest.fixture(scope="module")
def validator() -> Any:
    return Draft202012Validator(policy_schema())


@pytest.mark.parametrize(
    ("file", "schema"), [("schema.json", policy_schema()), ("scenarios.schema.json", scenario_schema())]
)
def test_the_published_file_is_the_one_of_the_code(file: str, schema: dict[str, Any]) -> None:
    text = (FOLDER / file).read_text(encoding="utf-8")
    assert text == as_text(schema), "run: trustladder policy schema [--scenarios] > src/trustladder/policy/" + file


def test_the_schemas_are_valid_schemas() -> None:
    Draft202012Validator.check_schema(policy_schema())
    Draft202012Validator.check_schema(scenario_schema())


def test_every_signal_and_field_is_offered_with_its_meaning() -> None:
    blocks = policy_schema()["$defs"]
    assert set(blocks["Weights"]["properties"]) == set(CATALOGUE)
    assert set(blocks["Conditions"]["properties"]) == set(FIELDS)
    assert all(field["description"] for field in blocks["Conditions"]["properties"].values())


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_valid_by_the_schema(name: str, validator: Any) -> None:
    assert list(validator.iter_errors(parse("p", profile_text(name)).root.plain())) == []
    scenarios = Draft202012Validator(scenario_schema())
    assert list(scenarios.iter_errors(parse("p", profile_scenarios(name)).root.plain())) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("contain_at: 50%", "contain_at: 50"),
        ("currency: EUR", "currncy: EUR"),
        ("repetition: 40", "repetitoin: 40"),
        ("repetition: 40", "repetition: -1"),
        ("{at_least: 60}", "{at_most: 60}"),
        ("{at_least: 60}", "{at_least: 101}"),
        ("{ticket_type: billing}", "{reopened: 1}"),
        ("{ticket_type: billing}", "{tickettype: billing}"),
        ("mon-fri: 09:00-17:00", "mon-fry: 09:00-17:00"),
        ("09:00-17:00", "9-5"),
        ("triage, inform, resolve", "triage, infrm"),
        ("id: money", "id: The Money"),
    ],
)
def test_what_the_schema_refuses_the_loader_refuses(old: str, new: str, validator: Any) -> None:
    text = changed((old, new))
    assert list(validator.iter_errors(parse("p", text).root.plain()))
    with pytest.raises(PolicyError):
        load_policy(text)


def test_what_the_loader_accepts_the_schema_accepts(validator: Any) -> None:
    assert list(validator.iter_errors(parse("p", SMALL).root.plain())) == []
    written = (
        "{ticket_type: [billing, faq], account.value: {at_least: 1, at_most: 2}, language: {in: [de]}, reopened: true}"
    )
    text = changed(("{ticket_type: billing}", written), ("mon-fri: 09:00-17:00", "mon: [09:00-12:00, 13:00-24:00]"))
    load_policy(text)
    assert list(validator.iter_errors(parse("p", text).root.plain())) == []
