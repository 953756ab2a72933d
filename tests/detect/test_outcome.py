"""The learned score: its sums, its reasons, what it must not be moved by, and its cost."""

import dataclasses
import time
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustladder.core.containment import ToolCall
from trustladder.core.ticket import Role, Turn
from trustladder.detect.outcome import load_outcome_model
from trustladder.detect.outcome.actions import ACTION_MEASURES, measure_action
from trustladder.detect.outcome.features import MEASURES, Running, call_key
from trustladder.detect.outcome.intents import INTENT_MEASURES, RECENT
from trustladder.detect.outcome.model import POINTS_PER_LOGIT, Meaning, Part, Words
from trustladder.detect.outcome.model_file import model_bytes, read_outcome_model
from trustladder.detect.outcome.words import changes_something, hands_over
from trustladder.detect.text import read
from trustladder.detect.vectors import vector
from trustladder.errors import ModelUnusable

SAID = (
    (Role.CUSTOMER, "I want to change my delivery address and also add two lamps to the order, if they are cheapest."),
    (Role.BOT, "Unfortunately I cannot change a parcel that has left. Would you like to cancel it instead?"),
    (Role.CUSTOMER, "But I don't have the number. Is there any way? Yes, go ahead then."),
)


def conversation(*said: tuple[Role, str]) -> list[Turn]:
    return [Turn(index, role, text, 0) for index, (role, text) in enumerate(said)]


def running(turns: list[Turn]) -> Running:
    state = Running()
    for turn in turns:
        state.add(turn)
    return state


def named(turns: list[Turn]) -> dict[str, float]:
    return dict(zip(MEASURES, running(turns).measures(), strict=True))


def acted(turns: list[Turn], call: ToolCall) -> dict[str, float]:
    return dict(zip(ACTION_MEASURES, measure_action(running(turns), call), strict=True))


@pytest.mark.parametrize(
    ("tool", "changes"),
    [
        ("cancel_order", True),
        ("sendCertificate", True),
        ("get_order", False),
        ("search_flights", False),
        ("transfer_to_human_agents", False),
        ("", False),
    ],
)
def test_a_tool_is_known_to_change_something_by_its_name(tool: str, changes: bool) -> None:
    assert changes_something(tool) is changes


def test_a_transfer_to_a_person_is_not_an_act_of_its_own() -> None:
    assert hands_over("transfer_to_human_agents")
    assert not hands_over("transfer_data")


def test_words_are_counted_by_group_and_share() -> None:
    found = named(conversation(*SAID))
    assert found["customer_turns"] == pytest.approx(np.log1p(2))
    assert found["customer_many_share"] == pytest.approx(0.5 + 0.5)
    assert found["bot_deny_share"] == 1.0
    assert found["yes_after_offer"] == pytest.approx(np.log(2))


def test_a_number_that_nobody_gave_is_ungrounded_and_one_from_a_tool_is_not() -> None:
    told = conversation((Role.TOOL, '{"total": 417}'), (Role.BOT, "It is 417 in all, and 85 back."))
    assert named(told)["ungrounded_numbers"] == pytest.approx(np.log(2))


def test_the_same_call_again_counts_as_repeated_whatever_the_order_of_its_arguments() -> None:
    first, second = ToolCall("get_order", {"id": "A1", "full": True}), ToolCall("get_order", {"full": True, "id": "A1"})
    assert call_key(first.name, first.arguments) == call_key(second.name, second.arguments)
    turns = [Turn(i, Role.BOT, "", 0, tool_calls=(call,)) for i, call in enumerate((first, second))]
    assert named(turns)["repeated_calls"] == pytest.approx(np.log(2))


def test_people_and_system_lines_do_not_move_the_score() -> None:
    model, turns = load_outcome_model(), conversation(*SAID)
    more = [*turns, Turn(3, Role.HUMAN, "cannot cannot cannot", 0), Turn(4, Role.SYSTEM, "error error", 0)]
    assert model.score(more) == model.score(turns)


def test_turn_by_turn_and_at_once_are_the_same() -> None:
    model, turns = load_outcome_model(), conversation(*SAID)
    live = model.start()
    for turn in turns:
        live.add(turn)
        assert live.score() == model.score(turns[: turn.index + 1])


def test_reasons_add_points_and_name_the_turn_where_a_word_was_first_said() -> None:
    score = load_outcome_model().score(conversation(*SAID))
    assert 0 <= score.strength <= 100
    assert score.reasons
    assert all(reason.points > 0 and -1 <= reason.turn < len(SAID) for reason in score.reasons)
    assert [r.points for r in score.reasons] == sorted((r.points for r in score.reasons), reverse=True)


