"""A small client for bots and channels: ask before you speak, redeem when you send.

It fails towards people: a time-out, a refused connection and a 5xx all mean "do not send".
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from uuid import uuid4

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
    """What became of a message: ``text`` was delivered, or nothing was, and why."""

    delivered: bool
    text: str = ""
    why: str = ""
    gate: GateAnswer | None = None


UNREACHABLE = "trustladder did not answer: nothing may be sent"


def _turn(text: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": "customer", "text": text, "message_id": uuid4().hex, **more}


def _draft(text: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text, "draft_id": uuid4().hex, **more}


def _decision(body: Mapping[str, Any] | None) -> Decision:
    if body is None:
        return Decision("unknown", may_answer=False, reachable=False)
    acts = tuple(body["authority"]["acts"])
    return Decision(body["lane"], body["may_answer"], acts, body["notice"], body=body)


def _gate_answer(body: Mapping[str, Any] | None) -> GateAnswer:
    if body is None:
        return GateAnswer("withhold", objections=(UNREACHABLE,))
    permit = body["permit"]["id"] if body["permit"] else ""
    return GateAnswer(
        body["answer"], body["text"], permit, tuple(body["objections"]), body["notice"], body["lane"], body
    )


def _body(response: httpx2.Response, *, refusal_is_an_answer: bool = False) -> dict[str, Any] | None:
    """Return the answer, or None where the service is in trouble. Raises ValueError for a request that is wrong."""
    if response.status_code >= _TOO_MANY_OR_BROKEN or response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        return None
    body: dict[str, Any] = response.json()
    if response.is_error and not (refusal_is_an_answer and response.status_code == httpx2.codes.CONFLICT):
        raise ValueError(f"trustladder refused the request: {body.get('title')}: {body.get('detail')}")
    return body


def _redeemed(gate: GateAnswer, body: Mapping[str, Any] | None) -> Sent | str:
    """Return the text to deliver, or what became of the message instead."""
    if body is None:
        return Sent(False, why=UNREACHABLE, gate=gate)
    if "permit" not in body:
        return Sent(False, why=str(body.get("detail", "the permit was refused")), gate=gate)
    return str(body["text"])


def _headers(api_key: str, tenant: str) -> dict[str, str]:
    bearer = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return {"X-Tenant": tenant, **bearer}


class Client:
    """Talks to trustladder from a bot or a channel. Use it as a context manager, or call `close`.

    ``seconds`` bounds each request. Texts and tool calls travel as the HTTP API documents them.
    """

    def __init__(
        self, url: str = DEFAULT_URL, *, api_key: str = "", tenant: str = "default", seconds: float = DEFAULT_SECONDS
    ) -> None:
        self._http = httpx2.Client(base_url=url, headers=_headers(api_key, tenant), timeout=seconds)

    def customer_wrote(self, ticket: str, text: str, **more: Any) -> Decision:
        """Post a turn of the customer; ``more`` are further fields of the turn, such as ``message_id``."""
        return _decision(self._post(f"/v1/tickets/{ticket}/turns", _turn(text, more)))

    def may_i_say(
        self, ticket: str, text: str = "", *, tool_calls: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> GateAnswer:
        """Ask whether this may be said or done. Nothing may be sent before `redeem`."""
        body = _draft(text, {"tool_calls": list(tool_calls), **more})
        return _gate_answer(self._post(f"/v1/tickets/{ticket}/drafts", body))

    def send(self, ticket: str, text: str, deliver: Callable[[str], object], **more: Any) -> Sent:
        """Ask, redeem and deliver: ``deliver`` is called with what may be sent, or not at all."""
        gate = self.may_i_say(ticket, text, **more)
        if not gate.permit:
            return Sent(False, why="; ".join(gate.objections), gate=gate)
        told = _redeemed(gate, self._redeem(ticket, gate.permit))
        if isinstance(told, Sent):
            return told
        deliver(told)
        return Sent(True, told, gate=gate)

    def redeem(self, ticket: str, permit: str) -> str | None:
        """Redeem a permit at send time; return the text to send, or None: do not send."""
        told = _redeemed(GateAnswer("release"), self._redeem(ticket, permit))
        return told if isinstance(told, str) else None

    def escalate(self, ticket: str, reason: str, by: str) -> bool:
        """Ask for a person now; return whether the ticket was handed over."""
        return self._post(f"/v1/tickets/{ticket}/escalate", {"reason": reason, "by": by}) is not None

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _redeem(self, ticket: str, permit: str) -> dict[str, Any] | None:
        return self._post(f"/v1/tickets/{ticket}/permits/{permit}/redeem", {}, refusal_is_an_answer=True)

    def _post(self, path: str, body: Mapping[str, Any], *, refusal_is_an_answer: bool = False) -> dict[str, Any] | None:
        try:
            return _body(self._http.post(path, json=body), refusal_is_an_answer=refusal_is_an_answer)
        except httpx2.TransportError:
            return None

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """The same client for asyncio. Use it as an async context manager, or await `close`."""

    def __init__(
        self, url: str = DEFAULT_URL, *, api_key: str = "", tenant: str = "default", seconds: float = DEFAULT_SECONDS
    ) -> None:
        self._http = httpx2.AsyncClient(base_url=url, headers=_headers(api_key, tenant), timeout=seconds)

    async def customer_wrote(self, ticket: str, text: str, **more: Any) -> Decision:
        """Post a turn of the customer; ``more`` are further fields of the turn, such as ``message_id``."""
        return _decision(await self._post(f"/v1/tickets/{ticket}/turns", _turn(text, more)))

    async def may_i_say(
        self, ticket: str, text: str = "", *, tool_calls: Sequence[Mapping[str, Any]] = (), **more: Any
    ) -> GateAnswer:
        """Ask whether this may be said or done. Nothing may be sent before `redeem`."""
        body = _draft(text, {"tool_calls": list(tool_calls), **more})
        return _gate_answer(await self._post(f"/v1/tickets/{ticket}/drafts", body))

    async def send(self, ticket: str, text: str, deliver: Callable[[str], Awaitable[object]], **more: Any) -> Sent:
        """Ask, redeem and deliver: ``deliver`` is awaited with what may be sent, or not at all."""
        gate = await self.may_i_say(ticket, text, **more)
        if not gate.permit:
            return Sent(False, why="; ".join(gate.objections), gate=gate)
        told = _redeemed(gate, await self._redeem(ticket, gate.permit))
        if isinstance(told, Sent):
            return told
        await deliver(told)
        return Sent(True, told, gate=gate)

    async def redeem(self, ticket: str, permit: str) -> str | None:
        """Redeem a permit at send time; return the text to send, or None: do not send."""
        told = _redeemed(GateAnswer("release"), await self._redeem(ticket, permit))
        return told if isinstance(told, str) else None

    async def escalate(self, ticket: str, reason: str, by: str) -> bool:
        """Ask for a person now; return whether the ticket was handed over."""
        return await self._post(f"/v1/tickets/{ticket}/escalate", {"reason": reason, "by": by}) is not None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def _redeem(self, ticket: str, permit: str) -> dict[str, Any] | None:
        return await self._post(f"/v1/tickets/{ticket}/permits/{permit}/redeem", {}, refusal_is_an_answer=True)

    async def _post(
        self, path: str, body: Mapping[str, Any], *, refusal_is_an_answer: bool = False
    ) -> dict[str, Any] | None:
        try:
            return _body(await self._http.post(path, json=body), refusal_is_an_answer=refusal_is_an_answer)
        except httpx2.TransportError:
            return None

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
