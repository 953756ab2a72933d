"""The way from a reading to its meaning: vectors of the shipped sentence encoder, kept with the text."""

from functools import cache
from typing import Any, Protocol

import numpy as np

from trustladder.detect.text import Read

ENCODED_CHARACTERS = 2_000
"""How much of a text is encoded: a need is stated early, and the encoder reads 256 tokens."""


class _Encoder(Protocol):
    def encode(self, texts: list[str]) -> Any: ...


@cache
def _encoder() -> _Encoder | None:
    """Return the encoder, None in an installation that was built without one.

    A model file that is there and is not the one that was built raises `ModelUnusable`: that is a failure, and
    the signals that rest on it are then unknown.
    """
    try:
        from trustladder.detect.meaning.encoder import load_encoder
    except ModuleNotFoundError:
        return None
    return load_encoder()


def vector(text: Read) -> Any:
    """Return the unit vector of a text (float32), None where no encoder is installed."""
    if "vector" not in text.memo:
        encoder = _encoder()
        text.memo["vector"] = None if encoder is None else encoder.encode([text.original[:ENCODED_CHARACTERS]])[0]
    return text.memo["vector"]


def alike_in_meaning(one: Read, other: Read) -> float:
    """Return the cosine of two texts' vectors, 0 where there is no encoder or nothing in common."""
    mine, theirs = vector(one), vector(other)
    return 0.0 if mine is None or theirs is None else max(0.0, float(np.dot(mine, theirs)))
