"""Keys: a bot's opens what a bot needs and nothing that would bring a lane down; the tenant is the key's."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from trustladder.cli import app as command_line
from trustladder.errors import BadInput, KeyNeeded
from trustladder.settings import Settings
from trustladder.web.keys import KeyRing, Scope, line_of, new_key, read_keys
from trustladder.web.service import build_app, is_loopback

Ask = Callable[..., int]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A key of each scope for the tenant acme, a bot's key for another tenant, and the file's place."""
    path = tmp_path_factory.mktemp("keys") / "keys.jsonl"
    made = {scope.value: new_key("acme", frozenset({scope})) for scope in Scope}
    made["other"] = new_key("globex", frozenset({Scope.BOT}))
    path.write_text("".join(line_of(kept) for _, kept in made.values()))
    return {**{name: key for name, (key, _) in made.items()}, "file": str(path)}


@pytest.fixture(scope="module")
def client(keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    ledger = tmp_path_factory.mktemp("ledger") / "ledger.db"
    app = build_app(Settings(ledger=f"sqlite:///{ledger}", keys=keys["file"], host="0.0.0.0"))
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as made:
        turn = {"role": "customer", "text": "I want to speak to a human.", "message_id": "m1"}
        bearer = {"Authorization": f"Bearer {keys['bot']}"}
        made.post("/v1/tickets/t/turns", json=turn, headers=bearer)
        made.post("/v1/tickets/t/escalate", json={"reason": "to be sure", "by": "bot"}, headers=bearer)
        yield made


def status(client: TestClient, key: str, method: str, path: str, body: object = None, **headers: str) -> int:
    bearer = {"Authorization": f"Bearer {key}"} if key else {}
    return client.request(method, path, json=body, headers={**bearer, **headers}).status_code


PEOPLE_ONLY = [
    ("POST", "/v1/tickets/t/hand-back", {"person": "agent"}),
    ("POST", "/v1/tickets/t/claim", {"person": "agent"}),
    ("POST", "/v1/tickets/t/take-over", {"person": "agent"}),
    ("POST", "/v1/tickets/t/return", {"person": "agent", "reason": "x"}),
    ("POST", "/v1/tickets/t/resolve", {"by": "automation"}),
    ("POST", "/v1/tickets/t/restated", {"person": "agent"}),
    ("POST", "/v1/tickets/t/satisfaction", {"score": 1.0}),
    ("POST", "/v1/tickets/t/turns", {"role": "human", "text": "it is me", "author": "agent"}),
    ("POST", "/tickets/t/hand-back", None),
    ("POST", "/tickets/t/resolve", None),
    ("POST", "/me", None),
    ("GET", "/queue", None),
    ("GET", "/tickets/t", None),
    ("POST", "/v1/tickets/t/hand-back/", {"person": "agent"}),
    ("POST", "//v1/tickets/t/hand-back", {"person": "agent"}),
    ("PUT", "/v1/tickets/t/turns", None),
]


@pytest.mark.parametrize(("method", "path", "body"), PEOPLE_ONLY)
@pytest.mark.parametrize("scope", ["bot", "read", "metrics"])
def test_what_people_do_is_closed_to_every_other_key(
    client: TestClient, keys: dict[str, str], scope: str, method: str, path: str, body: object
) -> None:
    forged = {"Cookie": "trustladder_person=agent", "X-Tenant": "acme", "Sec-Fetch-Site": "same-origin"}
    assert status(client, keys[scope], method, path, body, **forged) == 403
    assert status(client, keys["read"], "GET", "/v1/tickets/t") == 200
    ticket = client.get("/v1/tickets/t", headers={"Authorization": f"Bearer {keys['read']}"}).json()
    assert (ticket["lane"], ticket["owner"]) == ("escalated", "")


def test_a_bots_key_does_what_a_bot_needs(client: TestClient, keys: dict[str, str]) -> None:
    bot = keys["bot"]
    turn = {"role": "customer", "text": "Where is my order?", "message_id": "b1"}
    assert status(client, bot, "POST", "/v1/tickets/b/turns", turn) == 200
    assert status(client, bot, "POST", "/v1/tickets/b/drafts", {"text": "Which order is it?"}) == 200
    assert status(client, bot, "POST", "/v1/tickets/b/permits/none/redeem", {}) == 409
    assert status(client, bot, "GET", "/v1/tickets/b/context") == 200
    assert status(client, bot, "POST", "/beta/litellm_basic_guardrail_api", {"input_type": "request"}) == 200
    assert status(client, bot, "GET", "/v1/tickets") == 403, "one ticket, not everybody's"
    assert status(client, keys["people"], "POST", "/v1/tickets/b/drafts", {"text": "x"}) == 403


def test_people_and_readers_reach_theirs(client: TestClient, keys: dict[str, str]) -> None:
    basic = base64.b64encode(f"anyone:{keys['people']}".encode()).decode()
    assert client.get("/queue", headers={"Authorization": f"Basic {basic}"}).status_code == 200
    assert client.get("/v1/queues", headers={"X-API-Key": keys["read"]}).status_code == 200
    assert status(client, keys["metrics"], "GET", "/metrics") == 200
    assert status(client, keys["metrics"], "GET", "/v1/queues") == 403
    assert status(client, "", "GET", "/healthz") == status(client, "", "GET", "/readyz") == 200


def test_without_a_key_that_is_known_there_is_nothing(client: TestClient, keys: dict[str, str]) -> None:
    identity = keys["bot"].split("_")[1]
    for key in ("", "tl_", "tl_x_y", f"tl_{identity}_{'A' * 43}", keys["bot"][:-1], keys["bot"] + "A", "é" * 50):
        answer = client.get("/v1/tickets/t", headers={b"Authorization": f"Bearer {key}".encode()})
        assert answer.status_code == 401, key
        assert answer.headers["www-authenticate"].startswith("Basic")
    broken = client.get("/queue", headers={"Authorization": "Basic !!!"})
    assert broken.status_code == 401


def test_the_tenant_is_the_keys_whatever_the_request_says(client: TestClient, keys: dict[str, str]) -> None:
    assert status(client, keys["other"], "GET", "/v1/tickets/t", **{"X-Tenant": "acme"}) == 404


def test_a_person_with_a_key_hands_back(client: TestClient, keys: dict[str, str]) -> None:
    turn = {"role": "customer", "text": "I want to speak to a human.", "message_id": "p1"}
    status(client, keys["bot"], "POST", "/v1/tickets/p/turns", turn)
    status(client, keys["bot"], "POST", "/v1/tickets/p/escalate", {"reason": "to be sure", "by": "bot"})
    assert status(client, keys["people"], "POST", "/v1/tickets/p/claim", {"person": "agent"}) == 200
    assert status(client, keys["people"], "POST", "/v1/tickets/p/hand-back", {"person": "agent"}) == 200


def test_a_key_that_is_taken_out_of_the_file_opens_nothing_any_more(tmp_path: Path) -> None:
    key, kept = new_key("acme", frozenset({Scope.BOT}))
    path = tmp_path / "keys.jsonl"
    path.write_text(line_of(kept))
    ring = KeyRing(path)
    assert ring.find(key) == kept
    path.write_text("")
    assert ring.find(key) is None
    path.write_text(line_of(kept) + "\n")
    assert ring.find(key) == kept
    path.write_text("{ half a line")
    assert ring.find(key) is None
    path.unlink()
    assert ring.find(key) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "a", "digest": "b", "tenant": "t", "scopes": ["bot", "people"]}',
        '{"id": "a", "digest": "b", "tenant": "t", "scopes": []}',
        '{"id": "a", "digest": "b", "tenant": "", "scopes": ["bot"]}',
        '{"id": "a", "digest": "b", "tenant": "t", "scopes": ["root"]}',
        '{"id": "a"}',
        "[]",
    ],
)
def test_a_line_that_may_not_be_is_refused_with_its_place(tmp_path: Path, line: str) -> None:
    path = tmp_path / "keys.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(BadInput) as told:
        read_keys(path)
    assert told.value.where == f"{path}:2"


def test_a_service_for_others_does_not_start_without_keys(tmp_path: Path) -> None:
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    with pytest.raises(KeyNeeded, match="without keys"):
        build_app(Settings(ledger=ledger, host="0.0.0.0"))
    assert not (tmp_path / "ledger.db").exists()
    own = [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "10.0.0.4", "box")]
    assert own == [True, True, True, False, False, False, False]


def test_the_command_shows_a_key_once_and_keeps_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "keys.jsonl"
    made = CliRunner().invoke(command_line, ["keys", "new", str(path), "--scope", "bot", "--tenant", "acme"])
    assert made.exit_code == 0
    key = made.stdout.strip()
    assert key not in path.read_text()
    found = KeyRing(path).find(key)
    assert found is not None
    assert (found.tenant, found.scopes) == ("acme", frozenset({Scope.BOT}))
    assert path.stat().st_mode & 0o077 == 0
    both = CliRunner().invoke(command_line, ["keys", "new", str(path), "--scope", "bot", "--scope", "people"])
    assert both.exit_code == 1
    assert len(path.read_text().splitlines()) == 1
