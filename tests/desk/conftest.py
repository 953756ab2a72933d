"""A real ledger of each kind under the desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trustladder.ledger import Ledger, open_ledger


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger of each kind."""
    url = (
        f"sqlite:///{tmp_path / 'ledger.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    opened = open_ledger(url)
    yield opened
    opened.close()
