"""The story the product is for, through HTTP, on SQLite and on PostgreSQL."""

from typing import Any

from fastapi.testclient import TestClient


def post(client: TestClient, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Post and return the answer, which must have the status expected."""
    response = client.post(path, json=body)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


def customer(client: TestClient, ticket: str, number: int, text: str) -> dict[str, Any]:
    """Post a turn of the customer."""
    turn = {"role": "customer", "text": text, "message_id": f"c{number}", "ticket_type": "billing"}
    return post(client, f"/v1/tickets/{ticket}/turns", turn)


def send(client: TestClient, ticket: str, text: str) -> dict[str, Any]:
    """Ask the gate, and redeem the permit when there is one; return the gate's answer."""
    gate = post(client, f"/v1/tickets/{ticket}/drafts", {"text": text})
    if gate["permit"]:
        post(client, f"/v1/tickets/{ticket}/permits/{gate['permit']['id']}/redeem", {})
    return gate


def test_billing_question_asked_again_is_contained_then_escalated_and_automation_falls_silent(
    client: TestClient,
) -> None:
    first = customer(client, "b-1", 1, "Hello, why is there a second charge of 49 EUR on my invoice for May?")
    assert first["lane"] == "automated"
    assert first["may_answer"]
    answered = send(client, "b-1", "You can see every charge in your invoice, under Settings, Billing.")
    assert answered["answer"] == "release"

    again = customer(client, "b-1", 2, "I asked why there is a second charge of 49 EUR on my invoice for May.")
    assert again["lane"] == "contained"
    assert again["decision"]["reasons"]
    replaced = send(client, "b-1", "I have refunded the 49 EUR to your card.")
    assert replaced["answer"] == "replace"
    assert "refunded" not in replaced["text"]

    third = customer(
        client, "b-1", 3, "That is not what I asked. Again: why is there a second charge of 49 EUR on my May invoice?"
    )
    assert third["lane"] == "escalated"
    assert third["notice"]
    packet = client.get("/v1/tickets/b-1/handoff").json()
    assert "second charge of 49 EUR" in packet["packet"]["customer_wants"][0]["text"]
    assert packet["packet"]["queue"]
    assert packet["packet"]["why"][0]["sentence"]
    assert packet["flat"]["why"]

    late = post(client, "/v1/tickets/b-1/drafts", {"text": "Let me check that for you."})
    assert late["answer"] == "withhold"
    assert late["permit"] is None

    queues = client.get("/v1/queues").json()["queues"]
    assert "b-1" in [row["ticket"] for queue in queues for row in queue["tickets"]]


def test_a_permit_given_before_the_customer_wrote_again_is_refused_at_send_time(client: TestClient) -> None:
    customer(client, "p-1", 1, "When is my invoice due?")
    gate = post(client, "/v1/tickets/p-1/drafts", {"text": "Thank you, let me look."})
    customer(client, "p-1", 2, "Forget it, I want to speak to a human agent now.")
    refused = post(client, f"/v1/tickets/p-1/permits/{gate['permit']['id']}/redeem", {}, status=409)
    assert "do not send" in refused["title"]


def test_a_persons_message_takes_ownership_at_once_and_a_hand_back_gives_the_bot_its_voice(client: TestClient) -> None:
    customer(client, "h-1", 1, "When is my invoice due?")
    owned = post(client, "/v1/tickets/h-1/turns", {"role": "human", "text": "Hi, Ana here.", "author": "ana"})
    assert (owned["lane"], owned["owner"]) == ("owned", "ana")
    assert post(client, "/v1/tickets/h-1/drafts", {"text": "Hello."})["answer"] == "withhold"
    assert post(client, "/v1/tickets/h-1/hand-back", {"person": "ana"})["lane"] == "automated"
    customer(client, "h-1", 2, "Thanks. Where do I see the due date in the app?")
    assert send(client, "h-1", "Thank you for asking. Which device do you use?")["answer"] == "release"


def test_two_people_claim_and_the_loser_sees_the_winner(client: TestClient) -> None:
    customer(client, "c-1", 1, "I want to speak to a human agent, please.")
    assert post(client, "/v1/tickets/c-1/claim", {"person": "ana"})["owner"] == "ana"
    lost = post(client, "/v1/tickets/c-1/claim", {"person": "ben"}, status=409)
    assert "ana owns ticket c-1 already" in lost["detail"]


def test_a_repeated_delivery_is_answered_the_same_and_recorded_once(client: TestClient) -> None:
    first = customer(client, "i-1", 1, "When is my invoice due?")
    assert customer(client, "i-1", 1, "When is my invoice due?") == first
    turns = client.get("/v1/tickets/i-1").json()["turns"]
    assert len(turns) == 1
    other = {"role": "customer", "text": "Something else", "message_id": "c1", "ticket_type": "billing"}
    assert post(client, "/v1/tickets/i-1/turns", other, status=409)["title"]
