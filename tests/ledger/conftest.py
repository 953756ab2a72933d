"""Every ledger that the contract holds for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trustladder.ledger import Ledger, open_ledger


def _url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return "sqlite://:memory:" if kind == "memory" else f"sqlite:///{folder / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger of each kind."""
    opened = open_ledger(_url(request.param, request, tmp_path))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger that several processes can open, of each kind."""
    return _url(request.param, request, tmp_path)
