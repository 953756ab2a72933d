"""What a text asks for: the kinds of fact that a person of the business wants from the customer."""

from trustladder.detect.cues import NO_HITS, hits_in
from trustladder.detect.text import read


def kinds_asked_for(text: str) -> tuple[str, ...]:
    """Return the kinds of fact that a text asks for, such as ``order_number``: the cues of the signal asked_again."""
    hits = hits_in(read(text), "bot").get("asks", NO_HITS)
    return tuple(dict.fromkeys(hit.tag for hit in hits))