def test_nothing_said_gives_a_base_rate_and_a_domain_never_seen_is_not_shifted() -> None:
    model = load_outcome_model()
    assert 5 <= model.score([]).strength <= 95
    turns = conversation(*SAID)
    assert model.score(turns, "a domain never seen").strength == model.score(turns).strength


def test_a_call_in_intents_alone_has_a_score_that_moves_with_them() -> None:
    def turns(*intents: str) -> list[Turn]:
        return [
            Turn(i, Role.BOT if i % 2 == 0 else Role.CUSTOMER, "", 0, intents=(intent,))
            for i, intent in enumerate(intents)
        ]

    model = load_outcome_model()
    booked = model.score(turns("propose_date", "confirm", "confirm_date_scheduled", "confirm"))
    stuck = model.score(turns("propose_date", "negate", "did_not_understand", "negate", "ask_time_preference"))
    assert stuck.strength > booked.strength


def labelled(*said: tuple[Role, tuple[str, ...]]) -> list[Turn]:
    return [Turn(i, role, "", 0, intents=intents) for i, (role, intents) in enumerate(said)]


ASKED = (Role.BOT, ("ask_time_preference",))
UNREAD = ((Role.CUSTOMER, ("inconclusive",)), (Role.BOT, ("did_not_understand",)))


def test_not_being_understood_again_raises_the_signal_and_is_told_as_a_reason() -> None:
    model = load_outcome_model()
    scores = [model.score(labelled(ASKED, *UNREAD * times)) for times in range(1, 4)]
    once, twice, thrice = (score.strength for score in scores)
    assert once < twice < thrice
    assert any("bot fails" in reason.what for reason in scores[-1].reasons)


def test_entities_are_read_beside_intents_and_are_no_step_of_the_call() -> None:
    read = running(labelled((Role.BOT, ("propose_date", "entity:slot")), (Role.CUSTOMER, ("confirm", "entity:time"))))
    counts = read.intents.counts()
    assert counts["s:customer names time"] == counts["s:customer: confirm"] == RECENT
    assert counts["s:bot: propose_date"] == counts["s:bot names slot"] == RECENT - 1
    assert "l:last turn, customer names time" in counts
    assert "l:last turn, bot names slot" not in counts
    assert "l:2 from the end, bot: propose_date" in counts
    assert (counts["m:turns_so_far"], counts["m:customer_turns_so_far"]) == (2, 1)
    assert read.intents.seen == 2


def test_a_label_said_long_ago_is_still_known_to_have_been_said() -> None:
    counts = running(labelled(ASKED, *UNREAD * RECENT)).intents.counts()
    assert counts["s:bot: ask_time_preference"] == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Role.BOT, Role.CUSTOMER]),
            st.sampled_from(["propose_date", "confirm", "negate", "did_not_understand", "inconclusive", "silence"]),
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(INTENT_MEASURES),
    st.integers(1, 12),
)
def test_what_a_call_in_labels_measures_can_only_raise_its_score(
    said: list[tuple[Role, str]], name: str, more: int
) -> None:
    trees = load_outcome_model().intents.trees
    counts = running(labelled(*((role, (label,)) for role, label in said))).intents.counts()
    worse = counts | {f"m:{name}": counts.get(f"m:{name}", 0) + more}
    assert sum(trees.parts(worse).values()) >= sum(trees.parts(counts).values()) - 1e-9


def test_a_call_in_labels_is_scored_the_same_turn_by_turn_and_at_once() -> None:
    model, turns = load_outcome_model(), labelled(ASKED, *UNREAD * 6)
    live = model.start()
    for turn in turns:
        live.add(turn)
        assert live.score() == model.score(turns[: turn.index + 1])


def test_the_reasons_of_a_call_in_labels_name_the_turn_where_a_label_was_last_said() -> None:
    refused = ((Role.BOT, ("propose_date",)), (Role.CUSTOMER, ("negate",)))
    turns, placed = labelled(ASKED, *UNREAD * 2, *refused * 2), 0
    for reason in load_outcome_model().score(turns).reasons:
        said = reason.what.rpartition(", ")[2].removeprefix("last of ")
        who, _, label = said.partition(": ")
        if reason.turn >= 0 and label:
            assert label in turns[reason.turn].intents
            assert turns[reason.turn].role.value == who
            placed += 1
    assert placed, "one reason at least is a label with its turn"


def test_an_argument_that_nobody_mentioned_is_ungrounded_and_undiscussed() -> None:
    talk = conversation((Role.CUSTOMER, "Please cancel order A77 for me."), (Role.BOT, "Shall I cancel order A77?"))
    known = acted(talk, ToolCall("cancel_order", {"order_id": "A77"}))
    unknown = acted(talk, ToolCall("cancel_order", {"order_id": "B12", "insurance": "no"}))
    assert known["ungrounded_values"] == 0
    assert unknown["ungrounded_values"] > 0
    assert unknown["undiscussed_arguments"] == known["undiscussed_arguments"] + 1
    assert known["ids_named_by_customer"] == 1 > unknown["ids_named_by_customer"]


