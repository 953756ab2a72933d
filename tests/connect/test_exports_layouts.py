"""Public sets in their own layouts: who is the bot, and that no answer reaches the messages."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from trustladder.connect.exports import ReadAs, read_conversations
from trustladder.core import events as e
from trustladder.detect.outcome import load_outcome_model
from trustladder.detect.perceiver import Perceiver
from trustladder.learn.conversation import Conversation, Notices
from trustladder.learn.outcome_data import read_betold
from trustladder.learn.replay import replay
from trustladder.policy.profiles import default_policy

CALL = {"function": {"name": "transfer_to_human_agents", "arguments": '{"summary": "a refund"}'}}


def read(path: Path, like: str = "") -> list[Conversation]:
    return list(read_conversations([str(path)], ReadAs(like=like), Notices()))


def stored(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "set.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    return path


def kinds(conversation: Conversation) -> list[str]:
    return [type(message.event).__name__ for message in conversation.messages]


def everything_said(conversation: Conversation) -> str:
    return json.dumps([str(message.event) for message in conversation.messages])


def test_tau_of_the_first_schema(tmp_path: Path) -> None:
    run = {
        "task_id": 4,
        "trial": 2,
        "reward": 0.0,
        "info": {"task": {"instruction": "SECRET plan", "actions": ["SECRET"]}},
        "traj": [
            {"role": "system", "content": "# policy"},
            {"role": "user", "content": "Cancel it. ###STOP###"},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "name": "transfer_to_human_agents", "content": "Error: busy"},
            {"role": "user", "content": "###TRANSFER###"},
        ],
    }
    (conversation,) = read(stored(tmp_path, [run]))
    assert conversation.id == "4/2"
    assert kinds(conversation) == ["CustomerWrote", "BotWrote", "ToolReturned"]
    assert [message.index for message in conversation.messages] == [1, 2, 3]
    customer, bot, tool = (message.event for message in conversation.messages)
    assert isinstance(customer, e.CustomerWrote)
    assert customer.text == "Cancel it."
    assert isinstance(bot, e.BotWrote)
    assert bot.tool_calls[0].arguments == {"summary": "a refund"}
    assert isinstance(tool, e.ToolReturned)
    assert tool.failed
    assert conversation.ending.outcome == "failed"
    assert "SECRET" not in everything_said(conversation)


def test_tau_of_the_second_schema(tmp_path: Path) -> None:
    steps: list[dict[str, Any]] = [
        {"role": "assistant", "content": "Hi!", "timestamp": "2025-12-02T14:04:03.190669"},
        {"role": "user", "content": "My phone is slow", "timestamp": "2025-12-02T14:04:04.888168"},
        {"role": "user", "content": None, "tool_calls": [{"name": "toggle_airplane_mode", "requestor": "user"}]},
        {"role": "tool", "content": "on", "requestor": "user"},
        {"role": "tool", "content": "fine", "requestor": "assistant", "error": True},
    ]
    simulation = {"task_id": "t", "trial": 0, "reward_info": {"reward": 1.0}, "messages": steps}
    (conversation,) = read(
        stored(tmp_path, {"info": {}, "tasks": [{"user_scenario": "SECRET"}], "simulations": [simulation]})
    )
    assert kinds(conversation) == ["BotWrote", "CustomerWrote", "ToolReturned"]
    assert conversation.timed
    assert conversation.messages[1].at_ms - conversation.messages[0].at_ms == 1697
    assert conversation.ending.outcome == "solved"


def test_a_shaped_reward_fails_only_at_nothing(tmp_path: Path) -> None:
    runs = [
        {"task_id": i, "trial": 0, "reward": r, "traj": [{"role": "user", "content": "x"}]}
        for i, r in enumerate((0.0, 0.65))
    ]
    assert [c.ending.outcome for c in read(stored(tmp_path, runs))] == ["failed", "solved"]


def test_maia_has_people_and_no_bot(tmp_path: Path) -> None:
    turns = [
        {"floor": "inbound", "text_src": ["Hallo", "Hilfe"], "text_mt": ["Hello", "Help"], "Emotion": [6, 6]},
        {"floor": "outbound", "text_src": ["I help"], "text_mt": ["Ich helfe"], "Emotion": [0]},
    ]
    document = [{"id": "en_de_#X#_1", "turns": turns, "dialog": {"Dropped conversation": 0, "Task Sucess": 2}}]
    (conversation,) = read(stored(tmp_path, document))
    assert kinds(conversation) == ["CustomerWrote", "HumanWrote"]
    assert getattr(conversation.messages[0].event, "text", "") == "Hallo\nHilfe"
    assert conversation.opened.language == "de"
    assert (conversation.ending.outcome, conversation.timed) == ("failed", False)


def test_dbdc3_system_turns_are_the_bot(tmp_path: Path) -> None:
    votes = [{"breakdown": "X"}] * 2 + [{"breakdown": "O"}]
    dialogue = {
        "dialogue-id": "D1",
        "turns": [
            {"speaker": "S", "utterance": "Hello", "annotations": []},
            {"speaker": "U", "utterance": "Hi", "annotations": []},
            {"speaker": "S", "utterance": "Blue", "annotations": votes},
        ],
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in (("dev/b.log.json", json.dumps(dialogue).encode()), ("dev/a.log.json", b"{broken")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    path = tmp_path / "dbdc3.tar.gz"
    path.write_bytes(packed.getvalue())
    (conversation,) = read(path)
    assert kinds(conversation) == ["BotWrote", "CustomerWrote", "BotWrote"]
    assert conversation.ending.labels == {"breakdowns": 1.0, "labelled_turns": 1.0}
    assert "breakdown" not in everything_said(conversation)


def test_betold_is_read_as_structured_turns(tmp_path: Path) -> None:
    calls = [
        {"caller_name": "nlg", "intent": "ask_name", "entities": [{"entity": "client_name"}]},
        {"caller_name": "nlu", "intent": "transfer_agent", "entities": []},
    ]
    (conversation,) = read(stored(tmp_path, [{"LUHF": "luhf", "utterances_annotations": calls}]))
    bot, customer = (message.event for message in conversation.messages)
    assert isinstance(bot, e.BotWrote)
    assert bot.intents == ("ask_name", "entity:client_name")
    assert isinstance(customer, e.CustomerWrote)
    assert customer.intents == ("transfer_agent",)
    assert conversation.ending.outcome == "abandoned"
    assert "luhf" not in everything_said(conversation)


def test_a_betold_call_is_the_same_in_training_and_in_a_live_conversation(tmp_path: Path) -> None:
    lines = [
        ("nlg", "ask_name", ["client_name", "recording_warning"]),
        ("nlu", "inform", ["client_name", "numeric", "numeric"]),
        ("nlg", "did_not_understand", []),
        ("nlg", "ask_name", ["client_name"]),
        ("nlu", "rephrase", []),
    ]
    said = [{"caller_name": w, "intent": i, "entities": [{"entity": n} for n in names]} for w, i, names in lines]
    path = tmp_path / "BETOLD_valid.json.gz"
    path.write_bytes(gzip.compress(json.dumps([{"LUHF": "luhf", "utterances_annotations": said}]).encode()))
    (case,) = read_betold(tmp_path)
    (conversation,) = read(path, "betold")
    decided = replay(conversation, default_policy(), Perceiver(budget_ms=10**6).perceive)
    assert case.turns == tuple(decision.turn for decision in decided)
    assert case.turns[1].intents == ("inform", "entity:client_name", "entity:numeric", "entity:numeric")
    strength = load_outcome_model().score(case.turns).strength
    seen = [signal.strength for signal in decided[-1].seen.signals if signal.name == "outcome_risk"]
    assert sum(seen) == max(0, 2 * (strength - 50))
    assert case.failed


def test_conversations_of_another_shape_are_left_out(tmp_path: Path) -> None:
    good = {"LUHF": "luhf", "utterances_annotations": [{"caller_name": "nlu", "intent": "x", "entities": []}]}
    path, notices = (
        stored(tmp_path, [good, {"utterances_annotations": 3}, "x", {**good, "utterances_annotations": []}]),
        Notices(),
    )
    assert len(list(read_conversations([str(path)], ReadAs(), notices))) == 1
    assert notices.left_out == 3


SETS: tuple[tuple[str, int, dict[str, int]], ...] = (
    ("tau/tau1_airline_gpt-4o.json.gz", 156, {"failed": 92}),
    ("tau/tau1_retail_grok-3.json.gz", 62, {"failed": 24}),
    ("tau/tau2_airline_claude-sonnet-4-5.json.gz", 39, {"failed": 8}),
    ("tau/tau2_telecom_gpt-4.1.json.gz", 19, {"failed": 7}),
    ("maia_dqe/de_client_02.json.gz", 65, {}),
    ("maia_dqe/pt_pt_client_03.json.gz", 21, {}),
    ("dbdc3/dbdc3_en_dev.tar.gz", 415, {}),
    ("betold/BETOLD_valid.json.gz", 1352, {"abandoned": 451}),
)


@pytest.mark.data
@pytest.mark.parametrize(("name", "count", "ends"), SETS)
def test_the_real_sets_are_read_whole(data_dir: Path, name: str, count: int, ends: dict[str, int]) -> None:
    notices = Notices()
    found = list(read_conversations([str(data_dir / name)], ReadAs(), notices))
    assert len(found) == count
    assert notices.left_out == 0
    assert len({conversation.id for conversation in found}) == count
    outcomes = [conversation.ending.outcome for conversation in found]
    assert {word: outcomes.count(word) for word in ends} == ends
    assert not any(token in everything_said(c) for c in found for token in ("###STOP###", "###TRANSFER###"))
