"""BETOLD: real calls to a phone bot as intents and entities, without text; did the caller hang up or ask away late?

``nlg`` is the bot, ``nlu`` the customer. The label (LUHF) stays out of the messages.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trustladder.connect.exports.document import converted, load
from trustladder.connect.exports.source import Source
from trustladder.connect.exports.values import text_of
from trustladder.core import events as e
from trustladder.core.ticket import Role
from trustladder.learn.betold import labels, speaker
from trustladder.learn.conversation import Conversation, Ending, Message, Notices, Said


def read(source: Source, notices: Notices) -> Iterator[Conversation]:
    """Yield the calls. They have no ids in the set: ``call-N`` counts them from 0, in the file's order."""

    def convert(call: Any, number: int) -> Conversation:
        return _conversation(call, number, source)

    yield from converted(load(source, "betold"), convert, source, notices)


def _conversation(call: Mapping[str, Any], number: int, source: Source) -> Conversation:
    turns = enumerate(call["utterances_annotations"])
    return Conversation(
        id=f"call-{number - 1}",
        messages=tuple(Message(i, number, 0, _event(turn, i)) for i, turn in turns),
        opened=e.TicketOpened(channel="phone", language="en"),
        ending=_ending(call.get("LUHF")),
        timed=False,
        source=source.name,
    )


def _event(turn: Mapping[str, Any], index: int) -> Said:
    intents = tuple(text_of(label) or "" for label in labels(turn))
    if speaker(turn) is Role.BOT:
        return e.BotWrote(str(index), "", intents=intents)
    return e.CustomerWrote(str(index), "", intents)


def _ending(label: object) -> Ending:
    if label not in ("luhf", "not_luhf"):
        return Ending()
    return Ending(outcome="abandoned" if label == "luhf" else "solved", labels={"luhf": str(label)})
