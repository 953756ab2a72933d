"""What the proxy answers, in the words of the chat-completions protocol."""

import json
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse

from trustladder.client import AsyncClient
from trustladder.connect.openai_proxy.draft import Body, Draft
from trustladder.connect.openai_proxy.judging import Outcome
from trustladder.detect.acts import sentence_ends

DONE = "data: [DONE]\n\n"


def head_of(draft: Draft, body: Body) -> Body:
    """Return what names a completion: the model's own, or ours where no model was asked."""
    ours = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": str(body.get("model", ""))}
    return {**ours, **draft.head}


def completion(draft: Draft, body: Body, outcome: Outcome) -> Body:
    """Return the whole answer as a chat completion, with ``trustladder`` beside it."""
    message: Body = {"role": "assistant", "content": outcome.text, "refusal": None}
    if outcome.calls:
        message |= {"tool_calls": list(outcome.calls), "content": outcome.text or None}
    choice = {"index": 0, "message": message, "finish_reason": finish_of(draft, outcome), "logprobs": None}
    usage = {"usage": draft.usage} if draft.usage else {}
    head = head_of(draft, body)
    return {**head, "object": "chat.completion", "choices": [choice], **usage, "trustladder": outcome.extension}


def finish_of(draft: Draft, outcome: Outcome) -> str:
    """Return why the answer ends here; ``length`` is kept where the model's own text goes out."""
    if outcome.calls:
        return "tool_calls"
    return "length" if outcome.answer == "release" and draft.finish_reason == "length" else "stop"


def chunk(head: Body, delta: Body, finish_reason: str | None = None, **more: Any) -> str:
    """Return one server-sent event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return event({**head, "object": "chat.completion.chunk", "choices": [choice], **more})


def event(body: Body) -> str:
    """Return a body as a server-sent event."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def pieces(text: str) -> tuple[str, ...]:
    """Return a text in its sentences, nothing added or lost."""
    cuts = (0, *sentence_ends(text), len(text))
    return tuple(text[a:b] for a, b in pairwise(cuts) if a < b)


async def spoken(client: AsyncClient, ticket: str, outcome: Outcome) -> AsyncIterator[str]:
    """Yield a released text by sentences, and stop the moment the ticket's lane is another one."""
    for number, piece in enumerate(pieces(outcome.text)):
        if number and await client.lane(ticket) != outcome.lane:
            return
        yield piece


def error(status: int, message: str, code: str) -> JSONResponse:
    """Return an error as clients of the protocol read it."""
    kind = "invalid_request_error" if status < 500 else "api_error"
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return JSONResponse(body, status)
