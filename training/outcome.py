"""Builds the shipped learned score, `src/trustladder/detect/models/outcome.npz`, from recorded conversations.

Run: `uv run python training/outcome.py`. Reads TRUSTLADDER_DATA (default ../shared/data): the tau conversations (MIT)
and the BETOLD calls (Apache-2.0). Deterministic: the same data gives the same bytes. Prints what went in.
"""

import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path

import numpy as np

from trustladder.detect.outcome.model import pack_part
from trustladder.learn.outcome_train import train_parts

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "src" / "trustladder" / "detect" / "models" / "outcome.npz"
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """An npz whose bytes depend on the arrays only, not on the clock."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, arrays[name], allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _NO_DATE), content.getvalue(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def main() -> None:
    """Fit the three parts and write the model file and its digest."""
    data = Path(os.environ.get("TRUSTLADDER_DATA", ROOT.parent / "shared" / "data"))
    arrays: dict[str, np.ndarray] = {}
    for prefix, part in train_parts(data).items():
        arrays.update(pack_part(prefix, part))
        sys.stdout.write(
            f"{prefix}: {len(part.card.names)} measures, {len(part.words.known)} words, slope {part.slope:.3f}, "
            f"shift {part.shift:.3f}, domains { ({k: round(v, 2) for k, v in part.domains.items()}) }\n"
        )
    content = npz_bytes(arrays)
    MODEL.write_bytes(content)
    MODEL.with_name(f"{MODEL.name}.sha256").write_text(hashlib.sha256(content).hexdigest() + "\n", encoding="ascii")
    sys.stdout.write(f"{MODEL.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}\n")


if __name__ == "__main__":
    main()
