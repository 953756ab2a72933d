"""What a page says after an act: a sentence, and how to take it back where that can be done."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence on top of a page. ``kind`` is done or refused; ``undo`` names the act that takes it back."""

    kind: str
    text: str
    fix: str = ""
    undo: str = ""
    up: str = ""


_DONE = {
    "claimed": Notice("done", "You own this ticket now.", undo="return"),
    "taken": Notice("done", "You own this ticket now. Automation is silent on it.", undo="return"),
    "returned": Notice("done", "The ticket is back in its queue. The customer's clock runs on."),
    "sent": Notice("done", "Your reply is on its way to the customer."),
    "noted": Notice("done", "The note is kept. Only colleagues see it."),
    "resolved": Notice("done", "The ticket is resolved."),
    "handed": Notice("done", "Automation has the ticket again."),
    "restated": Notice("done", "Noted: the customer had to restate the problem."),
    "up": Notice("done", "The ticket has gone up, with your proposal."),
}


def done(code: str) -> Notice | None:
    """Return what to say after an act, by its code; None for no act or one that nobody knows."""
    return _DONE.get(code)
