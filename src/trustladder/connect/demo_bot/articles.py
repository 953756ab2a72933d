"""The help centre read and searched: articles in Markdown, ranked by BM25."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(
    _WORD.findall(
        "a an and are as at be been but by can could did do does for from get got had has have how i if in is it its "
        "just me my no not of on or our please so some that the their them then there they this to up us was we what "
        "when where which who why will with would you your hello hi thanks thank want need help tell know"
    )
)
_ENDINGS = ("ing", "ies", "ed", "es", "s", "e")
_TITLE_WEIGHT = 3
_K1, _B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the help centre. ``source`` is what an answer from it cites."""

    source: str
    title: str
    topic: str
    body: str


@cache
def help_centre() -> tuple[Article, ...]:
    """Return every article, in the order of their names."""
    folder = files("trustladder.connect.demo_bot.help_centre")
    pages = sorted((page for page in folder.iterdir() if page.name.endswith(".md")), key=lambda page: page.name)
    return tuple(_article(page.name.removesuffix(".md"), page.read_text("utf-8")) for page in pages)


def _article(name: str, text: str) -> Article:
    title, topic, *paragraphs = text.strip().split("\n\n")
    body = " ".join(" ".join(paragraphs).split())
    return Article(f"help/{name}", title.removeprefix("# "), topic.removeprefix("Topic: "), body)


def terms(text: str) -> list[str]:
    """Return the words of a text that carry meaning, cut to a rough stem."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _SMALL]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


class Search:
    """BM25 (Robertson and Zaragoza, 2009, eq. 3.15) over articles; words of a title count three times."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = articles
        self._bags = [Counter(terms(a.title) * _TITLE_WEIGHT + terms(a.topic) + terms(a.body)) for a in articles]
        self._lengths = [sum(bag.values()) for bag in self._bags]
        self._mean_length = sum(self._lengths) / len(self._lengths)
        self._documents = Counter(word for bag in self._bags for word in bag)

    def ranked(self, question: str) -> list[tuple[float, Article]]:
        """Return every article with its score, best first; ties keep the order of the articles."""
        words = terms(question)
        scored = [(self._score(words, index), article) for index, article in enumerate(self._articles)]
        return sorted(scored, key=lambda pair: -pair[0])

    def _score(self, words: Sequence[str], index: int) -> float:
        bag = self._bags[index]
        norm = _K1 * (1 - _B + _B * self._lengths[index] / self._mean_length)
        return sum(self._rarity(word) * bag[word] * (_K1 + 1) / (bag[word] + norm) for word in words if word in bag)

    def _rarity(self, word: str) -> float:
        n = self._documents[word]
        return math.log(1 + (len(self._articles) - n + 0.5) / (n + 0.5))


@cache
def help_search() -> Search:
    """Return the search over the help centre, built once a process."""
    return Search(help_centre())
