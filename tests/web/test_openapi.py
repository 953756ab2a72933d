"""The OpenAPI document is true: schemathesis asks every operation with hostile input and checks the answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from scripts.http_api import PAGE, page

from tests.support.server import served
from trustladder.settings import Settings
from trustladder.web.service import build_app

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_dict(build_app(Settings(ledger="sqlite://:memory:")).openapi())


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The URL of a running service."""
    with served(build_app(Settings(ledger="sqlite://:memory:"))) as url:
        yield url


@schema.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_operation_answers_as_documented(case: schemathesis.Case[Any], service: str) -> None:
    case.call_and_validate(base_url=service, checks=CHECKS)


def test_the_reference_of_the_http_api_is_the_one_of_the_app() -> None:
    assert Path(PAGE).read_text() == page(), "run: uv run python scripts/http_api.py"
