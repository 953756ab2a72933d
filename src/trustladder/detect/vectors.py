"""The way from a reading to its meaning: vectors of the shipped sentence encoder, kept with the text."""

from functools import cache
from typing import Any

import numpy as np

from trustladder.detect.language import language_in
from trustladder.detect.text import Read

ENCODED_CHARACTERS = 2_000
"""How much of a text is encoded: a need is stated early, and the encoder reads 256 tokens."""
ENGLISH = "en"
"""The language of the sentences that the heads were trained on; other languages rest on their cues."""


@cache
def _encoder() -> Any:
    from trustladder.detect.meaning.encoder import load_encoder

    return load_encoder()


@cache
def _heads() -> Any:
    from trustladder.detect.meaning import heads

    return heads


def encoder_size() -> int:
    """Return how many numbers a vector has. Raises `ModelUnusable` when the shipped model is missing or changed."""
    size: int = _encoder().size
    return size


def _start_of(text: Read) -> str:
    """Return what is encoded of a text; half a surrogate pair, which JSON can carry, has no UTF-8 and becomes "?"."""
    start = text.original[:ENCODED_CHARACTERS]
    return start if start.isascii() else start.encode("utf-8", "replace").decode("utf-8")


def vector(text: Read) -> Any:
    """Return the unit vector of a text (float32). Raises `ModelUnusable` as `encoder_size`."""
    if "vector" not in text.memo:
        text.memo["vector"] = _encoder().encode_one(_start_of(text))
    return text.memo["vector"]


def frustration_of(text: Read) -> int:
    """Return how frustrated the writer of a text sounds, 0 to 100, by the learned reading."""
    return int(_heads().frustration_of(_start_of(text), vector(text)))


def asks_for_a_person(text: Read) -> int:
    """Return how surely a text asks for a person, 0 to 100, by the learned reading."""
    return int(_heads().human_request_of(_start_of(text), vector(text)))


def alike_in_meaning(one: Read, other: Read) -> float:
    """Return the cosine of two texts' vectors, at least 0."""
    return max(0.0, float(np.dot(vector(one), vector(other))))


def reads_english(text: Read, ticket_language: str) -> bool:
    """Return whether the heads may read a text: it is English, or nothing speaks against it."""
    return (language_in(text) or ticket_language or ENGLISH).startswith(ENGLISH)
