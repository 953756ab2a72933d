"""The handoff in short over HTTP, with a real endpoint behind it: what stands, what was invented, and no answer."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.support.endpoint import Endpoint

from trustladder.connect import rewriting
from trustladder.connect.rewriting import Rewriter
from trustladder.errors import BadInput
from trustladder.settings import Settings
from trustladder.web.service import build_app

SAID = "I was charged $49.90 twice for order 4711. I want to speak to a human, please."
CHARGED = {
    "sentence": "Customer says they were charged $49.90 twice.",
    "turn": 0,
    "quote": "I was charged $49.90 twice",
}
INVENTED = [
    {"sentence": "Customer says they were charged $99.90 twice.", "turn": 0, "quote": "I was charged $49.90 twice"},
    {"sentence": "The refund was promised.", "turn": 0, "quote": "charged $49.90 twice"},
    {"sentence": "Customer says they will sue.", "turn": 0, "quote": "I will sue"},
]

Start = Callable[..., TestClient]


def answered(*claims: dict[str, Any]) -> str:
    return json.dumps({"claims": claims})


@pytest.fixture
def start(tmp_path: Path, endpoint: Endpoint) -> Iterator[Start]:
    """Start the real service with the endpoint's model, and a ticket that has been handed off."""
    running: list[TestClient] = []

    def begin(**settings: Any) -> TestClient:
        named = {"summary_url": endpoint.url, "summary_model": "small", "summary_key": "sk-test", **settings}
        client = TestClient(build_app(Settings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", **named)))
        running.append(client)
        client.__enter__()
        client.post("/v1/tickets/b-1/turns", json={"role": "customer", "text": SAID})
        client.post("/v1/tickets/b-1/escalate", json={"reason": "asked for a person", "by": "test"})
        return client

    yield begin
    for client in running:
        client.__exit__(None, None, None)


def packet(client: TestClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/v1/tickets/b-1/handoff").json()
    return answer


def test_a_claim_that_stands_is_told_and_what_was_invented_is_not(start: Start, endpoint: Endpoint) -> None:
    endpoint.content = answered(*INVENTED, CHARGED)
    client = start()
    assert packet(client)["brief"] == [CHARGED]
    assert packet(client)["packet"]["customer_wants"][0]["text"].startswith("I was charged")
    assert len(endpoint.asked) == 1
    assert endpoint.keys == ["Bearer sk-test"]
    shown = endpoint.asked[0]["messages"][1]["content"]
    assert shown.startswith("<conversation>\n0 customer: ")
    assert SAID in shown


def test_what_is_said_after_the_handoff_changes_nothing(start: Start, endpoint: Endpoint) -> None:
    endpoint.content = answered(CHARGED)
    client = start()
    before = packet(client)["brief"]
    client.post("/v1/tickets/b-1/turns", json={"role": "customer", "text": "Hello? Is anybody there?"})
    assert packet(client)["brief"] == before
    assert len(endpoint.asked) == 1


def test_a_second_handoff_is_told_anew(start: Start, endpoint: Endpoint) -> None:
    endpoint.content = answered(CHARGED)
    client = start()
    packet(client)
    client.post("/v1/tickets/b-1/claim", json={"person": "agent"})
    client.post("/v1/tickets/b-1/hand-back", json={"person": "agent"})
    client.post("/v1/tickets/b-1/turns", json={"role": "customer", "text": "It is still broken, a human please."})
    client.post("/v1/tickets/b-1/escalate", json={"reason": "asked for a person", "by": "test"})
    # The claim's turn is no turn of the stretch that is handed off now.
    assert packet(client)["brief"] is None
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(
    "content",
    [
        "Sure! Here is a summary.",
        "",
        "[]",
        "{}",
        '{"claims": [{"sentence": "x", "turn": "0", "quote": "x"}]}',
        '{"claims": [{"sentence": "x", "turn": 0}]}',
        '{"claims": [], "lane": "automated"}',
        answered(*INVENTED),
        answered(*INVENTED, *INVENTED, CHARGED),
        "x" * 70_000,
    ],
)
def test_without_a_claim_that_stands_the_packet_stands_alone(start: Start, endpoint: Endpoint, content: str) -> None:
    endpoint.content = content
    client = start()
    for _ in range(2):
        assert packet(client)["brief"] is None
        assert packet(client)["packet"]["customer_wants"] != []
    assert client.get("/tickets/b-1/brief").text.strip() == ""
    assert len(endpoint.asked) == 1


def test_a_language_that_cannot_be_followed_is_not_asked_about(start: Start, endpoint: Endpoint) -> None:
    endpoint.content = answered({"sentence": "Customer wants zwrot.", "turn": 0, "quote": "zwrot"})
    client = start()
    turn = {"role": "customer", "text": "Nie chcę aby był zwrot.", "language": "pl"}
    client.post("/v1/tickets/b-2/turns", json=turn)
    client.post("/v1/tickets/b-2/escalate", json={"reason": "asked for a person", "by": "test"})
    assert client.get("/v1/tickets/b-2/handoff").json()["brief"] is None
    assert endpoint.asked == []


@pytest.mark.parametrize("status", [301, 401, 429, 500])
def test_a_model_that_fails_is_asked_again_a_while_later(
    start: Start, endpoint: Endpoint, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.content, endpoint.status = answered(CHARGED), status
    monkeypatch.setattr(rewriting, "RETRY_SECONDS", 0.2)
    client = start()
    assert packet(client)["brief"] is None
    endpoint.status = 200
    deadline = time.monotonic() + 10
    while packet(client)["brief"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(("delay", "drip"), [(2.0, 0.0), (0.0, 0.15)])
def test_a_slow_model_is_not_waited_for(start: Start, endpoint: Endpoint, delay: float, drip: float) -> None:
    endpoint.content, endpoint.delay_seconds, endpoint.drip_seconds = answered(CHARGED), delay, drip
    client = start(summary_ms=200)
    started = time.monotonic()
    assert packet(client)["brief"] is None
    assert packet(client)["brief"] is None
    assert time.monotonic() - started < 1.5
    assert len(endpoint.asked) == 1


def test_an_endpoint_that_is_not_there_leaves_the_packet_alone(start: Start) -> None:
    assert packet(start(summary_url="http://127.0.0.1:9/v1"))["brief"] is None


def test_without_settings_nothing_is_asked(start: Start, endpoint: Endpoint) -> None:
    client = start(summary_url="")
    assert packet(client)["brief"] is None
    assert "/tickets/b-1/brief" not in client.get("/tickets/b-1").text
    assert client.get("/tickets/b-1/brief").text.strip() == ""
    assert endpoint.asked == []


def test_an_endpoint_without_a_model_is_refused_at_the_start(start: Start) -> None:
    with pytest.raises(BadInput, match="no model"):
        start(summary_model="")


def test_the_key_is_not_in_what_is_printed() -> None:
    assert "sk-test" not in repr(Rewriter("http://x/v1", "small", "sk-test"))
    assert "sk-test" not in repr(Settings(summary_key="sk-test"))


def test_the_card_asks_for_it_once_and_then_carries_it_escaped(start: Start, endpoint: Endpoint) -> None:
    hostile = {"sentence": "Customer says <b>charged</b> twice.", "turn": 0, "quote": "charged $49.90 twice"}
    endpoint.content = answered(hostile)
    client = start()
    assert 'hx-get="/tickets/b-1/brief" hx-trigger="load"' in client.get("/tickets/b-1").text
    assert endpoint.asked == []
    part = client.get("/tickets/b-1/brief").text
    assert "&lt;b&gt;charged&lt;/b&gt;" in part
    assert 'href="#turn-0"' in part
    page = client.get("/tickets/b-1").text
    assert "&lt;b&gt;charged&lt;/b&gt;" in page
    assert 'hx-get="/tickets/b-1/brief' not in page
