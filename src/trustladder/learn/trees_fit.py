"""Growing boosted trees of yes/no questions, in numpy and the same on every run.

Logistic gradient boosting with Newton steps (Friedman 2001; Chen and Guestrin 2016). Since every question is yes or
no, one matrix product gives the gain of all of them at once. numpy rather than an optional scikit-learn: what the
shipped score needs is this page, and whoever can run trustladder can remake it. Names in `raises` may only raise the
logit, whatever else was counted: their yes never goes below their no, nor what is asked further down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trustladder.detect.outcome.trees import Questions, Trees
from trustladder.learn.risk_training import Numbers, logistic

Answers = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown: how many, how much of each is believed, questions a tree, ridge, least weight of a side.

    `tried` is the share of the questions that one tree may ask, drawn anew for each.
    """

    trees: int = 150
    rate: float = 0.05
    depth: int = 3
    ridge: float = 5.0
    least: float = 6.0
    tried: float = 0.3
    seed: int = 0


def questions_about(counts: Sequence[Mapping[str, int]], groups: Sequence[str], least_groups: int = 12) -> Questions:
    """Every name at every count seen that at least `least_groups` conversations reach."""
    reached: dict[str, dict[str, int]] = {}
    seen: dict[str, set[int]] = {}
    for found, group in zip(counts, groups, strict=True):
        for name, count in found.items():
            seen.setdefault(name, set()).add(count)
            most = reached.setdefault(name, {})
            most[group] = max(most.get(group, 0), count)
    kept = [
        (name, least)
        for name in sorted(seen)
        for least in sorted(seen[name])
        if least > 0 and sum(count >= least for count in reached[name].values()) >= least_groups
    ]
    return Questions(tuple(name for name, _ in kept), tuple(least for _, least in kept))


def answered(questions: Questions, counts: Sequence[Mapping[str, int]]) -> Answers:
    """One row of answers for each conversation."""
    return np.array([questions.answers(found) for found in counts]).reshape(len(counts), -1)


@dataclass(slots=True)
class _Tree:
    """One tree as it grows: its questions, its values, and the bounds that the values below a place keep to."""

    asked: npt.NDArray[np.int64]
    values: Numbers
    lowest: Numbers
    highest: Numbers

    @classmethod
    def empty(cls, depth: int, nothing: int) -> "_Tree":
        inner, places = 2**depth - 1, 2 ** (depth + 1) - 1
        return cls(np.full(inner, nothing), np.zeros(places), np.full(places, -np.inf), np.full(places, np.inf))

    def split(self, place: int, question: int, no: float, yes: float, raises: bool) -> None:
        below = (2 * place + 1, 2 * place + 2)
        self.asked[place] = question
        for side, value in zip(below, (no, yes), strict=True):
            self.values[side], self.lowest[side], self.highest[side] = value, self.lowest[place], self.highest[place]
        if raises:
            self.highest[below[0]] = self.lowest[below[1]] = (no + yes) / 2

    def stop(self, place: int) -> None:
        """Ask nothing at a place: everybody goes to its no."""
        value = float(self.values[place])
        self.split(place, int(self.asked[place]), value, value, raises=False)


@dataclass(frozen=True, slots=True)
class _Tried:
    """The questions that one tree may ask: their places, the answers of all rows, and which may only raise."""

    places: npt.NDArray[np.int64]
    said: npt.NDArray[np.float32]
    raises: Answers


def grow(
    questions: Questions, yes: Answers, labels: Numbers, weights: Numbers, raises: frozenset[str], how: Growth
) -> Trees:
    """The trees for rows of answers (as `answered` gives them), each row with its label and weight."""
    draw, count = np.random.default_rng(how.seed), len(questions.names)
    rising = np.array([name in raises for name in questions.names], dtype=np.bool_)
    said = yes.astype(np.float32)
    constant = float(np.log((weights @ labels) / (weights @ (1 - labels))))
    logits, grown = np.full(len(labels), constant), list[_Tree]()
    for _ in range(how.trees if count else 0):
        places = np.sort(draw.choice(count, max(1, int(how.tried * count)), replace=False))
        tried = _Tried(places, np.ascontiguousarray(said[:, places]), rising[places])
        risks = logistic(logits)
        tree, at = _grow_tree(yes, tried, weights * (labels - risks), weights * risks * (1 - risks), how)
        logits = logits + how.rate * tree.values[at]
        grown.append(tree)
    asked = np.array([tree.asked for tree in grown], dtype=np.int64).reshape(len(grown), 2**how.depth - 1)
    values = np.array([tree.values for tree in grown]).reshape(len(grown), 2 ** (how.depth + 1) - 1)
    return Trees(questions, asked, how.rate * values, constant)


def _grow_tree(
    yes: Answers, tried: _Tried, pull: Numbers, stiffness: Numbers, how: Growth
) -> tuple[_Tree, npt.NDArray[np.int64]]:
    """A tree for the slope (`pull`) and the curvature (`stiffness`) of each row, and the place each row ends at."""
    rows, tree = np.arange(len(yes)), _Tree.empty(how.depth, yes.shape[1] - 1)
    at = np.zeros(len(yes), dtype=np.int64)
    tree.values[0] = pull.sum() / (stiffness.sum() + how.ridge)
    for level in range(how.depth):
        width = 2**level
        spread = np.zeros((len(yes), 2 * width), dtype=np.float32)
        spread[rows, at - (width - 1)] = pull
        spread[rows, at + 1] = stiffness
        _ask(tree, width, tried, spread, how)
        at = 2 * at + 1 + yes[rows, tree.asked[at]]
    return tree, at


def _ask(tree: _Tree, width: int, tried: _Tried, spread: npt.NDArray[np.float32], how: Growth) -> None:
    """Ask at each of the `width` places of a level the question that gains most.

    `spread` has a column for each place's slope and then for each place's curvature.
    """
    both, yes = spread.sum(axis=0, dtype=np.float64), (tried.said.T @ spread).astype(np.float64)
    sides = both - yes, yes
    level = slice(width - 1, 2 * width - 1)
    values, gain = [], np.zeros((len(tried.places), width))
    for side in sides:
        slope, curve = side[:, :width], side[:, width:] + how.ridge
        value = np.clip(slope / curve, tree.lowest[level], tree.highest[level])
        gain += slope * value - curve * value**2 / 2
        values.append(value)
    no, more = values
    too_few = np.minimum(sides[0][:, width:], sides[1][:, width:]) < how.least
    gain[too_few | (tried.raises[:, None] & (more < no))] = -np.inf
    for j, best in enumerate(gain.argmax(axis=0).tolist()):
        place = width - 1 + j
        if np.isfinite(gain[best, j]):
            tree.split(
                place, int(tried.places[best]), float(no[best, j]), float(more[best, j]), bool(tried.raises[best])
            )
        else:
            tree.stop(place)
