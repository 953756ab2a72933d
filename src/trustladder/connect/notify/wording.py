"""A notification in words: a subject, some lines, and the way to the ticket."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from trustladder.desk.outbox import Notification, Occasion

_HEADS = {
    Occasion.ESCALATED: "waits for a person",
    Occasion.BREACHED: "missed a deadline",
    Occasion.WATCH: "is to be watched",
    Occasion.ALARM: "had no timer",
}


@dataclass(frozen=True, slots=True)
class Links:
    """Where the service is for those who read a notification, without a slash at the end."""

    base_url: str

    def ticket(self, note: Notification) -> str:
        """Return the address of a ticket's page."""
        return f"{self.base_url.rstrip('/')}/tickets/{quote(note.ticket_id, safe='')}"


def subject_of(note: Notification) -> str:
    """Return a line that says which ticket and what about it, without line breaks."""
    return " ".join(f"Ticket {note.ticket_id} {_HEADS[note.occasion]} ({note.queue or 'no queue'})".split())


def lines_of(note: Notification, links: Links) -> list[str]:
    """Return what there is to say, a line each; the address of the ticket last."""
    lines = [note.sentence.rstrip(".") + "."]
    if note.due_ms is not None:
        lines.append(f"Next deadline: {datetime.fromtimestamp(note.due_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC.")
    if note.owner:
        lines.append(f"Owner: {note.owner}.")
    return [*lines, links.ticket(note)]
