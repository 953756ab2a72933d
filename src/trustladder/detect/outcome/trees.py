"""Boosted trees of yes/no questions about counts: what reads a conversation in labels at run time.

A question is "was this counted at least so often?". Every tree asks `depth` of them one after the other and adds the
value of the place it ends at. What a question added is the change of value on its step down the tree, so that the
parts and the constant sum to the logit (Saabas, "Interpreting random forests", 2014).
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


def whole_percent(logit: float) -> int:
    """The probability of a logit in whole percent; beyond 30 either way nothing changes."""
    return round(100 / (1 + math.exp(-max(-30.0, min(30.0, logit)))))


@dataclass(frozen=True, slots=True)
class Questions:
    """Yes/no questions, in order of name and count: is `names[i]` counted at least `least[i]` times?"""

    names: tuple[str, ...]
    least: tuple[int, ...]
    _of: Mapping[str, tuple[int, list[int]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        of: dict[str, tuple[int, list[int]]] = {}
        for place, (name, least) in enumerate(zip(self.names, self.least, strict=True)):
            of.setdefault(name, (place, []))[1].append(least)
        object.__setattr__(self, "_of", of)

    def answers(self, counts: Mapping[str, int]) -> npt.NDArray[np.bool_]:
        """The answer to each question; one more at the end, always no, for places where a tree asks nothing."""
        found = np.zeros(len(self.names) + 1, dtype=np.bool_)
        for name, count in counts.items():
            if name in self._of:
                first, least = self._of[name]
                found[first : first + bisect_right(least, count)] = True
        return found


@dataclass(frozen=True, slots=True)
class Trees:
    """Full binary trees side by side, one a row.

    `asked` (trees, 2^depth - 1) holds the question of each inner place, `values` (trees, 2^(depth+1) - 1) what the
    calls that reach a place add on average: from place p one goes to 2p + 1 on no, to 2p + 2 on yes.
    """

    questions: Questions
    asked: Places
    values: Values
    constant: float

    @property
    def depth(self) -> int:
        """How many questions a tree asks."""
        return int(self.asked.shape[1] + 1).bit_length() - 1

    def parts(self, counts: Mapping[str, int]) -> dict[str, float]:
        """What each counted name added to the logit; what is left is `base`."""
        yes = self.questions.answers(counts)
        trees, added = np.arange(len(self.asked)), np.zeros(len(yes))
        at = np.zeros_like(trees)
        for _ in range(self.depth):
            question = self.asked[trees, at]
            below = 2 * at + 1 + yes[question]
            step = self.values[trees, below] - self.values[trees, at]
            added += np.bincount(question, step, len(yes))
            at = below
        found: dict[str, float] = {}
        for place in np.flatnonzero(added).tolist():
            name = self.questions.names[place]
            found[name] = found.get(name, 0.0) + float(added[place])
        return found

    @property
    def base(self) -> float:
        """The logit before any question is asked."""
        return self.constant + float(self.values[:, 0].sum())

    def logits(self, yes: npt.NDArray[np.bool_]) -> Values:
        """The logit of each row of answers, all at once."""
        rows, found = np.arange(len(yes)), np.full(len(yes), self.constant)
        for asked, values in zip(self.asked, self.values, strict=True):
            at = np.zeros(len(yes), dtype=np.int64)
            for _ in range(self.depth):
                at = 2 * at + 1 + yes[rows, asked[at]]
            found += values[at]
        return found


@dataclass(frozen=True, slots=True)
class TreePart:
    """Trees and their calibration; `domains` are shifts for ticket types that were seen in training."""

    trees: Trees
    slope: float
    shift: float
    domains: Mapping[str, float]

    def strength(self, logit: float, domain: str) -> int:
        """The calibrated probability in whole percent."""
        return whole_percent(self.slope * logit + self.shift + self.domains.get(domain, 0.0))


def pack_trees(prefix: str, part: TreePart) -> dict[str, Any]:
    """The arrays of a part under names that start with `prefix`, for the model file."""
    trees = part.trees
    return {
        f"{prefix}.names": np.frombuffer("\n".join(trees.questions.names).encode(), dtype=np.uint8),
        f"{prefix}.least": np.array(trees.questions.least, dtype=np.int64),
        f"{prefix}.asked": trees.asked.astype(np.uint16),
        f"{prefix}.values": trees.values,
        f"{prefix}.numbers": np.array([trees.constant, part.slope, part.shift], dtype=np.float64),
        f"{prefix}.domains": np.frombuffer("\n".join(part.domains).encode(), dtype=np.uint8),
        f"{prefix}.shifts": np.array(list(part.domains.values()), dtype=np.float64),
    }


def text_lines(array: Any) -> tuple[str, ...]:
    """The lines of a text that is held as bytes in a model file."""
    text = array.tobytes().decode()
    return tuple(text.split("\n")) if text else ()


def unpack_trees(prefix: str, arrays: Mapping[str, Any]) -> TreePart:
    """The part that `pack_trees` packed."""
    questions = Questions(text_lines(arrays[f"{prefix}.names"]), tuple(arrays[f"{prefix}.least"].tolist()))
    constant, slope, shift = arrays[f"{prefix}.numbers"].tolist()
    domains = zip(text_lines(arrays[f"{prefix}.domains"]), arrays[f"{prefix}.shifts"].tolist(), strict=True)
    asked, values = arrays[f"{prefix}.asked"].astype(np.int64), arrays[f"{prefix}.values"].astype(np.float64)
    return TreePart(Trees(questions, asked, values, constant), slope, shift, dict(domains))
