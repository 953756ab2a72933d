"""The whole service on a real socket, and a customer to begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.server import served

from trustladder.client import Client
from trustladder.settings import Settings
from trustladder.web.service import build_app


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the real service: real ledger, real perception, the default policy."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    with served(build_app(Settings(ledger=f"sqlite:///{folder / 'ledger.db'}"))) as url:
        yield url


@pytest.fixture
def people(service: str) -> Iterator["People"]:
    """What a person and a customer do on tickets, beside the bot that is being tested."""
    with Client(service, seconds=20) as client:
        yield People(client)


class People:
    """Writes as a customer or as a person of the business, and reads what the ledger holds."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def customer(self, ticket: str, text: str) -> str:
        """Post a customer's turn; return the lane."""
        return self.client.customer_wrote(ticket, text, ticket_type="billing").lane

    def human(self, ticket: str, text: str = "Hi, Ana here.") -> None:
        """A person writes to the customer."""
        turn = {"role": "human", "text": text, "author": "ana"}
        assert self.client._post(f"/v1/tickets/{ticket}/turns", turn) is not None

    def sent(self, ticket: str) -> list[str]:
        """What the bot has said on a ticket, as the ledger has it."""
        body = self.client._request("GET", f"/v1/tickets/{ticket}")
        assert body is not None
        return [turn["text"] for turn in body["turns"] if turn["role"] == "bot"]

    def heard(self, ticket: str) -> list[str]:
        """What the customer has said on a ticket, as the ledger has it."""
        body = self.client._request("GET", f"/v1/tickets/{ticket}")
        assert body is not None
        return [turn["text"] for turn in body["turns"] if turn["role"] == "customer"]
