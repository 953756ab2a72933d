"""Somebody else's scores: by id or in order, and refused in words where they do not fit."""

import json
from pathlib import Path

import pytest

from trustladder.errors import BadInput
from trustladder.learn.compared import read_scores

IDS = ["a.json#0", "a.json#1", "b.json#0"]


@pytest.mark.parametrize(
    "text", ['{"b.json#0": 3, "a.json#0": 1, "a.json#1": 2}', "[1, 2, 3]", "1\n2\n3\n"], ids=["object", "list", "lines"]
)
def test_scores_are_read_by_id_or_in_order(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scores"
    path.write_text(text, "utf-8")
    assert read_scores(path, IDS).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (json.dumps({"a.json#0": 1}), "without a score: a.json#1, b.json#0"),
        (json.dumps({**dict.fromkeys(IDS, 1), "c": 2}), "not known: c"),
        ("[1, 2]", "2 scores for 3 conversations"),
        ("1 2 nan", "no finite number"),
        ("one two three", "cannot be read"),
        ("{", "cannot be read"),
        (json.dumps(dict.fromkeys(IDS)), "cannot be read"),
    ],
)
def test_scores_that_do_not_fit_are_refused_in_words(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "scores"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInput, match=told):
        read_scores(path, IDS)
