"""Sentiment: how negative a message is, and how far it has fallen since the ticket's own start."""

from itertools import islice

from trustladder.core.signals import Signal
from trustladder.core.ticket import Role
from trustladder.detect.cues import NO_HITS, hits_in
from trustladder.detect.detector import CUSTOMER, detector
from trustladder.detect.scene import Scene
from trustladder.detect.text import Read, read
from trustladder.detect.vectors import frustration_of, reads_english

_FIRST_TURNS = 2
_MARKS = 15
LEAST_LEARNED = 10
"""The least learned reading that counts: below it neutral texts differ by chance."""
CALM = 50
"""The most that a problem told calmly is: what the learned reading gives where no word is negative, and the level up
to which nothing has deteriorated. On long messages the learned reading follows their length: in 47 of 100 of tau's
customer messages with 60 and more no word was negative."""


def negativity(text: Read) -> int:
    """Return how negative a customer's text is, 0 to 100.

    The strongest negative cue counts in full, each further one a third of what is left to 100; friendly words take
    off a little, and only half as much beside strong words; shouting (capitals, ``!!``) adds where it is negative.
    """
    if "negativity" not in text.memo:
        text.memo["negativity"] = _negativity(text)
    value: int = text.memo["negativity"]
    return value


def _negativity(text: Read) -> int:
    hits = hits_in(text, "customer")
    level = 0.0
    for hit in hits.get("negative", NO_HITS):
        level = hit.strength if not level else level + (100 - level) * hit.strength / 300
    for name in ("rejection", "churn_threat", "unkept"):
        if hits.get(name):
            level = max(level, hits[name][0].strength * 0.55)
    if not level:
        return 0
    friendly = min(3, len(hits.get("positive", NO_HITS)))
    level -= friendly * (5 if level >= 70 else 10)
    if _shouts(text.original):
        level += _MARKS
    return max(0, min(100, round(level)))


def _shouts(original: str) -> bool:
    if "!!" in original or "??" in original:
        return True
    letters = sum(map(str.isalpha, original[:2000]))
    return letters > 12 and sum(map(str.isupper, original[:2000])) > 0.6 * letters


def level(text: Read, ticket_language: str = "") -> int:
    """Return how negative a text is, 0 to 100: by its cues or, in English, by the learned reading, if that is more.

    The learned reading alone, without a negative cue, goes up to `CALM`.
    """
    hits = hits_in(text, "customer")
    if not reads_english(text, ticket_language) or ("negative" in text.unsaid and not hits.get("negative")):
        return negativity(text)
    if "level" not in text.memo:
        said, learned = negativity(text), frustration_of(text)
        most = learned if said else min(CALM, learned)
        text.memo["level"] = max(said, most if learned >= LEAST_LEARNED else 0)
    value: int = text.memo["level"]
    return value


@detector("sentiment", "sentiment_drop", roles=CUSTOMER)
def sentiment(scene: Scene) -> tuple[Signal, ...]:
    """How negative the customer's latest message is, and how far that is above the ticket's own start.

    Scale of `sentiment`: 0 neutral or friendly, about 45 a problem told calmly, 70 annoyed, 90 and more furious.
    `sentiment_drop` is the rise of that level over the milder of the customer's first two messages, and 0 up to 50:
    to tell a problem calmly after a greeting is no change of mood. Both follow the newest message: a customer may
    calm down.
    """
    language = scene.ticket.language
    now = level(scene.text, language)
    first = islice((turn for turn in scene.ticket.turns if turn.role is Role.CUSTOMER), _FIRST_TURNS)
    start = min((level(read(turn.text), language) for turn in first), default=now)
    evidence = scene.quoting(scene.hits_of("negative")) or scene.quoting_all()
    drop = max(0, now - start) if now > CALM else 0
    return (Signal("sentiment", now, evidence), Signal("sentiment_drop", drop, evidence))
