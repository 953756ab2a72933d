"""The proxy as an app: what the customer wrote goes to trustladder, then to the model; its answer to the gate."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from trustladder.client import UNREACHABLE, AsyncClient, Decision
from trustladder.connect.openai_proxy import wording
from trustladder.connect.openai_proxy.conversation import (
    facts_of,
    for_upstream,
    heard,
    messages_of,
    returned,
    ticket_of,
)
from trustladder.connect.openai_proxy.draft import Body, Draft
from trustladder.connect.openai_proxy.judging import SPEAKING, Outcome, cut, explained, judge, silent
from trustladder.connect.openai_proxy.upstream import Upstream, UpstreamBroken, UpstreamRefused, drafts
from trustladder.detect.acts import sentence_ends
from trustladder.errors import BadInput

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on its way: whose ticket, what was asked, where the ticket stood after the customer's turn."""

    ticket: str
    body: Body
    headers: Mapping[str, str]
    lane: str


def create_proxy(upstream: str, client: AsyncClient, *, key: str = "", seconds: float = 600.0) -> Starlette:
    """Return the proxy in front of a model's server (``upstream`` ends in ``/v1``) and beside a trustladder service.

    ``client`` is closed with the app. ``key`` replaces the callers' own key at the upstream.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.proxy = Proxy(Upstream(upstream, key, seconds), client)
        yield
        await app.state.proxy.close()

    routes = [
        Route("/v1/chat/completions", _complete, methods=["POST"]),
        Route("/v1/models", _models),
        Route("/healthz", lambda _: JSONResponse({"status": "ok"})),
        Route("/{path:path}", _unguarded, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _complete(request: Request) -> Response:
    proxy: Proxy = request.app.state.proxy
    try:
        body = await request.json()
        if not isinstance(body, dict):
            raise BadInput("the body is no JSON object")
        return await proxy.answer(body, request.headers)
    except BadInput as error:
        return wording.error(400, f"{error.what}. {error.fix}".rstrip(". ") + ".", "trustladder_request")
    except (ValueError, RecursionError) as error:
        return wording.error(400, str(error), "trustladder_request")
    except UpstreamRefused as error:
        return Response(error.content, error.status, media_type=error.media_type)
    except UpstreamBroken as error:
        return wording.error(502, str(error), "upstream_unreachable")


async def _models(request: Request) -> Response:
    try:
        answer = await request.app.state.proxy.upstream.get("/models", request.headers)
    except UpstreamBroken as error:
        return wording.error(502, str(error), "upstream_unreachable")
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


async def _unguarded(request: Request) -> Response:
    what = f"{request.url.path} is not served: its answers would not pass the gate; use /v1/chat/completions"
    return wording.error(404, what, "trustladder_unguarded")


class Proxy:
    """Carries one exchange after another; it keeps nothing between them."""

    def __init__(self, upstream: Upstream, client: AsyncClient) -> None:
        self.upstream = upstream
        self.client = client

    async def close(self) -> None:
        """Let go of all connections."""
        await self.upstream.close()
        await self.client.close()

    async def answer(self, body: Body, headers: Mapping[str, str]) -> Response:
        """Answer a request. Raises BadInput, ValueError, UpstreamRefused and UpstreamBroken."""
        ticket = ticket_of(headers, body)
        decision = await self._listen(ticket, body)
        if not decision.reachable:
            return wording.error(503, UNREACHABLE, "trustladder_unreachable")
        if not decision.may_answer:
            return _whole(Draft(), body, silent(decision))
        exchange = Exchange(ticket, body, headers, decision.lane)
        draft, outcome = await self._completed(exchange)
        if not body.get("stream"):
            return _whole(draft, body, outcome)
        return StreamingResponse(_as_events(self.client, exchange, draft, outcome), media_type=EVENT_STREAM)

    async def _listen(self, ticket: str, body: Body) -> Decision:
        """Post what is new: the customer's newest words, or what tools returned since."""
        messages = messages_of(body)
        new = heard(messages)
        if new is None:
            raise BadInput("no message has the role user", fix="send the customer's message: it opens the ticket")
        decision = await self.client.customer_wrote(
            ticket, new.text, message_id=new.message_id, channel="chat", **facts_of(body)
        )
        for result in returned(messages):
            if not decision.reachable:
                break
            decision = await self.client.tool_returned(ticket, result.name, result.text, message_id=result.message_id)
        return decision

    async def _completed(self, exchange: Exchange) -> tuple[Draft, Outcome]:
        """Ask the model and the gate; where only tool calls came and all are refused, tell the model why, once."""
        asked = for_upstream(exchange.body)
        draft, outcome = await self._round(exchange, asked, last=False)
        if outcome.refused and not outcome.calls and not outcome.text and outcome.lane in SPEAKING:
            draft, later = await self._round(exchange, explained(asked, outcome), last=True)
            refused = (*outcome.refused, *later.refused)
            outcome = Outcome(
                later.lane, later.answer, later.text, later.calls, later.objections, later.notice, refused
            )
        return draft, outcome

    async def _round(self, exchange: Exchange, asked: Body, *, last: bool) -> tuple[Draft, Outcome]:
        draft = Draft()
        async with self.upstream.asked(asked, exchange.headers) as response:
            sentences = 0
            async for draft in drafts(response):
                if len(sentence_ends(draft.text)) > sentences and asked.get("stream"):
                    sentences = len(sentence_ends(draft.text))
                    lane = await self.client.lane(exchange.ticket)
                    if lane != exchange.lane:
                        return draft, cut(lane)
        return draft, await judge(self.client, exchange.ticket, draft, last=last)


def _whole(draft: Draft, body: Body, outcome: Outcome) -> Response:
    """Return an answer in the form that was asked for; without a gate to ask again, a stream is told at once."""
    if not body.get("stream"):
        return JSONResponse(wording.completion(draft, body, outcome))
    head = wording.head_of(draft, body)
    said = [wording.chunk(head, {"role": "assistant", "content": outcome.text})]
    return StreamingResponse(iter([*said, *_ending(draft, body, outcome, head)]), media_type=EVENT_STREAM)


async def _as_events(client: AsyncClient, exchange: Exchange, draft: Draft, outcome: Outcome) -> AsyncIterator[str]:
    head = wording.head_of(draft, exchange.body)
    yield wording.chunk(head, {"role": "assistant", "content": ""})
    said = ""
    async for piece in wording.spoken(client, exchange.ticket, outcome):
        said += piece
        yield wording.chunk(head, {"content": piece})
    if said != outcome.text:
        outcome = cut(await client.lane(exchange.ticket))
    for event in _ending(draft, exchange.body, outcome, head):
        yield event


def _ending(draft: Draft, body: Body, outcome: Outcome, head: Body) -> list[str]:
    calls = [{"index": number, **call} for number, call in enumerate(outcome.calls)]
    events = [wording.chunk(head, {"tool_calls": calls})] if calls else []
    finish = wording.finish_of(draft, outcome)
    events.append(wording.chunk(head, {}, finish, trustladder=outcome.extension))
    options: Any = body.get("stream_options") or {}
    if options.get("include_usage") and draft.usage:
        empty = {**head, "object": "chat.completion.chunk", "choices": [], "usage": draft.usage}
        events.append(wording.event(empty))
    return [*events, wording.DONE]
