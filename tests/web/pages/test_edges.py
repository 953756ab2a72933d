"""What the pages answer at their edges, asked without a browser."""

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from trustladder.settings import Settings
from trustladder.web.pages.acts import amount_of
from trustladder.web.pages.embed import frame_ancestors
from trustladder.web.pages.render import duration
from trustladder.web.pages.who import own_path
from trustladder.web.service import build_app
from trustladder.web.serving import GOODBYE_SECONDS, PageServer, listen, serve, server_of


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = build_app(Settings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}"))
    with TestClient(app, follow_redirects=False) as client:
        client.post("/v1/tickets/e-1/turns", json={"role": "customer", "text": "I want to speak to a human, please."})
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"origin": "http://testserver"}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_forms_are_taken_from_our_own_pages_only(client: TestClient, headers: dict[str, str], status: int) -> None:
    client.cookies.set("trustladder_person", "agent")
    assert client.post("/tickets/e-1/claim", headers=headers).status_code == status
    assert client.get("/v1/tickets/e-1").json()["owner"] == ("agent" if status == 303 else "")


def test_every_page_forbids_inline_scripts_and_foreign_frames(client: TestClient) -> None:
    for path in ("/", "/queue", "/tickets/e-1", "/me", "/help", "/chat", "/tickets/none"):
        policy = client.get(path).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


def test_the_card_may_be_framed_by_the_origins_that_the_settings_name(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTLADDER_EMBED_ORIGINS", "https://desk.example")
    assert (
        "frame-ancestors 'self' https://desk.example"
        in client.get("/embed/handoff/e-1").headers["content-security-policy"]
    )
    assert frame_ancestors("") == "'self'"


@pytest.mark.parametrize("origins", ["https://a.example; script-src *", "*", "javascript:1"])
def test_an_origin_that_is_none_widens_nothing(origins: str) -> None:
    assert "*" not in frame_ancestors(origins)
    assert "script-src" not in frame_ancestors(origins)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "queue", "javascript:1", ""]
)
def test_nobody_is_sent_elsewhere_after_saying_who_they_are(client: TestClient, path: str) -> None:
    assert own_path(path) == "/queue"
    answer = client.post("/me", data={"person": "agent", "next": path})
    assert answer.headers["location"] == "/queue"


def test_an_act_without_a_person_asks_who_it_is_and_does_nothing(client: TestClient) -> None:
    answer = client.post("/tickets/e-1/claim")
    assert answer.headers["location"] == "/me?next=%2Ftickets%2Fe-1"
    assert client.get("/v1/tickets/e-1").json()["owner"] == ""


def test_a_person_that_the_policy_does_not_name_is_nobody(client: TestClient) -> None:
    client.cookies.set("trustladder_person", "mallory")
    assert client.post("/tickets/e-1/claim").headers["location"].startswith("/me")
    assert client.post("/me", data={"person": "mallory"}).status_code == 422


def test_a_reply_to_a_colleagues_ticket_is_refused_with_the_words_kept(client: TestClient) -> None:
    client.post("/v1/tickets/e-1/claim", json={"person": "engineer"})
    client.cookies.set("trustladder_person", "agent")
    answer = client.post("/tickets/e-1/reply", data={"text": "Hello", "message_id": "m-1"})
    assert answer.status_code == 409
    assert "Support engineer owns this ticket now" in answer.text


def test_a_reply_sent_twice_is_recorded_once(client: TestClient) -> None:
    client.cookies.set("trustladder_person", "agent")
    for _ in range(2):
        client.post("/tickets/e-1/reply", data={"text": "Hello", "message_id": "m-1"})
    assert [turn["role"] for turn in client.get("/v1/tickets/e-1").json()["turns"]] == ["customer", "human"]


