"""Where a person should have taken over: reading the chats safely, rows of utterances, crossings and GT-T."""

import gzip
import pickle
from pathlib import Path

import pytest

from trustladder.errors import BadInput
from trustladder.learn.measures_handoff import handoff_rows, transfers
from trustladder.learn.measures_policy import measure_policy
from trustladder.learn.mhch import Chat, Said, read_mhch


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1/0",)


@pytest.mark.parametrize("content", [pickle.dumps(Bomb()), b"", b"no pickle", pickle.dumps(len)])
def test_a_file_that_would_run_code_or_holds_no_arrays_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "eval.pkl.gz").write_bytes(gzip.compress(content))
    with pytest.raises(BadInput, match="cannot be read"):
        read_mhch(tmp_path)


def test_an_utterance_is_read_from_what_was_said_up_to_it() -> None:
    said = (Said(True, (5, 6, 7), False), Said(False, (9,), False), Said(True, (5, 6, 8), True))
    rows = handoff_rows([Chat(said), Chat(said[:2])])
    assert rows.measures.shape == (5, 7)
    assert rows.labels.tolist() == [0, 0, 1, 0, 0]
    assert rows.measures[2, 4] == pytest.approx(2 / 4)
    assert rows.words[2] == {"n:5": 1, "n:6": 1, "n:8": 1, "p:9": 1}
    assert [rows.words[i] for i in (0, 1)] == [rows.words[i] for i in (3, 4)]
    assert Chat(said).golden == 2
    assert Chat(said[:2]).golden is None


def test_gt_t_is_one_for_the_right_moment_and_nothing_for_a_missed_one() -> None:
    assert transfers([3, None], [3, None]) == [1.0, 1.0, 1.0]
    assert transfers([3, None], [None, 3]) == [0.0, 0.0, 0.0]
    near, wide = transfers([3], [2])[0], transfers([3], [2])[2]
    assert 0 < near < wide < 1


@pytest.mark.data
def test_the_chats_are_read_as_published(data_dir: Path) -> None:
    chats = read_mhch(data_dir / "mhch_makeup2_rssn")
    assert len(chats) == 354
    assert sum(one.handoff for chat in chats for one in chat.said) == 760
    assert sum(chat.golden is None for chat in chats) == 183


@pytest.mark.data
@pytest.mark.slow
def test_never_handing_over_is_right_only_where_no_transfer_was_expected(data_dir: Path) -> None:
    played = measure_policy(data_dir)
    found, ends = played["transfers"], played["handed_over"]
    assert ends["all"]["good"]["ends"] + ends["all"]["bad"]["ends"] == 426
    assert ends["nobody_asks"]["bad"]["on_request"] == 0 < ends["nobody_asks"]["bad"]["policy"]
    assert found["expected"]["never"] == [0.0, 0.0, 0.0]
    assert found["not_expected"]["never"] == [1.0, 1.0, 1.0]
    assert found["expected"]["policy"] == sorted(found["expected"]["policy"])
    assert found["expected"]["policy"][2] > found["expected"]["at_once"][2]
