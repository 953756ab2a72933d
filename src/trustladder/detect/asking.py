"""What a text asks for: the kinds of fact that a person of the business wants from the customer."""

from functools import cache
from typing import Any

import re2

from trustladder.detect.cues import NO_HITS, hits_in
from trustladder.detect.text import Read, read

_END_CHARACTERS = 240
"""How much of a text's end tells whether it asks: what is asked further up was answered by the text itself."""
_ASKS = (
    r"\?|\b(?:please|kindly) (?:provide|confirm|share|tell|choose|select|specify|enter|reply|try|check|send|give|let)\b"
    r"|\blet me know\b|\bbitte (?:nennen|geben|teilen|bestaetigen|bestatigen|schicken|senden|wahlen|prufen|versuchen)\b"
)
_ON_ITSELF = (
    r"\b(?:anything|something) else\b"
    r"|\b(?:did|does|has|is) (?:this|that|it)\b[^?]*\b(?:help|solve|resolve|answer|work|fix)"
    r"|\blooking for\b|\bhelpful\b|\b(?:sonst noch|noch etwas|geholfen|hilft ihnen das)\b"
)


@cache
def _endings() -> Any:
    """Both patterns in one automaton: it answers [0] for an end that asks and does not ask on itself."""
    together = re2.Set.SearchSet()
    together.Add(_ASKS)
    together.Add(_ON_ITSELF)
    together.Compile()
    return together


def asks_back(text: Read) -> bool:
    """Return whether a bot's text ends by asking the customer for something.

    Asking whether there is anything else, or whether its own answer helped, is not that: what the customer then says
    again, or turns down, counts.
    """
    if "asks_back" not in text.memo:
        text.memo["asks_back"] = list(_endings().Match(text.matched[-_END_CHARACTERS:]) or ()) == [0]
    asks: bool = text.memo["asks_back"]
    return asks


def kinds_asked_for(text: str) -> tuple[str, ...]:
    """Return the kinds of fact that a text asks for, such as ``order_number``: the cues of the signal asked_again."""
    hits = hits_in(read(text), "bot").get("asks", NO_HITS)
    return tuple(dict.fromkeys(hit.tag for hit in hits))
