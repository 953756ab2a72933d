from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustladder.detect.meaning.encoder import load_encoder, read_model
from trustladder.detect.meaning.tokenizer import MAX_TOKENS, words
from trustladder.errors import ModelUnusable


def cosine(one: str, other: str) -> float:
    first, second = load_encoder().encode([one, other])
    return float(first @ second)


def test_a_need_in_other_words_lies_nearer_than_another_need() -> None:
    assert cosine("I lost my card", "my card is missing") > 0.6 > cosine("I lost my card", "what is the weather") + 0.3


def test_empty_text_gives_zeros() -> None:
    assert not load_encoder().encode(["", "   ", "\n"]).any()


def test_no_texts_give_no_rows() -> None:
    assert load_encoder().encode([]).shape == (0, load_encoder().size)


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    texts = ["where is my parcel", "", "Wo ist mein Paket?", "12345678901 refund"]
    together = load_encoder().encode(texts)
    for row, text in zip(together, texts, strict=True):
        assert np.array_equal(row, load_encoder().encode([text])[0])


@pytest.mark.parametrize("text", ["你好吗", "Где мой заказ", "قيمة", "🙂🙂", "\ud800", "x" * 5000, "ﬁ Ⅷ ½", "\x00"])
def test_any_string_gives_a_unit_vector_or_zeros(text: str) -> None:
    length = float(np.linalg.norm(load_encoder().encode([text])[0]))
    assert length == pytest.approx(1, abs=1e-5) or length == 0


def test_a_repeated_sentence_in_a_script_without_word_pieces_is_recognised() -> None:
    assert cosine("我的订单在哪里", "我的订单在哪里呢") > cosine("我的订单在哪里", "谢谢你的帮助再见") + 0.2


def test_only_the_first_tokens_of_a_long_text_are_read() -> None:
    long = "refund " * MAX_TOKENS
    assert cosine(long, long + "weather " * 500) == pytest.approx(1, abs=1e-5)
    assert len(load_encoder().tokenizer.rows(long + "weather")) == MAX_TOKENS


def test_accents_and_case_do_not_matter() -> None:
    assert words("Olá, NÃO") == ("ola", ",", "nao")


@given(st.text(max_size=80))
def test_every_text_encodes_to_finite_numbers(text: str) -> None:
    assert np.isfinite(load_encoder().encode([text])).all()


def test_a_changed_model_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "encoder.npz").write_bytes(b"something else")
    (tmp_path / "encoder.npz.sha256").write_text("0" * 64)
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    with pytest.raises(ModelUnusable, match="not the one that was built"):
        read_model("encoder.npz")


def test_a_missing_model_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    with pytest.raises(ModelUnusable, match=r"nothing\.npz: the model file is not installed"):
        read_model("nothing.npz")
