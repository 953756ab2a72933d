"""The model's answer before the gate: put together from a completion or from the pieces of a stream."""

import json
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]

MOST_CALLS = 128
"""Calls in one answer that are told apart; what comes after lands in the last one and can no longer be read."""


@dataclass(slots=True)
class Draft:
    """What the model wants to say and call. Only text and tool calls are kept: nothing else of it ever goes out."""

    text: str = ""
    calls: list[Body] = field(default_factory=list)
    finish_reason: str = "stop"
    head: Body = field(default_factory=dict)
    usage: Body | None = None

    def take_completion(self, body: Body) -> None:
        """Take a whole completion."""
        self._take_head(body)
        choice = _first(body)
        message = choice.get("message") or {}
        self.text = str(message.get("content") or message.get("refusal") or "")
        self.calls = [call for call in message.get("tool_calls") or () if isinstance(call, dict)]
        self.calls += _old_call(message.get("function_call"))
        self.finish_reason = choice.get("finish_reason") or "stop"

    def take_chunk(self, body: Body) -> None:
        """Take one chunk of a stream."""
        self._take_head(body)
        choice = _first(body)
        delta = choice.get("delta") or {}
        self.text += str(delta.get("content") or delta.get("refusal") or "")
        for piece in delta.get("tool_calls") or ():
            self._take_piece(piece)
        self.finish_reason = choice.get("finish_reason") or self.finish_reason

    def _take_head(self, body: Body) -> None:
        self.head = self.head or {name: body[name] for name in ("id", "created", "model") if name in body}
        self.usage = body.get("usage") or self.usage

    def _take_piece(self, piece: Body) -> None:
        index = min(int(piece.get("index") or 0), MOST_CALLS)
        while len(self.calls) <= index:
            self.calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        call = self.calls[index]
        call["id"] = piece.get("id") or call["id"]
        for name, text in (piece.get("function") or {}).items():
            call["function"][name] = call["function"].get(name, "") + (text or "")


def _first(body: Body) -> Body:
    choices = body.get("choices") or [{}]
    first: Body = choices[0] if isinstance(choices[0], dict) else {}
    return first


def _old_call(call: Body | None) -> list[Body]:
    """A call in the form that came before tool calls, as a tool call."""
    return [{"id": "call_0", "type": "function", "function": call}] if call else []


def unambiguous(pairs: list[tuple[str, Any]]) -> Body:
    """Return the object, or raise ValueError where a name stands twice: who carries it out may read the other one."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return read


def for_the_gate(call: Body) -> Body | None:
    """Return a call as the gate takes it, None when its name or arguments cannot be read."""
    function = call.get("function")
    custom = call.get("custom")
    if isinstance(custom, dict) and custom.get("name"):
        return {"name": str(custom["name"]), "arguments": {"input": custom.get("input")}}
    if not isinstance(function, dict):
        return None
    try:
        arguments = json.loads(function.get("arguments") or "{}", object_pairs_hook=unambiguous)
    except (ValueError, TypeError, RecursionError):
        return None
    name = function.get("name")
    known = isinstance(name, str) and bool(name) and isinstance(arguments, dict)
    return {"name": name, "arguments": arguments} if known else None
