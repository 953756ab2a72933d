"""The scribe: one ticket while it is being written. What it records is folded at once and committed together."""

from collections.abc import Sequence

from trustladder.core.events import Event, Recorded
from trustladder.core.ticket import Ticket, fold


class Scribe:
    """A ticket under the pen: the state so far, and the events recorded since it was taken up."""

    def __init__(self, ticket: Ticket, now_ms: int) -> None:
        self.ticket = ticket
        self.start = ticket.position
        self.now_ms = max(now_ms, ticket.updated_at_ms)
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        """Fold one more event onto the ticket, to be committed with the others."""
        self.ticket = fold(self.ticket, Recorded(self.ticket.position + 1, self.now_ms, event))
        self.events.append(event)

    def record_all(self, events: Sequence[Event]) -> None:
        """Record some events in order."""
        for event in events:
            self.record(event)
