"""MAIA-DQE: real customers writing German or Portuguese, real agents answering in English.

Every outbound line was written by a person: there is no bot in this set. Emotion, quality and success are
annotations, and stay out of the messages.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trustladder.connect.exports.document import converted, load
from trustladder.connect.exports.source import Source
from trustladder.connect.exports.values import text_of
from trustladder.core import events as e
from trustladder.learn.conversation import Conversation, Ending, Message, Notices, Said

_LANGUAGES = {"de": "de", "pt": "pt"}


def read(source: Source, notices: Notices) -> Iterator[Conversation]:
    """Yield the dialogues of a file, under their own ids; the customer's words are the original's."""

    def convert(dialogue: Any, number: int) -> Conversation:
        return _conversation(dialogue, number, source)

    yield from converted(load(source, "maia"), convert, source, notices)


def _conversation(dialogue: Mapping[str, Any], number: int, source: Source) -> Conversation:
    parts = str(dialogue["id"]).split("_")
    language = next((_LANGUAGES[part] for part in parts if part in _LANGUAGES), "")
    messages = (Message(i, number, 0, event) for i, turn in enumerate(dialogue["turns"]) if (event := _event(turn, i)))
    return Conversation(
        id=str(dialogue["id"]),
        messages=tuple(messages),
        opened=e.TicketOpened(language=language),
        ending=_ending(dialogue.get("dialog") or {}),
        timed=False,
        source=source.name,
    )


def _event(turn: Mapping[str, Any], index: int) -> Said | None:
    text = "\n".join(text_of(sentence) or "" for sentence in turn["text_src"]).strip()
    if not text:
        return None
    if turn["floor"] == "inbound":
        return e.CustomerWrote(str(index), text)
    return e.HumanWrote(str(index), text, "agent")


def _ending(labels: Mapping[str, Any]) -> Ending:
    """Read the annotators' success (1 to 5; "Task Sucess" in the set); a dropped dialogue may well be a solved one."""
    told = {key: labels.get(key) for key in ("Task Sucess", "Dropped conversation")}
    numbers = {key: float(value) for key, value in told.items() if isinstance(value, int | float)}
    success = numbers.get("Task Sucess")
    outcome = "" if success is None else "failed" if success <= 2 else "solved" if success >= 4 else ""
    return Ending(outcome=outcome, labels=numbers)
