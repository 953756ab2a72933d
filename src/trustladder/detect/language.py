"""The language of a message by its small words: light, local and honest about what it cannot tell."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import islice

from trustladder.core.ticket import Role
from trustladder.detect.scene import Scene


def _load() -> tuple[Mapping[str, frozenset[str]], frozenset[str]]:
    data = tomllib.loads((files("trustladder.detect") / "small_words.toml").read_text(encoding="utf-8"))
    by_language = {name: frozenset(words.split()) for name, words in data["small_words"].items()}
    return by_language, frozenset(data["conversation"]["words"].split()).union(*by_language.values())


_LANGUAGES, STOPWORDS = _load()
"""Small words by language, and all words that carry no need by themselves."""

LEAST_WORDS = 2
"""How many small words of one language it takes to name it."""
_MOST_WORDS = 200


def language_of(words: Iterable[str]) -> str:
    """Return the BCP 47 tag of the language in which most small words are, or an empty string where none leads."""
    first = tuple(islice(words, _MOST_WORDS))
    counts = sorted(((sum(map(small.__contains__, first)), name) for name, small in _LANGUAGES.items()), reverse=True)
    (best, name), (second, _) = counts[0], counts[1]
    return name if best >= LEAST_WORDS and best > second else ""


def spoken_language(scene: Scene) -> str:
    """Return the language of a customer's turn where the ticket has none yet, else an empty string."""
    if scene.ticket.language or scene.role is not Role.CUSTOMER:
        return ""
    return language_of(scene.text.words)
