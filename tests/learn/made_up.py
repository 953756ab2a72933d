"""Conversations made up for tests: one message a minute."""

from trustladder.core import events as e
from trustladder.core.containment import ToolCall
from trustladder.learn.conversation import Conversation, Ending, Message, Said

MINUTE_MS = 60_000
START_MS = 1_788_000_000_000


def told(*said: Said, ending: Ending | None = None) -> Conversation:
    messages = tuple(Message(i, i + 1, START_MS + i * MINUTE_MS, event) for i, event in enumerate(said))
    return Conversation("t", messages, ending=ending or Ending())


def customer(text: str) -> e.CustomerWrote:
    return e.CustomerWrote("", text)


def bot(text: str, *tools: str) -> e.BotWrote:
    return e.BotWrote("", text, tool_calls=tuple(ToolCall(name, {}) for name in tools))


def human(text: str) -> e.HumanWrote:
    return e.HumanWrote("", text, "anna")


ASKED_FOR_A_PERSON = (
    customer("I want to speak to a human agent."),
    bot("How can I help?"),
    customer("A human, please."),
)
