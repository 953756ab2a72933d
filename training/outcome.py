"""Builds the shipped learned score, `src/trustladder/detect/models/outcome.npz`, from recorded conversations.

Run: `uv run python training/outcome.py`. Reads TRUSTLADDER_DATA (default ../shared/data): the tau conversations (MIT)
and the BETOLD calls (Apache-2.0). Deterministic: the same data gives the same bytes. Prints what went in.
"""

import hashlib
import os
import sys
from pathlib import Path

from trustladder.detect.outcome.model_file import model_bytes
from trustladder.learn.outcome_train import train_model

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "src" / "trustladder" / "detect" / "models" / "outcome.npz"


def main() -> None:
    """Fit the three parts and write the model file and its digest."""
    data = Path(os.environ.get("TRUSTLADDER_DATA", ROOT.parent / "shared" / "data"))
    model = train_model(data)
    for name, part in (("text", model.text), ("action", model.action)):
        words = f"{len(part.card.names)} measures, {len(part.words.known)} words"
        sys.stdout.write(f"{name}: {words}, slope {part.slope:.3f}, shift {part.shift:.3f}\n")
    calls = model.intents
    asked = f"{len(calls.trees.asked)} trees, {len(calls.trees.questions.names)} questions"
    sys.stdout.write(f"intents: {asked}, slope {calls.slope:.3f}, shift {calls.shift:.3f}\n")
    content = model_bytes(model.text, model.intents, model.action)
    MODEL.write_bytes(content)
    MODEL.with_name(f"{MODEL.name}.sha256").write_text(hashlib.sha256(content).hexdigest() + "\n", encoding="ascii")
    sys.stdout.write(f"{MODEL.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}\n")


if __name__ == "__main__":
    main()
