"""A past ticket that can be put under any policy, again and again: from an export or from a ledger."""

from dataclasses import dataclass
from typing import Protocol

from trustladder.core import events as e
from trustladder.core.policy import Policy
from trustladder.learn.case import Played, played_under
from trustladder.learn.conversation import Conversation
from trustladder.learn.recorded import recorded_under
from trustladder.learn.seen import SeenOnce


class Past(Protocol):
    """A past ticket. ``line`` is where it stands in its source, 0 in a ledger."""

    @property
    def name(self) -> str:
        """The ticket's or the conversation's id."""
        ...

    @property
    def source(self) -> str:
        """The file's name, or ``ledger``."""
        ...

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        ...

    def under(self, policy: Policy) -> Played:
        """Return the ticket as the policy would have treated it."""
        ...


@dataclass(frozen=True, slots=True)
class PastConversation:
    """A conversation of an export, with what perception saw in it."""

    conversation: Conversation
    seen: SeenOnce

    @property
    def name(self) -> str:
        """The conversation's id."""
        return self.conversation.id

    @property
    def source(self) -> str:
        """The file's name."""
        return self.conversation.source

    @property
    def line(self) -> int:
        """Where it stands in the file."""
        return self.conversation.messages[0].line if self.conversation.messages else 0

    def under(self, policy: Policy) -> Played:
        """Return the conversation as the policy would have treated it; a turn is perceived only once."""
        return played_under(self.conversation, policy, self.seen)


@dataclass(frozen=True, slots=True)
class PastTicket:
    """A ticket of a ledger, with its recorded signals."""

    name: str
    history: tuple[e.Recorded, ...]
    source: str = "ledger"
    line: int = 0

    def under(self, policy: Policy) -> Played:
        """Return the ticket as the policy would have treated it; nothing is perceived."""
        return recorded_under(self.name, self.history, policy)
