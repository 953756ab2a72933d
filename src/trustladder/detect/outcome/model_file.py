"""The file of the learned score: written so that the same sums give the same bytes, read back with a check of its make.

It holds arrays of numbers and text and nothing that runs; `model` says what they mean.
"""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import numpy as np

from trustladder.detect.meaning.encoder import load_encoder, read_model
from trustladder.detect.outcome.actions import ACTION_MEASURES
from trustladder.detect.outcome.features import MEASURES
from trustladder.detect.outcome.model import Card, Meaning, OutcomeModel, Part, Words
from trustladder.detect.outcome.trees import TreePart, pack_trees, text_lines, unpack_trees
from trustladder.errors import ModelUnusable

MODEL_FILE = "outcome.npz"
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_FIX = "make it with `trustladder learn risk`, or leave TRUSTLADDER_RISK_MODEL out for the shipped one"


def pack_part(prefix: str, part: Part) -> dict[str, Any]:
    """The arrays of one part under names that start with `prefix`, for the model file."""
    known, domains = part.words.known, part.domains
    return {
        f"{prefix}.names": np.frombuffer("\n".join(part.card.names).encode(), dtype=np.uint8),
        f"{prefix}.card": np.array([part.card.mean, part.card.deviation, part.card.weight], dtype=np.float64),
        f"{prefix}.words": np.frombuffer("\n".join(known).encode(), dtype=np.uint8),
        f"{prefix}.known": np.array(list(known.values()), dtype=np.float32).reshape(-1, 2),
        f"{prefix}.numbers": np.array([part.constant, part.slope, part.shift, part.usual], dtype=np.float64),
        f"{prefix}.domains": np.frombuffer("\n".join(domains).encode(), dtype=np.uint8),
        f"{prefix}.shifts": np.array(list(domains.values()), dtype=np.float64),
        f"{prefix}.meaning": part.meaning.weights,
        f"{prefix}.said": np.array(part.meaning.usual, dtype=np.float64),
    }


def unpack_part(prefix: str, arrays: Mapping[str, Any]) -> Part:
    """The part that `pack_part` packed."""
    card = arrays[f"{prefix}.card"].tolist()
    names = text_lines(arrays[f"{prefix}.names"])
    known = zip(text_lines(arrays[f"{prefix}.words"]), map(tuple, arrays[f"{prefix}.known"].tolist()), strict=True)
    constant, slope, shift, usual = arrays[f"{prefix}.numbers"].tolist()
    domains = zip(text_lines(arrays[f"{prefix}.domains"]), arrays[f"{prefix}.shifts"].tolist(), strict=True)
    said = Meaning(arrays[f"{prefix}.meaning"], tuple(arrays[f"{prefix}.said"].tolist()))
    return Part(Card(names, *map(tuple, card)), Words(dict(known)), constant, slope, shift, dict(domains), usual, said)


def npz_bytes(arrays: Mapping[str, Any]) -> bytes:
    """An npz file whose bytes depend on the arrays only, not on the clock."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            content = BytesIO()
            np.lib.format.write_array(content, arrays[name], allow_pickle=False)
            archive.writestr(ZipInfo(f"{name}.npy", _NO_DATE), content.getvalue(), ZIP_DEFLATED)
    return packed.getvalue()


def model_bytes(text: Part, intents: TreePart, action: Part) -> bytes:
    """The model file of the three parts: no code in it, nothing to unpickle.

    It names the encoder whose vectors the parts weigh.
    """
    arrays: dict[str, Any] = {"encoder": np.frombuffer(bytes.fromhex(load_encoder().digest), dtype=np.uint8)}
    arrays |= pack_part("text", text) | pack_trees("intents", intents) | pack_part("action", action)
    return npz_bytes(arrays)


def read_outcome_model(content: bytes, where: str = MODEL_FILE) -> OutcomeModel:
    """The model in the bytes of a model file.

    Raises `ModelUnusable` when it was built for other measures or another encoder than this version reads.
    """
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        if arrays["encoder"].tobytes().hex() != load_encoder().digest:
            raise ModelUnusable("the learned score was built for another encoder", where=where, fix="build it again")
        text, action = unpack_part("text", arrays), unpack_part("action", arrays)
        model = OutcomeModel(text, unpack_trees("intents", arrays), action)
    if (text.card.names, action.card.names) != (MEASURES, ACTION_MEASURES):
        raise ModelUnusable("the learned score was built for other measures", where=where, fix="build it again")
    return model


@cache
def load_outcome_model(path: Path | None = None) -> OutcomeModel:
    """The model of a file that `trustladder learn risk` wrote, or the shipped one; read once a process.

    Raises `ModelUnusable` when the file is missing, changed, no model, or of another version.
    """
    if path is None:
        content, _ = read_model(MODEL_FILE)
        return read_outcome_model(content)
    try:
        return read_outcome_model(path.read_bytes(), str(path))
    except OSError as error:
        raise ModelUnusable(f"the learned score cannot be read: {error.strerror}", where=str(path), fix=_FIX) from None
    except (BadZipFile, KeyError, ValueError, EOFError):
        raise ModelUnusable("this is no file of a learned score", where=str(path), fix=_FIX) from None
