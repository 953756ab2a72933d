"""Breakdown: how likely people are to say that the bot's utterance breaks the conversation.

Kernel ridge regression over the utterance, the customer's last words, how both sit in the conversation, and how the
bot has spoken so far; its targets are the shares of 30 annotators (DBDC3: O no breakdown, T possible, X breakdown).
The bot's name is no input.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trustladder.detect.meaning.encoder import Encoder, Vectors, load_encoder
from trustladder.detect.meaning.heads import load_heads
from trustladder.detect.meaning.tokenizer import words

Numbers = npt.NDArray[np.float32]

WIDTH = 0.3
CUSTOMER_WEIGHT = 0.7
PLACE_WEIGHT = 0.25
MANNER_WEIGHT = 2.0
LEAST_SHARE = 0.01


class Breakdown(NamedTuple):
    """Shares, 0 to 1, of people who would see no, a possible, and a certain breakdown; they sum to one."""

    none: float
    possible: float
    certain: float
    threshold: float

    @property
    def is_likely(self) -> bool:
        """Whether most people would see at least a possible one (threshold fitted for F1 of T or X)."""
        return self.none < self.threshold

    @property
    def strength(self) -> int:
        """Expected severity in hundredths: half of possible, all of certain."""
        return round(100 * (self.certain + self.possible / 2))


class Place(NamedTuple):
    """A bot's utterance in its conversation, with all vectors: what was said before by bot and customer, in order."""

    utterance: str
    last_words: str
    vector: Vectors
    bot_before: Vectors
    customer_before: Vectors

    @property
    def heard(self) -> Vectors:
        """The vector of the customer's last words; zeros before the first."""
        return self.customer_before[-1] if len(self.customer_before) else np.zeros_like(self.vector)

    @property
    def manner(self) -> Vectors:
        """How the bot has spoken so far: the mean of its earlier vectors; zeros at its first utterance."""
        before = self.bot_before
        return np.add.reduce(before) / np.float32(len(before)) if len(before) else np.zeros_like(self.vector)


def place(utterance: str, bot_before: Sequence[str], customer_before: Sequence[str], encoder: Encoder) -> Place:
    """The utterance with the vectors of all texts around it."""
    vectors = encoder.encode([utterance, *bot_before, *customer_before])
    last_words = customer_before[-1] if customer_before else ""
    cut = 1 + len(bot_before)
    return Place(utterance, last_words, vectors[0], vectors[1:cut], vectors[cut:])


def measures(at: Place) -> list[float]:
    """How the utterance sits in the conversation: likeness to what was said, length, questions, overlap, turn."""
    said, heard = words(at.utterance), words(at.last_words)
    bot, told = (at.bot_before @ at.vector).tolist(), (at.customer_before @ at.vector).tolist()
    asks, asked = "?" in at.utterance, "?" in at.last_words
    different = set(said)
    shared = len(different.intersection(heard)) / max(1, len(different))
    customer = at.customer_before
    return [
        _last(told), _last(bot), _most(bot), float(_most(bot) > 0.999),
        _most(told[:-1]), float(customer[-1] @ customer[-2]) if len(customer) > 1 else 0.0,
        math.log1p(len(said)), math.log1p(len(heard)), float(asks), float(asked), float(asks and asked),
        (len(bot) + len(told)) / 20, shared, float(at.utterance[:1].islower()),
        float(at.utterance[-1:] in ".!?"), float(len(heard) < 3), float(len(said) < 3),
        sum(told) / len(told) if told else 0.0,
    ]  # fmt: skip


def _last(values: Sequence[float]) -> float:
    return values[-1] if values else 0.0


def _most(values: Sequence[float]) -> float:
    return max(values, default=0.0)


def table(
    model: Mapping[str, npt.NDArray[np.floating]],
    said: npt.NDArray[np.floating],
    heard: npt.NDArray[np.floating],
    manner: npt.NDArray[np.floating],
    measured: npt.NDArray[np.floating],
) -> npt.NDArray[np.floating]:
    """The kernel's input, one row or many: vectors along the model's axes beside the standardised measures."""
    parts = (
        said @ model["bot_axes"],
        CUSTOMER_WEIGHT * (heard @ model["customer_axes"]),
        MANNER_WEIGHT * (manner @ model["manner_axes"]),
        PLACE_WEIGHT * ((measured - model["mean"]) / model["spread"]),
    )
    return np.concatenate(parts, axis=-1)


def kernel(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Gaussian kernel of `WIDTH` between the rows of two tables."""
    squares = (one * one).sum(1)[:, None] + (other * other).sum(1) - 2 * one @ other.T
    return np.asarray(np.exp(-WIDTH * np.maximum(squares, 0)))


def shares(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Predictions as shares: none below one in a hundred, rows summing to one."""
    clipped = np.maximum(values, LEAST_SHARE)
    return np.asarray(clipped / clipped.sum(1, keepdims=True))


def breakdown(
    utterance: str, bot_before: Sequence[str], customer_before: Sequence[str], encoder: Encoder | None = None
) -> Breakdown:
    """What people would say of the bot's `utterance` after the texts before it, each side in order of time."""
    return breakdown_of(place(utterance, bot_before, customer_before, encoder or load_encoder()))


@dataclass(frozen=True, slots=True)
class _Ready:
    """The shipped model for one utterance at a time: weights are in the axes, the kernel's width in the landmarks."""

    bot_axes: Numbers
    customer_axes: Numbers
    manner_axes: Numbers
    place_scale: Numbers
    place_shift: Numbers
    landmarks: Numbers
    squares: Numbers
    coefficients: Numbers
    base: Numbers
    threshold: float

    def row(self, at: Place) -> Numbers:
        """The utterance's row of `table`."""
        measured = np.array(measures(at), dtype=np.float32) * self.place_scale - self.place_shift
        heard, manner = at.heard @ self.customer_axes, at.manner @ self.manner_axes
        return np.concatenate((at.vector @ self.bot_axes, heard, manner, measured))


@cache
def _ready() -> _Ready:
    model = load_heads().breakdown
    scale = PLACE_WEIGHT / model["spread"]
    return _Ready(
        model["bot_axes"],
        CUSTOMER_WEIGHT * model["customer_axes"],
        MANNER_WEIGHT * model["manner_axes"],
        scale,
        scale * model["mean"],
        2 * WIDTH * model["landmarks"],
        WIDTH * model["squares"],
        model["coefficients"],
        model["base"],
        float(model["threshold"][0]),
    )


def breakdown_of(at: Place) -> Breakdown:
    """`breakdown` where the vectors are known already."""
    model = _ready()
    row = model.row(at)
    near = model.landmarks @ row
    near -= model.squares + WIDTH * float(row @ row)
    np.exp(near, out=near)
    none, possible, certain = (max(LEAST_SHARE, share) for share in (near @ model.coefficients + model.base).tolist())
    whole = none + possible + certain
    return Breakdown(none / whole, possible / whole, certain / whole, model.threshold)
