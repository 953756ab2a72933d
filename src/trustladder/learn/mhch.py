"""The MHCH set (machine to human chatting handoff): chats as word ids, with a label where a person should take over.

The file is a pickle of numpy arrays. It is read with an unpickler that makes numpy arrays and nothing else.
The set's sentiment is written by people who saw the handoff and nearly gives it away: it is never read.
"""

import codecs
import gzip
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy._core import multiarray

from trustladder.errors import BadInput

CUSTOMER = 1
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): multiarray._reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): multiarray._reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): codecs.encode,
}


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that refuses whatever is no numpy array."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the few names that arrays need. Raises UnpicklingError for any other."""
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a file of arrays") from None


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance: whether the customer said it, its word ids, and whether a person should take over here."""

    by_customer: bool
    words: tuple[int, ...]
    handoff: bool


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat of the set."""

    said: tuple[Said, ...]

    @property
    def golden(self) -> int | None:
        """The first utterance at which a person should take over, None where none should."""
        return next((place for place, one in enumerate(self.said) if one.handoff), None)


def read_mhch(folder: Path) -> list[Chat]:
    """Return the chats of the set in a folder. Raises `BadInput` when the file is absent or no file of arrays."""
    path = folder / "eval.pkl.gz"
    try:
        with gzip.open(path, "rb") as file:
            words, lengths, turns, _, roles, handoffs = (_ArraysOnly(file, encoding="latin1").load() for _ in range(6))
    except (OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise BadInput(f"the MHCH chats cannot be read: {error}", where=str(path)) from None
    chats = []
    for number, count in enumerate(turns):
        lines = cast("Any", zip(words[number], lengths[number], roles[number], handoffs[number], strict=False))
        said = [
            Said(int(role) == CUSTOMER, tuple(int(word) for word in line[: int(length)]), bool(handoff))
            for line, length, role, handoff in lines
        ]
        chats.append(Chat(tuple(said[: int(count)])))
    return chats
