"""The words of one kind in a conversation so far: how often, where first, and what the known ones add to a sum."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

Known = Mapping[str, tuple[float, float]]
"""Words that a learned sum knows, with their idf squared and their idf times their weight."""


@cache
def tamed(count: int) -> float:
    """What a word said so often counts: the tenth time adds less than the first."""
    return 1 + math.log(count) if count else 0.0


@dataclass(slots=True)
class Heard:
    """`counts` of words in the order in which they were first said; `turns` tells how many there were after each turn.

    Where a learned sum's `known` words are given, only they are counted, and what they add is kept ready: `total`
    before it is scaled to length one, the `squared` length, and the `raising` words with their share of the total.
    """

    known: Known | None = None
    counts: dict[str, int] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    total: float = 0.0
    squared: float = 0.0
    raising: dict[str, float] = field(default_factory=dict)

    def add(self, words: Iterable[str], turn: int) -> None:
        """Count the words of a turn."""
        if self.known is not None:
            self._weigh(self.known, words)
        else:
            for word in words:
                self.counts[word] = self.counts.get(word, 0) + 1
        self.turns[turn] = len(self.counts)

    def first_turn(self, word: str, otherwise: int = -1) -> int:
        """The turn in which a word was first said."""
        if word not in self.counts:
            return otherwise
        place = list(self.counts).index(word)
        return next(turn for turn, words in self.turns.items() if place < words)

    def _weigh(self, known: Known, words: Iterable[str]) -> None:
        counts, raising = self.counts, self.raising
        total, squared = self.total, self.squared
        for word in filter(known.__contains__, words):
            square, weight = known[word]
            count = counts.get(word, 0)
            counts[word] = count + 1
            if count:
                before, now = tamed(count), tamed(count + 1)
                total += (now - before) * weight
                squared += (now * now - before * before) * square
                added = now * weight
            else:
                total += weight
                squared += square
                added = weight
            if weight > 0:
                raising[word] = added
        self.total, self.squared = total, squared

    @property
    def added(self) -> float:
        """What the known words add, scaled to length one."""
        return self.total / math.sqrt(self.squared) if self.squared else 0.0

    def most_raising(self, most: int) -> list[tuple[float, str]]:
        """The words that add most, and what, the largest first."""
        largest = sorted(self.raising.items(), key=lambda item: item[1], reverse=True)[:most]
        return [(value / math.sqrt(self.squared), word) for word, value in largest]

    def copy(self) -> "Heard":
        """The same words in a state of its own."""
        counts, turns, raising = dict(self.counts), dict(self.turns), dict(self.raising)
        return Heard(self.known, counts, turns, self.total, self.squared, raising)
