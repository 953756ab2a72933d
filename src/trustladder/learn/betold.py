"""What a line of a BETOLD call says: one reading for the reader of exports and for training, so that they agree."""

from collections.abc import Mapping
from typing import Any

from trustladder.core.ticket import Role
from trustladder.detect.labels import ENTITY


def speaker(line: Mapping[str, Any]) -> Role:
    """Who speaks: ``nlg`` is the bot, anybody else the customer. Raises `KeyError` where the line does not say."""
    return Role.BOT if line["caller_name"] == "nlg" else Role.CUSTOMER


def labels(line: Mapping[str, Any]) -> tuple[str, ...]:
    """The line's intent, then its entities as ``entity:NAME`` in their order.

    Raises `KeyError` where the line has no intent.
    """
    entities = (_text(entity["entity"]) for entity in line.get("entities") or ())
    return (_text(line["intent"]), *(f"{ENTITY}{name}" for name in entities))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