def test_an_address_that_is_none_is_a_page_for_people_and_a_problem_for_programs(client: TestClient) -> None:
    page = client.get("/quue", headers={"accept": "text/html,*/*"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page" in page.text
    for path, accept in (("/quue", "*/*"), ("/v1/quue", "text/html")):
        told = client.get(path, headers={"accept": accept})
        assert (told.status_code, told.json()["status"]) == (404, 404)


def test_a_refusal_is_a_sentence_with_names(client: TestClient) -> None:
    client.cookies.set("trustladder_person", "agent")
    client.post("/tickets/e-1/note", data={"text": "Mind the date", "message_id": "n-1"})
    client.cookies.set("trustladder_person", "engineer")
    page = client.post("/tickets/e-1/reply", data={"text": "Hello", "message_id": "m-1", "seen": "1"})
    assert page.status_code == 409
    assert "Support agent has just written: “Mind the date”" in page.text
    assert "Nothing was sent: read it, then send again." in page.text
    assert "A ticket is returned with a reason." in client.post("/tickets/e-1/return", data={"reason": " "}).text


def test_a_reason_in_a_list_begins_as_a_sentence(client: TestClient) -> None:
    client.post("/v1/tickets/e-2/turns", json={"role": "customer", "text": "How do I export my reports?"})
    client.post("/v1/tickets/e-2/escalate", json={"reason": "the bot promised a handoff", "by": "bot"})
    assert "The bot promised a handoff" in client.get("/queue").text


def test_a_real_ticket_is_not_played_in_the_chat(client: TestClient) -> None:
    assert client.get("/chat/e-1").status_code == 409
    assert client.post("/chat/e-1", data={"text": "hi", "message_id": "m"}).status_code == 409
    assert len(client.get("/v1/tickets/e-1").json()["turns"]) == 1


def test_a_ticket_that_is_not_there_is_a_page_that_says_so(client: TestClient) -> None:
    answer = client.get("/tickets/none")
    assert answer.status_code == 404
    assert "There is no ticket" in answer.text
    assert "text/html" in answer.headers["content-type"]


def test_an_empty_reply_is_a_page_and_not_a_traceback(client: TestClient) -> None:
    client.cookies.set("trustladder_person", "agent")
    answer = client.post("/tickets/e-1/reply", data={"text": "", "message_id": "m"})
    assert answer.status_code == 422
    assert "<h1>" in answer.text


@pytest.mark.parametrize(("text", "amount"), [("", 0.0), ("49", 49.0), ("49,50", 49.5), (" 7.25 ", 7.25)])
def test_amounts_are_read_as_people_write_them(text: str, amount: float) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize("text", ["nan", "inf", "-5", "many", "1e999"])
def test_what_is_no_amount_is_refused_on_the_ticket_with_what_was_typed(client: TestClient, text: str) -> None:
    client.post("/v1/tickets/e-1/claim", json={"person": "agent"})
    client.cookies.set("trustladder_person", "agent")
    answer = client.post("/tickets/e-1/resolve", data={"amount": text, "cause": "typed cause"})
    assert answer.status_code == 409
    assert "is no amount" in answer.text
    assert "typed cause" in answer.text
    assert client.get("/v1/tickets/e-1").json()["lane"] == "owned"


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [(-5, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (3_900_000, "1 h 05 min"), (180_000_000, "2 d 2 h")],
)
def test_durations_read_well(span_ms: int, text: str) -> None:
    assert duration(span_ms) == text


def test_the_server_stops_at_once_although_pages_are_open(tmp_path: Path) -> None:
    server = server_of(build_app(Settings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}")))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with httpx2.Client(base_url=url, timeout=20) as client, client.stream("GET", "/live") as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        start = time.monotonic()
        server.should_exit = True
        assert "".join(lines) == ""
        thread.join(timeout=20)
        assert not thread.is_alive()
        assert time.monotonic() - start < GOODBYE_SECONDS


def test_what_was_loaded_is_out_of_the_garbage_collectors_sight_when_the_service_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frozen = []
    monkeypatch.setattr(PageServer, "run", lambda *_: frozen.append(gc.get_freeze_count()))
    try:
        with listen("127.0.0.1", 0) as at:
            serve(object(), at)
    finally:
        gc.unfreeze()
    assert frozen[0] > 10_000
