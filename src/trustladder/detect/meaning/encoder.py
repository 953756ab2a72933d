"""The static sentence encoder: one small vector a token, summed and scaled to length one.

The vectors were trained to mimic a sentence encoder (`training/encoder.py` builds the file; the docs name its
teacher, texts and licences). They are stored as whole numbers, so that a sum is exact: a text has the same
vector on every machine, alone or among others.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
import numpy.typing as npt

from trustladder.detect.meaning.tokenizer import Tokenizer
from trustladder.errors import ModelUnusable

Vectors = npt.NDArray[np.float32]

_FOLDER = "trustladder.detect.models"
_REINSTALL = "reinstall trustladder"


@dataclass(frozen=True, slots=True)
class Encoder:
    """Turns texts into unit vectors of `size` numbers; `digest` names the model file (sha256)."""

    tokenizer: Tokenizer
    table: npt.NDArray[np.int8]
    digest: str

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return int(self.table.shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, float32 (n, size), L2-normalised; a text without words gives zeros.

        The first `tokenizer.MAX_TOKENS` (256) tokens of a text are read.
        """
        vectors = np.zeros((len(texts), self.size), dtype=np.float32)
        for place, text in enumerate(texts):
            vectors[place] = self.encode_one(text)
        return vectors

    def encode_one(self, text: str) -> Vectors:
        """The vector of one text, as `encode` gives it, float32 (size,)."""
        rows = self.tokenizer.rows(text)
        # 256 whole numbers of eight bits have a sum of sixteen.
        whole = np.add.reduce(self.table.take(rows, axis=0), axis=0, dtype=np.int16)
        sums: Vectors = whole.astype(np.float32)
        length = math.sqrt(np.einsum("i,i->", sums, sums)) if rows else 0.0
        return np.asarray(sums / np.float32(length)) if length else sums


def read_model(name: str) -> tuple[bytes, str]:
    """The bytes and the digest of a shipped model file, held against the digest that is shipped beside it.

    Raises `ModelUnusable` when the file is missing or is not the one that was built.
    """
    folder = resources.files(_FOLDER)
    try:
        known = (folder / f"{name}.sha256").read_text(encoding="ascii").strip()
        content = (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise ModelUnusable("the model file is not installed", where=name, fix=_REINSTALL) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != known:
        raise ModelUnusable("the model file is not the one that was built", where=name, fix=_REINSTALL)
    return content, digest


@cache
def load_encoder() -> Encoder:
    """The shipped encoder; read once a process (some tens of milliseconds).

    Raises `ModelUnusable` when its file is missing or changed.
    """
    content, digest = read_model("encoder.npz")
    with np.load(BytesIO(content), allow_pickle=False) as parts:
        vocabulary = parts["vocabulary"].tobytes().decode("utf-8").split("\n")
        table = parts["table"]
    return Encoder(Tokenizer(vocabulary), table, digest)
