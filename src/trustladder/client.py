"""A small client for bots and channels: ask before you speak, redeem when you send.

It fails towards people: a time-out, a refused connection, a 5xx and an answer that is not ours all mean "do not
send". What it cannot know is what became of a redeemed permit whose answer was lost: then nothing is delivered,
and the ledger holds a message that the customer never got.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import anyio
import httpx2

DEFAULT_URL = "http://127.0.0.1:8700"
DEFAULT_SECONDS = 2.0
_TOO_MANY_OR_BROKEN = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a turn: the lane, whether automation may say anything, and what the customer is told now.

    ``reachable`` is False when trustladder did not answer: then nothing may be said. ``body`` is the whole answer
    as the HTTP API documents it.
    """

    lane: str
    may_answer: bool
    acts: tuple[str, ...] = ()
    notice: str = ""
    reachable: bool = True
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """The gate's answer to a draft: ``release``, ``replace`` or ``withhold``, with what may be sent.

    ``permit`` is to be redeemed at send time. ``objections`` say why a draft was not released.
    """

    answer: str
    text: str = ""
    permit: str = ""
    objections: tuple[str, ...] = ()
    notice: str = ""
    lane: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a draft: ``text`` was delivered and ``tools`` may be called now, or nothing, and why.

    Make no call that ``tools`` does not name: what was delivered may be a holding message in place of the draft.
    """

    delivered: bool
    text: str = ""
    why: str = ""
    gate: GateAnswer | None = None
    tools: tuple[str, ...] = ()


UNREACHABLE = "trustladder did not answer: nothing may be sent"


def _turn(text: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": "customer", "text": text, "message_id": uuid4().hex, **more}


def _draft(text: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text, "draft_id": uuid4().hex, **more}


def _path(ticket: str, what: str = "") -> str:
    return f"/v1/tickets/{quote(ticket, safe='')}{what}"


def _redeem_path(ticket: str, permit: str) -> str:
    return _path(ticket, f"/permits/{quote(permit, safe='')}/redeem")


def _decision(body: Mapping[str, Any] | None) -> Decision:
    try:
        if body is not None:
            acts = tuple(body["authority"]["acts"])
            return Decision(body["lane"], body["may_answer"] is True, acts, body["notice"], body=body)
    except (KeyError, TypeError):
        pass  # whoever answered, it was not trustladder
    return Decision("unknown", may_answer=False, reachable=False)


def _gate_answer(body: Mapping[str, Any] | None) -> GateAnswer:
    try:
        if body is not None:
            permit = body["permit"]["id"] if body["permit"] else ""
            objections = tuple(body["objections"])
            return GateAnswer(body["answer"], body["text"], permit, objections, body["notice"], body["lane"], body)
    except (KeyError, TypeError):
        pass
    return GateAnswer("withhold", objections=(UNREACHABLE,))


def _body(status: int, raw: bytes, *, refusal_is_an_answer: bool = False) -> dict[str, Any] | None:
    """Return the answer, or None where the service is in trouble. Raises ValueError for a request that is wrong."""
    if status >= _TOO_MANY_OR_BROKEN or status == httpx2.codes.TOO_MANY_REQUESTS:
        return None
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    if status >= httpx2.codes.BAD_REQUEST and not (refusal_is_an_answer and status == httpx2.codes.CONFLICT):
        raise ValueError(f"trustladder refused the request: {body.get('title')}: {body.get('detail')}")
    return body


def _redeemed(gate: GateAnswer, body: Mapping[str, Any] | None) -> Sent:
    """Return what may be delivered now, or what became of the message instead."""
    if body is None:
        return Sent(False, why=UNREACHABLE, gate=gate)
    if not isinstance(body.get("permit"), str) or not isinstance(body.get("text"), str):
        return Sent(False, why=str(body.get("detail", "the permit was refused")), gate=gate)
    return Sent(True, body["text"], gate=gate, tools=tuple(body.get("tools", ())))


def _headers(api_key: str, tenant: str) -> dict[str, str]:
    bearer = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return {"X-Tenant": tenant, **bearer}


class Client:
    """Talks to trustladder from a bot or a channel. Use it as a context manager, or call `close`.

    ``seconds`` bounds each wait of a request and the reading of its answer. Texts and tool calls travel as the HTTP
    API documents them.
    """

    def __init__(
        self, url: str = DEFAULT_URL, *, api_key: str = "", tenant: str = "default", seconds: float = DEFAULT_SECONDS
    ) -> None:
        self._http = httpx2.Client(base_url=url, headers=_headers(api_key, tenant), timeout=seconds)
        self._seconds = seconds

    def customer_wrote(self, ticket: str, text: str, **more: Any) -> Decision:
        """Post a turn of the customer; ``more`` are further fields of the turn, such as ``message_id``."""
        return _decision(self._post(_path(ticket, "/turns"), _turn(text, more)))

    def may_i_say(
        self, ticket: str, text: str = "", *, tool_calls: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> GateAnswer:
        """Ask whether this may be said or done. Nothing may be sent before `redeem`."""
        body = _draft(text, {"tool_calls": list(tool_calls), **more})
        return _gate_answer(self._post(_path(ticket, "/drafts"), body))

    def send(self, ticket: str, text: str, deliver: Callable[[str], object], **more: Any) -> Sent:
        """Ask, redeem and deliver: ``deliver`` is called with what may be sent, or not at all."""
        sent = self.redeem(ticket, self.may_i_say(ticket, text, **more))
        if sent.delivered:
            deliver(sent.text)
        return sent

    def redeem(self, ticket: str, gate: GateAnswer) -> Sent:
        """Redeem the gate's permit at send time. Only what this returns as delivered may be sent, and now."""
        if not gate.permit:
            return Sent(False, why="; ".join(gate.objections), gate=gate)
        body = self._post(_redeem_path(ticket, gate.permit), {}, refusal_is_an_answer=True)
        return _redeemed(gate, body)

    def tool_returned(self, ticket: str, name: str, text: str, *, message_id: str, failed: bool = False) -> Decision:
        """Post what a tool of the bot returned; ``message_id`` makes a repeat harmless."""
        turn = {"role": "tool", "author": name, "text": text, "message_id": message_id, "failed": failed}
        return _decision(self._post(_path(ticket, "/turns"), turn))

    def lane(self, ticket: str) -> str:
        """Return the ticket's lane now, or ``unknown`` when trustladder does not say."""
        body = self._request("GET", _path(ticket), refusal_is_an_answer=True)
        return str((body or {}).get("lane", "unknown"))

    def handoff(self, ticket: str) -> Mapping[str, Any] | None:
        """Return the handoff packet, or None when there is none (yet), or trustladder does not answer."""
        body = self._request("GET", _path(ticket, "/handoff"), refusal_is_an_answer=True)
        return body if body is not None and "packet" in body else None

    def escalate(self, ticket: str, reason: str, by: str) -> bool:
        """Ask for a person now; return whether the ticket was handed over."""
        return self._post(_path(ticket, "/escalate"), {"reason": reason, "by": by}) is not None

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _post(self, path: str, body: Mapping[str, Any], *, refusal_is_an_answer: bool = False) -> dict[str, Any] | None:
        return self._request("POST", path, body, refusal_is_an_answer=refusal_is_an_answer)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, refusal_is_an_answer: bool = False
    ) -> dict[str, Any] | None:
        deadline = time.monotonic() + self._seconds
        raw = bytearray()
        try:
            with self._http.stream(method, path, json=body) as response:
                for piece in response.iter_bytes():
                    raw += piece
                    if time.monotonic() > deadline:  # a trickle of bytes never runs into the time-out of a read
                        return None
        except httpx2.RequestError:
            return None
        return _body(response.status_code, bytes(raw), refusal_is_an_answer=refusal_is_an_answer)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """The same client for asyncio; ``seconds`` bounds each request. Use it as an async context manager, or `close`."""

    def __init__(
        self, url: str = DEFAULT_URL, *, api_key: str = "", tenant: str = "default", seconds: float = DEFAULT_SECONDS
    ) -> None:
        self._http = httpx2.AsyncClient(base_url=url, headers=_headers(api_key, tenant), timeout=seconds)
        self._seconds = seconds

    async def customer_wrote(self, ticket: str, text: str, **more: Any) -> Decision:
        """Post a turn of the customer; ``more`` are further fields of the turn, such as ``message_id``."""
        return _decision(await self._post(_path(ticket, "/turns"), _turn(text, more)))

    async def may_i_say(
        self, ticket: str, text: str = "", *, tool_calls: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> GateAnswer:
        """Ask whether this may be said or done. Nothing may be sent before `redeem`."""
        body = _draft(text, {"tool_calls": list(tool_calls), **more})
        return _gate_answer(await self._post(_path(ticket, "/drafts"), body))

    async def send(self, ticket: str, text: str, deliver: Callable[[str], Awaitable[object]], **more: Any) -> Sent:
        """Ask, redeem and deliver: ``deliver`` is awaited with what may be sent, or not at all."""
        sent = await self.redeem(ticket, await self.may_i_say(ticket, text, **more))
        if sent.delivered:
            await deliver(sent.text)
        return sent

    async def redeem(self, ticket: str, gate: GateAnswer) -> Sent:
        """Redeem the gate's permit at send time. Only what this returns as delivered may be sent, and now."""
        if not gate.permit:
            return Sent(False, why="; ".join(gate.objections), gate=gate)
        body = await self._post(_redeem_path(ticket, gate.permit), {}, refusal_is_an_answer=True)
        return _redeemed(gate, body)

    async def tool_returned(
        self, ticket: str, name: str, text: str, *, message_id: str, failed: bool = False
    ) -> Decision:
        """Post what a tool of the bot returned; ``message_id`` makes a repeat harmless."""
        turn = {"role": "tool", "author": name, "text": text, "message_id": message_id, "failed": failed}
        return _decision(await self._post(_path(ticket, "/turns"), turn))

    async def lane(self, ticket: str) -> str:
        """Return the ticket's lane now, or ``unknown`` when trustladder does not say."""
        body = await self._request("GET", _path(ticket), refusal_is_an_answer=True)
        return str((body or {}).get("lane", "unknown"))

    async def handoff(self, ticket: str) -> Mapping[str, Any] | None:
        """Return the handoff packet, or None when there is none (yet), or trustladder does not answer."""
        body = await self._request("GET", _path(ticket, "/handoff"), refusal_is_an_answer=True)
        return body if body is not None and "packet" in body else None

    async def escalate(self, ticket: str, reason: str, by: str) -> bool:
        """Ask for a person now; return whether the ticket was handed over."""
        return await self._post(_path(ticket, "/escalate"), {"reason": reason, "by": by}) is not None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def _post(
        self, path: str, body: Mapping[str, Any], *, refusal_is_an_answer: bool = False
    ) -> dict[str, Any] | None:
        return await self._request("POST", path, body, refusal_is_an_answer=refusal_is_an_answer)

    async def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, refusal_is_an_answer: bool = False
    ) -> dict[str, Any] | None:
        try:
            with anyio.fail_after(self._seconds):
                response = await self._http.request(method, path, json=body)
        except (httpx2.RequestError, TimeoutError):
            return None
        return _body(response.status_code, response.content, refusal_is_an_answer=refusal_is_an_answer)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