def test_an_ungrounded_action_is_never_scored_below_the_grounded_one() -> None:
    model = load_outcome_model()
    talk = conversation((Role.CUSTOMER, "Please cancel order A77 for me."), (Role.BOT, "Shall I cancel order A77?"))
    good = model.score_action(talk, "cancel_order", {"order_id": "A77"})
    bad = model.score_action(talk, "cancel_order", {"order_id": "A77", "insurance": "no", "seats": 4, "meal": "fish"})
    assert bad.strength >= good.strength
    assert any(reason.points > 0 for reason in bad.reasons)


@given(st.lists(st.tuples(st.sampled_from(list(Role)), st.text(max_size=80)), max_size=6), st.text(max_size=20))
def test_any_text_and_any_tool_name_give_a_strength_in_whole_percent(said: list[tuple[Role, str]], tool: str) -> None:
    model = load_outcome_model()
    turns = conversation(*said)
    assert model.score(turns).strength in range(101)
    assert model.score_action(turns, tool, {"x": [1, {"y": None}], "z": 1.5}).strength in range(101)


@pytest.mark.parametrize("text", ['{"a": ' * 3000, "[1, 2", '["x"]', "null", "[[[]]]"])
def test_a_strange_tool_result_is_read_as_text(text: str) -> None:
    turns = [Turn(0, Role.TOOL, text, 0, author="get_order")]
    assert load_outcome_model().score_action(turns, "cancel_order", {"order_id": "A1"}).strength in range(101)


def packed(text: Part, **more: np.ndarray) -> bytes:
    model, content = load_outcome_model(), BytesIO()
    with np.load(BytesIO(model_bytes(text, model.intents, model.action))) as arrays:
        np.savez(content, **{**arrays, **more})
    return content.getvalue()


def test_a_model_of_other_measures_or_of_another_encoder_is_refused() -> None:
    text = load_outcome_model().text
    assert read_outcome_model(packed(text)).text.card == text.card
    renamed = dataclasses.replace(text.card, names=("other", *text.card.names[1:]))
    with pytest.raises(ModelUnusable, match="other measures"):
        read_outcome_model(packed(dataclasses.replace(text, card=renamed)))
    with pytest.raises(ModelUnusable, match="another encoder"):
        read_outcome_model(packed(text, encoder=np.zeros(32, np.uint8)))


def test_what_was_said_last_adds_by_its_meaning_and_is_quoted_with_its_turn() -> None:
    shipped = load_outcome_model()
    said = "Nothing of what you sent me works."
    towards = np.stack([vector(read(said)), np.zeros(256, np.float32)])
    only = dataclasses.replace(
        shipped.text,
        card=dataclasses.replace(shipped.text.card, weight=(0.0,) * len(MEASURES)),
        words=Words({}),
        meaning=Meaning(towards, (0.25, 0.0)),
    )
    model = dataclasses.replace(shipped, text=only)
    turns = conversation(
        (Role.CUSTOMER, "Thanks, that was quick."), (Role.BOT, "Anything else?"), (Role.CUSTOMER, said)
    )
    assert model.score(turns).strength > model.score(turns[:2]).strength
    assert [(reason.turn, reason.what) for reason in model.score(turns).reasons] == [(2, said)]
    assert model.score(turns).reasons[0].points == pytest.approx(0.75 * POINTS_PER_LOGIT, abs=0.1)


def test_a_model_is_read_back_as_it_was_written() -> None:
    model = load_outcome_model()
    again = read_outcome_model(model_bytes(model.text, model.intents, model.action))
    turns = labelled(ASKED, *UNREAD * 3)
    assert again.intents.trees.questions == model.intents.trees.questions
    assert again.score(turns) == model.score(turns)


def test_more_trouble_never_lowers_the_score_of_what_is_measured() -> None:
    model = load_outcome_model()
    free = {"customer_exception", "customer_asks", "bot_deny", "bot_transfer", "bot_sorry"}
    for name, weight in zip(model.text.card.names, model.text.card.weight, strict=True):
        if name.removesuffix("_share") in free:
            continue
        if name in {"transfers", "denied_and_nothing_written"}:
            assert weight <= 0
        else:
            assert weight >= 0


def test_a_turn_of_a_long_conversation_costs_no_more_than_ten_times_the_budget_on_a_busy_machine() -> None:
    live = load_outcome_model().start()
    turns = conversation(*(SAID * 40))
    for turn in turns[:60]:
        live.add(turn)
    started = time.process_time()
    for turn in turns[60:]:
        live.add(turn)
    per_turn_ms = (time.process_time() - started) / len(turns[60:]) * 1000
    assert per_turn_ms < 1.0
