"""The words of a conversation so far: how often each was said, where first, and what the known ones add to a sum."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

Known = tuple[str, float, float]
"""A word that a learned sum knows: its key (kind and word), its idf squared, and its idf times its weight."""

Vocabulary = Mapping[str, Mapping[str, Known]]
"""The known words by kind and word."""

_NONE: Mapping[str, Known] = {}


def tamed(count: int) -> float:
    """What a word said so often counts: the tenth time adds less than the first."""
    return 1 + math.log(count) if count else 0.0


@cache
def _again(count: int) -> tuple[float, float]:
    """What one more time adds to `tamed` and to its square, for a word said ``count`` times before."""
    before, now = tamed(count), tamed(count + 1)
    return now - before, now * now - before * before


@dataclass(slots=True)
class Heard:
    """`counts` and `where` (the turn in which each was first said) by key, which is a word's kind and the word.

    With a `vocabulary` only its words are counted, and the learned sum of each kind is kept ready: `sums` holds what
    its words add before the kind is scaled to length one, and the squared length; `raising` the words that add.
    """

    vocabulary: Vocabulary | None = None
    counts: dict[str, int] = field(default_factory=dict)
    where: dict[str, int] = field(default_factory=dict)
    sums: dict[str, tuple[float, float]] = field(default_factory=dict)
    raising: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, kind: str, words: Iterable[str], turn: int) -> None:
        """Count the words of a turn."""
        if self.vocabulary is not None:
            self._weigh(kind, self.vocabulary.get(kind, _NONE), words, turn)
            return
        for word in words:
            key = kind + word
            self.counts[key] = self.counts.get(key, 0) + 1
            self.where.setdefault(key, turn)

    def _weigh(self, kind: str, known: Mapping[str, Known], words: Iterable[str], turn: int) -> None:
        counts, where, raising = self.counts, self.where, self.raising.setdefault(kind, {})
        total, squared = self.sums.get(kind, (0.0, 0.0))
        for word in filter(known.__contains__, words):
            key, square, weight = known[word]
            count = counts.get(key, 0)
            counts[key] = count + 1
            if count:
                more, more_squared = _again(count)
                total += more * weight
                squared += more_squared * square
            else:
                where[key] = turn
                total += weight
                squared += square
            if weight > 0:
                raising[key] = tamed(count + 1) * weight if count else weight
        self.sums[kind] = total, squared

    def added(self) -> float:
        """What all known words add: each kind scaled to length one."""
        return sum(total / math.sqrt(squared) for _, (total, squared) in sorted(self.sums.items()) if squared)

    def most_raising(self, most: int) -> list[tuple[float, str]]:
        """The words that add most, and what, the largest first: at most so many of each kind."""
        found = []
        for kind, raising in self.raising.items():
            largest = sorted(raising.items(), key=lambda item: item[1], reverse=True)[:most]
            found += [(value / math.sqrt(self.sums[kind][1]), key) for key, value in largest]
        return sorted(found, reverse=True)

    def copy(self) -> "Heard":
        """The same words in a state of its own."""
        raising = {kind: dict(words) for kind, words in self.raising.items()}
        return Heard(self.vocabulary, dict(self.counts), dict(self.where), dict(self.sums), raising)
