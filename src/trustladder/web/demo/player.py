"""Plays conversations through a live service by its own HTTP API, as a bot and its channel would."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import httpx2

from trustladder.errors import TrustladderError

START_SECONDS = 20.0
MOST_REASONS = 2


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation to play: who writes what, in order, with what trusted systems know of the ticket."""

    title: str
    ticket: str
    turns: tuple[dict[str, Any], ...]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What one turn came to: who, what was said, the lane after it, why, and the gate's answer to a draft."""

    who: str
    text: str
    lane: str
    because: tuple[str, ...] = ()
    answer: str = ""
    notice: str = ""


def conversations() -> tuple[Conversation, ...]:
    """Return the conversations that ship with the demo."""
    text = resources.files(__package__).joinpath("conversations.json").read_text("utf-8")
    return tuple(_conversation(item) for item in json.loads(text))


def _conversation(item: dict[str, Any]) -> Conversation:
    facts: dict[str, Any] = {name: item[name] for name in ("channel", "ticket_type", "account") if name in item}
    return Conversation(item["title"], item["ticket"], tuple(item["turns"]), facts)


class DemoService:
    """A live service on a ledger of its own, for as long as the ``with`` block lasts."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        from trustladder.settings import Settings
        from trustladder.web.service import build_app
        from trustladder.web.serving import listen, server_of

        self._socket = listen("127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        settings = Settings(ledger=f"sqlite:///{folder / 'demo.db'}")
        self._server = server_of(build_app(settings), log_level="error")
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._client = httpx2.Client(base_url=self.url, timeout=30)

    def __enter__(self) -> "DemoService":
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TrustladderError("the service did not start", fix="run `trustladder up` to see why")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def play(self, conversation: Conversation) -> Iterator[Step]:
        """Play one conversation and yield what each of its turns came to."""
        path = f"/v1/tickets/{conversation.ticket}"
        for turn in conversation.turns:
            match turn["role"]:
                case "customer":
                    yield from self._customer(path, turn, conversation.facts)
                case "bot":
                    yield self._draft(path, turn)
                case "human":
                    answer = self._post(f"{path}/turns", turn)
                    yield Step(turn["author"], turn["text"], answer["lane"])
                case "claim":
                    answer = self._post(f"{path}/claim", {"person": turn["author"]})
                    yield Step(turn["author"], turn["text"], answer["lane"])
                case "resolve":
                    answer = self._post(f"{path}/resolve", {"by": turn["author"], "repair": turn["text"]})
                    yield Step(turn["author"], f"resolves: {turn['text']}", answer["lane"])

    def _customer(self, path: str, turn: dict[str, Any], facts: dict[str, Any]) -> Iterator[Step]:
        answer = self._post(f"{path}/turns", {**facts, **turn})
        yield Step("customer", turn["text"], answer["lane"], _because(answer), notice=answer["notice"])
        if answer["notice"]:
            yield Step("to the customer", answer["notice"], answer["lane"])

    def _draft(self, path: str, turn: dict[str, Any]) -> Step:
        wanted: dict[str, Any] = {name: turn[name] for name in ("text", "cites", "confidence") if name in turn}
        gate = self._post(f"{path}/drafts", wanted)
        if gate["permit"]:
            self._post(f"{path}/permits/{gate['permit']['id']}/redeem", {})
        told: tuple[str, ...] = (f"gate: {gate['answer']}" + "".join(f" — {item}" for item in gate["objections"]),)
        if gate["answer"] == "replace":
            told += (f"sent instead: {gate['text']}",)
        if gate["notice"]:
            told += (f"the customer is told: {gate['notice']}",)
        return Step("bot's draft", turn["text"], gate["lane"], told, gate["answer"], gate["notice"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self._client.post(path, json=body)
        answer: dict[str, Any] = response.json()
        if response.is_error:
            raise TrustladderError(f"{path} answered {response.status_code}: {answer.get('detail')}")
        return answer


def _because(answer: dict[str, Any]) -> tuple[str, ...]:
    decision = answer["decision"]
    told = tuple(f"{item['sentence']} ({item['rule']})" for item in decision["reasons"][:MOST_REASONS])
    return told or (f"risk {decision['risk']:.0%}: nothing asks for care",)
