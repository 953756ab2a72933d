"""Bad input gets a problem document, and the service stays up."""

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'{"role": "customer"}', 422),
        (b'{"role": "customer", "text": ""}', 422),
        (b'{"role": "robot", "text": "hi"}', 422),
        (b'{"role": "customer", "text": "hi", "unknown_field": 1}', 422),
        (b'{"role": "customer", "text": "\\ud800"}', 422),
        (b'{"role": "customer", "text": "\xff\xfe"}', 400),
        (b"[" * 200_000, 400),
        (b'{"role": "customer", "text": "' + b"a" * 5_500_000 + b'"}', 413),
        (b'{"role": "customer", "text": "' + b"a" * 1_000_001 + b'"}', 422),
    ],
)
def test_a_turn_that_cannot_be_used_is_refused_with_a_problem(client: TestClient, content: bytes, status: int) -> None:
    response = client.post("/v1/tickets/x/turns", content=content, headers={"content-type": "application/json"})
    assert response.status_code in {status, 422 if status == 400 else status}, response.text[:300]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"]
    assert client.get("/healthz").status_code == 200


def test_a_nul_byte_and_a_million_characters_are_kept_as_they_are(client: TestClient) -> None:
    text = "nul \x00 and " + "long " * 199_990
    response = client.post("/v1/tickets/n/turns", json={"role": "customer", "text": text})
    assert response.status_code == 200, response.text[:300]
    assert client.get("/v1/tickets/n").json()["turns"][0]["text"] == text


def test_a_ticket_that_is_not_there_is_404_and_says_what_to_do(client: TestClient) -> None:
    response = client.post("/v1/tickets/none/drafts", json={"text": "hello"})
    assert response.status_code == 404
    assert "opens the ticket" in response.json()["fix"]


def test_a_path_that_is_not_there_is_a_problem_document_too(client: TestClient) -> None:
    response = client.get("/v1/nothing")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
