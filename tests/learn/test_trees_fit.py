"""Growing boosted trees of yes/no questions, and walking them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import real_data

from trustladder.detect.outcome.trees import Questions, Trees
from trustladder.learn.measures_calls import measure_betold
from trustladder.learn.measures_outcome import auc
from trustladder.learn.outcome_data import read_betold
from trustladder.learn.outcome_fit import intent_logits, intent_rows
from trustladder.learn.risk_training import Numbers, logistic
from trustladder.learn.trees_fit import Growth, answered, grow, questions_about

NAMES = ("a", "b", "noise", "trouble")


def made_up(rows: int = 600, seed: int = 4) -> tuple[list[dict[str, int]], Numbers]:
    """Counts, and labels that are bad where exactly one of `a` and `b` was counted: no sum of them can tell."""
    draw = np.random.default_rng(seed)
    counts = [dict(zip(NAMES, found, strict=True)) for found in draw.integers(0, 3, (rows, len(NAMES))).tolist()]
    return counts, np.array([float((found["a"] > 0) != (found["b"] > 1)) for found in counts])


def grown(raises: frozenset[str] = frozenset(), how: Growth | None = None) -> Trees:
    counts, labels = made_up()
    questions = questions_about(counts, [str(i) for i in range(len(counts))])
    growth = how or Growth(trees=40, rate=0.2, tried=1.0)
    return grow(questions, answered(questions, counts), labels, np.ones(len(labels)), raises, growth)


def test_trees_learn_what_only_two_answers_together_tell() -> None:
    counts, labels = made_up(seed=5)
    trees = grown()
    assert auc(labels, trees.logits(answered(trees.questions, counts))) > 0.95


def test_the_parts_and_the_base_sum_to_the_logit_of_all_at_once() -> None:
    counts, _ = made_up(60, seed=6)
    trees = grown()
    one_by_one = [trees.base + sum(trees.parts(found).values()) for found in counts]
    assert one_by_one == pytest.approx(trees.logits(answered(trees.questions, counts)).tolist())


def test_the_same_rows_grow_the_same_trees() -> None:
    first, second = grown(how=Growth(trees=5)), grown(how=Growth(trees=5))
    assert np.array_equal(first.asked, second.asked)
    assert np.array_equal(first.values, second.values)


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.sampled_from(["a", "trouble"]), st.integers(1, 3))
def test_what_may_only_raise_never_lowers(found: list[int], name: str, more: int) -> None:
    trees = RAISING
    counts = dict(zip(NAMES, found, strict=True))
    worse = counts | {name: counts[name] + more}
    before, after = trees.logits(answered(trees.questions, [counts, worse])).tolist()
    assert after >= before - 1e-9


RAISING = grown(frozenset({"a", "trouble"}))


def test_what_too_few_conversations_reach_is_not_asked_and_every_count_seen_may_be() -> None:
    counts = [{"often": 1 + i % 2, "rare": int(i < 3)} for i in range(40)]
    asked = questions_about(counts, [str(i) for i in range(40)])
    assert asked == Questions(("often", "often"), (1, 2))
    assert answered(asked, [{"often": 1}, {}]).tolist() == [[True, False, False], [False, False, False]]


def test_rows_that_nothing_tells_apart_give_their_base_rate() -> None:
    labels = np.array([1.0, 0, 0, 0] * 10)
    questions = questions_about([{}] * 40, [str(i) for i in range(40)])
    trees = grow(questions, answered(questions, [{}] * 40), labels, np.ones(40), frozenset(), Growth())
    assert logistic(np.array([trees.base]))[0] == pytest.approx(0.25)
    assert trees.parts({"anything": 3}) == {}


@pytest.mark.data
def test_a_live_call_is_scored_as_training_reads_it() -> None:
    from trustladder.detect.outcome import load_outcome_model
    from trustladder.learn.outcome_fit import until_share

    model, cases = load_outcome_model(), read_betold(real_data() / "betold")[::60]
    for share in (0.25, 0.75, 1.0):
        logits = intent_logits(model.intents.trees, intent_rows(cases, share))
        wanted = [model.intents.strength(float(logit), "") for logit in logits]
        assert [model.score(until_share(case, share)).strength for case in cases] == wanted


@pytest.mark.data
@pytest.mark.slow
def test_phone_calls_are_measured_beside_fits_that_know_how_much_is_to_come() -> None:
    found = measure_betold(real_data())
    for share in ("50%", "75%", "100%"):
        at = found[share]
        assert 0.5 < at["trustladder"]["auc"] < at["trees_at_this_share"]["auc"]
        low, high = at["trustladder"]["against_words_and_surface"]["auc"]
        assert low <= at["trustladder"]["auc"] - at["words_and_surface"]["auc"] <= high
    assert found["75%"]["trustladder"]["auc"] > found["75%"]["words_and_surface"]["auc"]
    assert len(found["100%"]["trustladder"]["risks"]) == len(found["labels"]) == found["calls"]
