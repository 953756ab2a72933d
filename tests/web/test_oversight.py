"""Oversight over HTTP: the plan, up the chain, the customer's answer, Queue Integrity, dead letters; a quick desk."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.desk.office import Clock, office_desk
from trustladder.desk.outbox import DeliveryFailed, Notification, Occasion, deliver_due
from trustladder.ledger import Ledger, open_ledger
from trustladder.web.app import create_app

TURN = {"role": "customer", "text": "human_request=90", "message_id": "m1"}


@pytest.fixture
def ledger() -> Ledger:
    return open_ledger("sqlite://:memory:", Clock())


@pytest.fixture
def client(ledger: Ledger) -> Iterator[TestClient]:
    app = create_app(office_desk(ledger, {Occasion.ESCALATED: ("slack",)}))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def gone(note: Notification) -> None:
    raise DeliveryFailed(f"nobody takes {note.ticket_id}", for_good=True)


def test_a_ticket_goes_up_is_resolved_and_comes_back(client: TestClient) -> None:
    assert client.post("/v1/tickets/T-1/turns", json=TURN).status_code == 200
    plan = client.get("/v1/tickets/T-1/plan").json()
    assert [step["queue"] for step in plan["steps"]] == ["support", "lead", "support", "support"]
    assert [person["person"] for person in plan["candidates"]] == ["ana", "ben"]
    assert client.post("/v1/tickets/T-1/assign", json={"person": "ana"}).json()["owner"] == "ana"
    sent = client.post("/v1/tickets/T-1/resolve", json={"by": "ana", "amount": 300}).json()
    assert (sent["lane"], sent["queue"]) == ("escalated", "lead")
    assert sent["sent_up"]
    client.post("/v1/tickets/T-1/claim", json={"person": "lea"})
    closed = client.post("/v1/tickets/T-1/resolve", json={"by": "lea", "amount": 300}).json()
    assert (closed["lane"], bool(closed["notice"])) == ("resolved", True)
    back = client.post("/v1/tickets/T-1/answer", json={"solved": False, "score": 0.25}).json()
    assert back["lane"] == "escalated"
    told = client.get("/v1/queue-integrity").json()
    assert (told["takings"], told["inversions"]) == (2, [])


def test_dead_letters_are_shown_alarmed_and_sent_again(client: TestClient, ledger: Ledger) -> None:
    client.post("/v1/tickets/T-1/turns", json=TURN)
    assert deliver_due(ledger, {"slack": gone}) == 1
    [letter] = client.get("/v1/dead-letters").json()["letters"]
    assert (letter["ticket"], letter["why"]) == ("T-1", "nobody takes T-1")
    assert any("dead-letters" in alarm for alarm in client.get("/readyz").json()["alarms"])
    page = client.get("/dead-letters")
    assert page.status_code == 200
    assert "nobody takes T-1" in page.text
    named = {"ticket": "T-1", "name": letter["name"]}
    assert client.post("/dead-letters", data=named, follow_redirects=False).headers["location"].startswith("/me")
    assert client.post("/v1/dead-letters/bring-back", json=named).json() == {"letters": []}
    assert client.post("/v1/dead-letters/bring-back", json=named).status_code == 409
    assert "nobody takes T-1" not in client.get("/dead-letters").text
