"""What a detector sees: the ticket before the turn, the new turn, and texts read once."""

from collections.abc import Iterable
from typing import NamedTuple

from trustladder.core.policy import Policy
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.detect.cues import NO_HITS, Hit, Hits, hits_in
from trustladder.detect.once import once
from trustladder.detect.text import Read, read

LOOK_BACK_TURNS = 20
"""How many earlier turns of a speaker are compared with the new one."""


class Said(NamedTuple):
    """An earlier turn and the reading of its text."""

    turn: Turn
    text: Read


class Scene:
    """One turn in its ticket. ``ticket`` is the state before the turn; everything else is read when asked for."""

    def __init__(self, ticket: Ticket, turn: Turn, policy: Policy) -> None:
        self.ticket = ticket
        self.turn = turn
        self.policy = policy
        self.role = turn.role

    @once
    def text(self) -> Read:
        """The new turn's text, read."""
        return read(self.turn.text)

    @once
    def hits(self) -> Hits:
        """The cues of the new turn's speaker in its text."""
        speaker = "customer" if self.role is Role.CUSTOMER else "bot" if self.role is Role.BOT else "tool"
        return hits_in(self.text, speaker)

    def hits_of(self, name: str) -> tuple[Hit, ...]:
        """Return the new turn's hits for one pack, strongest first."""
        return self.hits.get(name, NO_HITS)

    @once
    def customer(self) -> tuple[Said, ...]:
        """The customer's earlier turns of the stretch, oldest first, at most `LOOK_BACK_TURNS`."""
        return self._said_by(Role.CUSTOMER)

    @once
    def bot(self) -> tuple[Said, ...]:
        """The bot's earlier turns of the stretch, oldest first, at most `LOOK_BACK_TURNS`."""
        return self._said_by(Role.BOT)

    def _said_by(self, role: Role) -> tuple[Said, ...]:
        turns = [turn for turn in self.ticket.stretch if turn.role is role]
        return tuple([Said(turn, read(turn.text)) for turn in turns[-LOOK_BACK_TURNS:]])

    @property
    def last_bot(self) -> Said | None:
        """The bot's newest earlier turn of the stretch, if any."""
        return self.bot[-1] if self.bot else None

    def quoting(self, hits: Iterable[Hit]) -> tuple[Evidence, ...]:
        """Return evidence that quotes the new turn at each hit, each quote once, at most three."""
        quotes = dict.fromkeys(self.text.quote(hit.start, hit.end) for hit in hits)
        return tuple(Evidence(self.turn.index, quote) for quote in list(quotes)[:3])

    def quoting_all(self) -> tuple[Evidence, ...]:
        """Return evidence that rests on the new turn as a whole."""
        return (Evidence(self.turn.index, self.text.opening),)

    def from_hits(self, name: str, hits: tuple[Hit, ...]) -> tuple[Signal, ...]:
        """Return the signal as strong as its strongest hit, none without hits."""
        return (Signal(name, hits[0].strength, self.quoting(hits)),) if hits else ()
