"""A whole service over each ledger, asked through HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from trustladder.settings import Settings
from trustladder.web.service import build_app


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def client(ledger_url: str) -> Iterator[TestClient]:
    """The real service: real ledger, real perception, the default policy."""
    with TestClient(build_app(Settings(ledger=ledger_url)), raise_server_exceptions=False) as client:
        yield client
