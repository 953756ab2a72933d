"""DBDC3: people chatting with chatbots, and thirty annotators on whether each system turn broke the dialogue.

The system's utterances are the bot. The annotations stay out of the messages.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from trustladder.connect.exports.document import converted, load, members
from trustladder.connect.exports.source import Source
from trustladder.connect.exports.values import text_of
from trustladder.core import events as e
from trustladder.learn.conversation import Conversation, Ending, Message, Notices


def read(source: Source, notices: Notices) -> Iterator[Conversation]:
    """Yield the dialogues of the archive (or of one of its files), under their own ids."""
    import msgspec

    if source.head(1) == b"{":
        dialogues: list[Any] = [load(source, "dbdc3")]
    else:
        dialogues = []
        for name, content in members(source):
            try:
                dialogues.append(msgspec.json.decode(content))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                notices.leave_out("malformed JSON in the archive", f"{source.name}:{name}")

    def convert(dialogue: Any, number: int) -> Conversation:
        return _conversation(dialogue, number, source)

    yield from converted(dialogues, convert, source, notices)


def _conversation(dialogue: Mapping[str, Any], number: int, source: Source) -> Conversation:
    messages = []
    for index, turn in enumerate(dialogue["turns"]):
        text = text_of(turn["utterance"]) or ""
        if text.strip():
            said = e.BotWrote if turn["speaker"] == "S" else e.CustomerWrote
            messages.append(Message(index, number, 0, said(str(index), text)))
    return Conversation(
        id=str(dialogue["dialogue-id"]),
        messages=tuple(messages),
        opened=e.TicketOpened(language="en"),
        ending=_ending(dialogue["turns"]),
        timed=False,
        source=source.name,
    )


def _ending(turns: list[Mapping[str, Any]]) -> Ending:
    """Count the system turns that most annotators called a breakdown. It is no outcome: nobody says how it ended."""
    labelled = [turn["annotations"] for turn in turns if turn.get("annotations")]
    votes = (Counter(str(label.get("breakdown")) for label in labels) for labels in labelled)
    broken = sum(1 for vote in votes if vote["X"] * 2 > vote.total())
    return Ending(labels={"breakdowns": float(broken), "labelled_turns": float(len(labelled))})
