"""What a page says after an act: a sentence, and how to take it back where that can be done."""

from dataclasses import dataclass

from trustladder.core.policy import Policy
from trustladder.errors import TrustladderError
from trustladder.web.pages.render import capital
from trustladder.web.pages.who import name_of


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence on top of a page. ``kind`` is done or refused.

    ``undo`` is the act that takes it back, in the words ``undo_words``: what really happens, not a wish. ``up`` is the
    queue to which one press sends the case, ``next`` whether the person is free for another ticket.
    """

    kind: str
    text: str
    fix: str = ""
    undo: str = ""
    undo_words: str = "Undo"
    up: str = ""
    next: bool = False


_DONE = {
    "claimed": Notice("done", "You own this ticket now.", undo="return"),
    "taken": Notice(
        "done", "You own this ticket now. Automation is silent on it.", undo="return", undo_words="Give it to its queue"
    ),
    "returned": Notice(
        "done",
        "The ticket is back in its queue. The customer's clock runs on.",
        undo="claim",
        undo_words="Undo: take it again",
        next=True,
    ),
    "sent": Notice("done", "Your reply is on its way to the customer."),
    "noted": Notice("done", "The note is kept. Only colleagues see it."),
    "resolved": Notice("done", "The ticket is resolved.", undo="reopen", undo_words="Undo: open it again", next=True),
    "reopened": Notice("done", "The ticket is open again, and yours."),
    "handed": Notice(
        "done", "Automation has the ticket again.", undo="take-over", undo_words="Undo: take it over", next=True
    ),
    "restated": Notice("done", "Noted: the customer had to restate the problem."),
    "up": Notice(
        "done", "The ticket has gone up, with your proposal.", undo="claim", undo_words="Undo: take it again", next=True
    ),
}


def done(code: str) -> Notice | None:
    """Return what to say after an act, by its code; None for no act or one that nobody knows."""
    return _DONE.get(code)


def refusal(error: TrustladderError, policy: Policy) -> Notice:
    """Return what to say when an act was refused: what stood in the way, and what to do.

    Where the message begins with the id of one of the policy's people, their name stands in its place.
    """
    first, space, rest = error.what.partition(" ")
    return Notice("refused", _sentence(f"{name_of(policy, first)}{space}{rest}"), _sentence(error.fix))


def _sentence(text: str) -> str:
    ended = not text or text.endswith((".", "?", "!", "”"))
    return capital(text) if ended else f"{capital(text)}."
