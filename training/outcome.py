"""Builds the shipped learned score, `src/trustladder/detect/models/outcome.npz`, from recorded conversations.

Run: `uv run python training/outcome.py`. Reads TRUSTLADDER_DATA (default ../shared/data): the tau conversations (MIT)
and the BETOLD calls (Apache-2.0). Deterministic: the same data gives the same bytes. Prints what went in.
"""

import hashlib
import os
import sys
from pathlib import Path

from trustladder.detect.outcome.model import model_bytes
from trustladder.learn.outcome_train import train_parts

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "src" / "trustladder" / "detect" / "models" / "outcome.npz"


def main() -> None:
    """Fit the three parts and write the model file and its digest."""
    data = Path(os.environ.get("TRUSTLADDER_DATA", ROOT.parent / "shared" / "data"))
    parts = train_parts(data)
    for prefix, part in parts.items():
        sys.stdout.write(
            f"{prefix}: {len(part.card.names)} measures, {len(part.words.known)} words, slope {part.slope:.3f}, "
            f"shift {part.shift:.3f}, domains { ({k: round(v, 2) for k, v in part.domains.items()}) }\n"
        )
    content = model_bytes(parts)
    MODEL.write_bytes(content)
    MODEL.with_name(f"{MODEL.name}.sha256").write_text(hashlib.sha256(content).hexdigest() + "\n", encoding="ascii")
    sys.stdout.write(f"{MODEL.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}\n")


if __name__ == "__main__":
    main()
