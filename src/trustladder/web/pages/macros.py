"""Macros: texts to begin a reply with. They promise nothing, and they never ask again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Macro:
    """A text with its name."""

    id: str
    name: str
    text: str


MACROS = (
    Macro(
        "greet",
        "I have it, and I have read it",
        "Hello, this is a person. I have read everything you wrote, you do not need to repeat it. ",
    ),
    Macro("sorry", "Sorry for the loop", "I am sorry that you had to ask more than once. "),
    Macro("looking", "I am looking into it", "I am looking into this myself now, and you will hear from me. "),
    Macro("done", "It is done", "This is done. If you do not see it on your side, write here and it comes to me. "),
    Macro("check", "Does that settle it?", "Does that settle it for you?"),
)
