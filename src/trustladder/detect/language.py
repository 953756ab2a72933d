"""The language of a message by its small words: light, local and honest about what it cannot tell."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import islice

from trustladder.core.ticket import Role
from trustladder.detect.scene import Scene
from trustladder.detect.text import Read


def _load() -> tuple[Mapping[str, frozenset[str]], frozenset[str]]:
    data = tomllib.loads((files("trustladder.detect") / "small_words.toml").read_text(encoding="utf-8"))
    by_language = {name: frozenset(words.split()) for name, words in data["small_words"].items()}
    return by_language, frozenset(data["conversation"]["words"].split()).union(*by_language.values())


_LANGUAGES, STOPWORDS = _load()
"""Small words by language, and all words that carry no need by themselves."""
_LANGUAGES_OF = {
    word: tuple(name for name, small in _LANGUAGES.items() if word in small)
    for word in frozenset[str]().union(*_LANGUAGES.values())
}
"""The languages of which a word is a small one."""

LEAST_WORDS = 2
"""How many small words of one language it takes to name it."""
_MOST_WORDS = 200


def language_of(words: Iterable[str]) -> str:
    """Return the BCP 47 tag of the language in which most small words are, or an empty string where none leads."""
    counts: dict[str, int] = {}
    for word in filter(_LANGUAGES_OF.__contains__, islice(words, _MOST_WORDS)):
        for name in _LANGUAGES_OF[word]:
            counts[name] = counts.get(name, 0) + 1
    best = max(counts.values(), default=0)
    leading = [name for name, count in counts.items() if count == best >= LEAST_WORDS]
    return leading[0] if len(leading) == 1 else ""


def language_in(text: Read) -> str:
    """Return `language_of` a text's words, remembered with the reading."""
    if "language" not in text.memo:
        text.memo["language"] = language_of(text.words)
    language: str = text.memo["language"]
    return language


def spoken_language(scene: Scene) -> str:
    """Return the language of a customer's turn where the ticket has none yet, else an empty string."""
    if scene.ticket.language or scene.role is not Role.CUSTOMER:
        return ""
    return language_in(scene.text)
