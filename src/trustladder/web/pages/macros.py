"""Macros: texts to begin a reply with. Ours promise nothing and never ask again; a team can bring its own in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from trustladder.errors import BadInput
from trustladder.policy.source import parse

MOST_MACROS = 50


@dataclass(frozen=True, slots=True)
class Macro:
    """A text with its name. ``{me}`` in it stands for who replies, ``{ticket}`` for the ticket's id."""

    id: str
    name: str
    text: str

    def filled(self, me: str, ticket_id: str) -> "Macro":
        """Return the macro with its places filled."""
        return Macro(self.id, self.name, self.text.replace("{me}", me).replace("{ticket}", ticket_id))


def numbered(texts: Mapping[str, str]) -> tuple[Macro, ...]:
    """Return macros from their names and texts, each with its number as its id."""
    return tuple(Macro(str(number), name, text) for number, (name, text) in enumerate(texts.items(), 1))


MACROS = numbered(
    {
        "I have it, and I have read it": (
            "Hello, this is {me}, a person. I have read everything you wrote, you do not need to repeat it. "
        ),
        "Sorry for the loop": "I am sorry that you had to ask more than once. ",
        "I am looking into it": "I am looking into this myself now, and you will hear from me. ",
        "It is done": "This is done. If you do not see it on your side, write here and it comes to me. ",
        "Does that settle it?": "Does that settle it for you?",
    }
)


def read_macros(path: str) -> tuple[Macro, ...]:
    """Return the macros of a YAML file that maps names to texts; ours for the path "".

    Raises PolicyError with line and column for what is no YAML, BadInput for anything but names with texts.
    """
    if not path:
        return MACROS
    try:
        held = parse(path, Path(path).read_text(encoding="utf-8")).root.plain()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the macros cannot be read: {error}", where=path, fix="check the path and the file") from None
    if not isinstance(held, dict) or not all(isinstance(text, str) and text.strip() for text in held.values()):
        fix = "write one `name: text` a line"
        raise BadInput("a file of macros maps names to texts, and nothing else", where=path, fix=fix)
    if len(held) > MOST_MACROS:
        raise BadInput(
            f"these are {len(held)} macros", where=path, fix=f"keep at most {MOST_MACROS}: people must find them"
        )
    return numbered({str(name): str(text) for name, text in held.items()})


def macros_of(request: Request) -> tuple[Macro, ...]:
    """Return the macros of this app."""
    macros: tuple[Macro, ...] = getattr(request.app.state, "macros", MACROS)
    return macros


TheMacros = Annotated[tuple[Macro, ...], Depends(macros_of)]
