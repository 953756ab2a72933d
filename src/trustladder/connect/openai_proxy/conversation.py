"""What a chat-completions request says about the ticket: its id, the customer's newest words, what tools returned."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from trustladder.errors import BadInput

TICKET_HEADER = "x-trustladder-ticket"
OUR_METADATA = ("ticket", "ticket_type")
NO_WORDS = "[no text]"

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """The customer's newest message with an id that a repeated request gives again."""

    text: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What a tool returned since the bot last spoke."""

    name: str
    text: str
    message_id: str


def ticket_of(headers: Mapping[str, str], body: Body) -> str:
    """Return the ticket's id: the header, else ``metadata.ticket``, else ``user``. Raises BadInput without any."""
    metadata = body.get("metadata")
    named = metadata.get("ticket") if isinstance(metadata, dict) else None
    for given in (headers.get(TICKET_HEADER), named, body.get("user")):
        if isinstance(given, str) and given.strip():
            return given.strip()
    raise BadInput(
        "the request names no ticket",
        fix="send the header X-Trustladder-Ticket, metadata.ticket or user, one value for each conversation",
    )


def facts_of(body: Body) -> dict[str, str]:
    """Return what the application itself told about the ticket."""
    metadata = body.get("metadata")
    told = metadata.get("ticket_type") if isinstance(metadata, dict) else None
    return {"ticket_type": told} if isinstance(told, str) and told else {}


def messages_of(body: Body) -> list[Body]:
    """Return the messages. Raises BadInput where there are none that can be read."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(item, dict) for item in messages) or not messages:
        raise BadInput("messages must be a list of message objects, with at least one")
    if body.get("n") not in (None, 1):
        raise BadInput("n must be 1: the gate judges one answer", fix="leave n out")
    return messages


def heard(messages: Sequence[Body]) -> Heard | None:
    """Return the newest message of the customer, None when there is none yet.

    Its id is made of the number and the words of all the customer's messages so far, so that the same request gives
    the same id, and the same words said again another one.
    """
    said = [text_of(message.get("content")) for message in messages if message.get("role") == "user"]
    if not said:
        return None
    digest = hashlib.sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()[:24]
    return Heard(said[-1].strip() or NO_WORDS, f"chat-{len(said)}-{digest}")


def returned(messages: Sequence[Body]) -> tuple[Returned, ...]:
    """Return what tools have returned since the bot last spoke, in order."""
    newest = list(takewhile(lambda message: message.get("role") == "tool", reversed(messages)))
    names = dict(_called(messages))
    return tuple(
        Returned(names.get(call_id, "tool"), text_of(message.get("content")).strip() or NO_WORDS, f"tool-{call_id}")
        for message in reversed(newest)
        if (call_id := str(message.get("tool_call_id", "")))
    )


def _called(messages: Sequence[Body]) -> Iterator[tuple[str, str]]:
    calls = [message.get("tool_calls") for message in messages]
    for call in (call for made in calls if isinstance(made, list) for call in made if isinstance(call, dict)):
        named = call.get("function") or call.get("custom")
        yield str(call.get("id", "")), str(named.get("name", "tool")) if isinstance(named, dict) else "tool"


def text_of(content: object) -> str:
    """Return the text of a message's content; parts that are not text are named, so that nothing vanishes unseen."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, dict)]
    return "\n".join(str(part.get("text") or part.get("refusal") or f"[{part.get('type', 'part')}]") for part in parts)


def for_upstream(body: Body) -> Body:
    """Return the request as the model's server gets it: without what only we understand."""
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return body
    theirs = {name: value for name, value in metadata.items() if name not in OUR_METADATA}
    rest = {name: value for name, value in body.items() if name != "metadata"}
    return {**rest, "metadata": theirs} if theirs else rest
