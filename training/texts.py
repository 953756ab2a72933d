"""The texts that the encoder learns from: openly licensed sentences, each source with its licence.

| source | licence | what is taken |
|---|---|---|
| CLINC150 (Larson et al. 2019) | CC BY 3.0 | `train`, `oos_train` |
| Banking77 (Casanueva et al. 2020) | CC BY 4.0 | four of five sentences; the fifth is kept for measuring |
| MultiDoGO (AWS) | CDLA-Permissive-1.0 | the three `train` files |
| tau-bench and tau2-bench (Sierra) | MIT | what customer and agent say, by sentence |
| DBDC3 English | MIT | every utterance |
| WordNet 3.0 (Princeton) | WordNet 3.0 licence | example sentences and definitions |
| training/data | Apache-2.0 (ours) | every sentence |

Bitext and MAIA-DQE are not among them: they are what the models are tested on.
"""

import csv
import gzip
import json
import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trustladder.learn.breakdown_fit import dbdc3_dialogues

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_TAU_MARK = re.compile(r"#+[A-Z_]+#+")
_WORDNET_QUOTE = re.compile(r'"([^"]{8,})"')
_MAX_LETTERS = 400
_MAX_WORDNET_LETTERS = 200
_WORDNET_TEXTS = 100_000
_SLIPS = 0.25


def read_json(path: Path) -> Any:
    """The gzipped JSON document at `path`."""
    with gzip.open(path, "rt", encoding="utf-8") as source:
        return json.load(source)


def read_rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a gzipped table with a header line."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter=delimiter))


def read_own(path: Path) -> list[dict[str, Any]]:
    """The rows of one of our own JSON-lines files."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def is_kept_for_measuring(text: str) -> bool:
    """Whether a Banking77 sentence stays out of training: one in five, by its hash."""
    return zlib.crc32(text.encode()) % 5 == 0


def sentences(text: str) -> list[str]:
    """`text` cut at sentence ends and line breaks."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def clinc(data: Path) -> Iterator[str]:
    """CLINC150: the training questions, in and out of scope."""
    parts = read_json(data / "clinc150/data_full.train_val.json.gz")
    for key in ("train", "oos_train"):
        for text, _ in parts[key]:
            yield text


def banking77(data: Path) -> Iterator[str]:
    """Banking77: four of five questions."""
    for row in read_rows(data / "banking77/train.csv.gz"):
        if not is_kept_for_measuring(row["text"]):
            yield row["text"]


def multidogo(data: Path) -> Iterator[str]:
    """MultiDoGO: customer turns of the three domains."""
    for domain in ("airline", "finance", "media"):
        for row in read_rows(data / f"multidogo/{domain}_train.tsv.gz", "\t"):
            yield row["utterance"]


def tau(data: Path) -> Iterator[str]:
    """tau: the sentences of customers and agents, without end-of-conversation marks."""
    for path in sorted((data / "tau").glob("*.json.gz")):
        runs = read_json(path)
        for run in runs["simulations"] if isinstance(runs, dict) else runs:
            for message in run.get("messages") or run.get("traj") or ():
                if message["role"] in ("user", "assistant") and isinstance(message.get("content"), str):
                    yield from sentences(_TAU_MARK.sub("", message["content"]))


def dbdc3(data: Path) -> Iterator[str]:
    """DBDC3: every utterance of person and bot."""
    for _, dialogue in dbdc3_dialogues(data):
        for turn in dialogue["turns"]:
            yield turn["utterance"]


def wordnet(folder: Path) -> Iterator[str]:
    """WordNet: the example sentences and the definition of each sense (data.* of the database)."""
    for part in ("adj", "adv", "noun", "verb"):
        for line in (folder / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if "|" not in line or line.startswith(" "):
                continue
            gloss = line.split("|", 1)[1].strip()
            yield from _WORDNET_QUOTE.findall(gloss)
            yield gloss.split('; "', 1)[0]


def own(folder: Path) -> Iterator[str]:
    """The sentences that we wrote for the heads."""
    for path in sorted(folder.glob("*.jsonl")):
        for row in read_own(path):
            yield row["text"]


def sample_of_wordnet(folder: Path) -> list[str]:
    """100,000 of WordNet's texts, drawn once with a fixed seed."""
    texts = [text for text in dict.fromkeys(wordnet(folder)) if len(text) < _MAX_WORDNET_LETTERS]
    random.Random(0).shuffle(texts)
    return texts[:_WORDNET_TEXTS]


def conversations(data: Path, own_folder: Path) -> list[str]:
    """Every different text of people and bots, in a stable order, at most 400 letters each."""
    sources = [clinc(data), banking77(data), multidogo(data), tau(data), dbdc3(data), own(own_folder)]
    seen = {text[:_MAX_LETTERS].strip(): None for source in sources for text in source}
    return [text for text in seen if text]


def misspelt(text: str, rng: random.Random) -> str:
    """`text` with a slip of the fingers in one word of four: a letter lost, doubled, or swapped with the next."""
    return " ".join(_slip(word, rng) if len(word) > 3 and rng.random() < _SLIPS else word for word in text.split())


def _slip(word: str, rng: random.Random) -> str:
    place = rng.randrange(len(word) - 1)
    kept, here, following = word[:place], word[place], word[place + 1]
    middle = rng.choice([following, here + here + following, following + here])
    return kept + middle + word[place + 2 :]
