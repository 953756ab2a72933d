"""tau-bench and tau2-bench results: an LLM agent (our bot) with tools, a simulated customer, a reward at the end.

What the set knows of the right answer (instruction, gold actions, reward) stays out of the messages; the reward
becomes the conversation's ending.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from trustladder.connect.exports.document import converted, load
from trustladder.connect.exports.source import Source
from trustladder.connect.exports.values import text_of, time_of, tool_calls_of
from trustladder.core import events as e
from trustladder.core.episode import TRANSFER_TOOLS
from trustladder.learn.conversation import Conversation, Ending, Message, Notices, Said

_END_TOKEN = re.compile(r"\s*###(?:STOP|TRANSFER|OUT-OF-SCOPE)###\s*")
_CUSTOMER_ID = re.compile(r"\b[a-z]+_[a-z]+_\d{4}\b")
_ERROR = re.compile(r"error\b", re.IGNORECASE)


def read(source: Source, notices: Notices) -> Iterator[Conversation]:
    """Yield the conversations of a results file, of either schema. Ids are ``task_id/trial``."""
    document = load(source, "tau")
    runs = document.get("simulations") if isinstance(document, dict) else document
    listed = document.get("tasks") if isinstance(document, dict) else None
    tasks = {task.get("id"): task for task in listed or () if isinstance(task, dict)}

    def convert(run: Any, number: int) -> Conversation:
        return _conversation(run, number, source, tasks)

    yield from converted(runs, convert, source, notices)


def _conversation(run: Mapping[str, Any], number: int, source: Source, tasks: Mapping[Any, Any]) -> Conversation:
    steps = run["traj"] if "traj" in run else run["messages"]
    reward = run["reward"] if "traj" in run else (run.get("reward_info") or {}).get("reward")
    messages = tuple(_messages(steps, number))
    return Conversation(
        id=f"{run.get('task_id', number)}/{run.get('trial', 0)}",
        messages=messages,
        opened=e.TicketOpened(language="en"),
        ending=_ending(reward, _customer(run, tasks), _transfer_expected(run, tasks)),
        timed=any(message.at_ms for message in messages),
        source=source.name,
    )


def _customer(run: Mapping[str, Any], tasks: Mapping[Any, Any]) -> str:
    """Who wrote, where the task tells: a label, so that a customer's conversations can be kept on one side of a split.

    The two schemas number the same scenarios differently, so that the task's number would not do.
    """
    found = _CUSTOMER_ID.search(json.dumps(_task(run, tasks)))
    return found.group() if found else str(run.get("task_id", ""))


def _task(run: Mapping[str, Any], tasks: Mapping[Any, Any]) -> Any:
    return (run.get("info") or {}).get("task") or tasks.get(run.get("task_id")) or {}


def _transfer_expected(run: Mapping[str, Any], tasks: Mapping[Any, Any]) -> float:
    """1 where the recorded solution hands over to people, else 0: a label, never seen by perception."""
    task = _task(run, tasks)
    criteria = task.get("evaluation_criteria") or {} if isinstance(task, Mapping) else {}
    actions = (task.get("actions") or criteria.get("actions") or ()) if isinstance(task, Mapping) else ()
    return float(any(isinstance(action, Mapping) and action.get("name") in TRANSFER_TOOLS for action in actions))


def _ending(reward: object, customer: str, transfer_expected: float) -> Ending:
    if isinstance(reward, bool) or not isinstance(reward, int | float):
        return Ending()
    # Some runs have a shaped reward: only 0 is a failure.
    labels: dict[str, str | float] = {
        "reward": float(reward),
        "customer": customer,
        "transfer_expected": transfer_expected,
    }
    return Ending(outcome="solved" if reward > 0 else "failed", labels=labels)


def _messages(steps: list[Mapping[str, Any]], number: int) -> Iterator[Message]:
    last_ms = 0
    for index, step in enumerate(steps):
        found = time_of(step.get("timestamp"))
        last_ms = max(last_ms, found[0]) if found is not None else last_ms
        event = _event(step, index)
        if event is not None:
            yield Message(index, number, last_ms, event)


def _event(step: Mapping[str, Any], index: int) -> Said | None:
    text = text_of(step.get("content")) or ""
    match step["role"]:
        case "user":
            said = _END_TOKEN.sub(" ", text).strip()
            return e.CustomerWrote(str(index), said) if said else None
        case "assistant":
            calls = tool_calls_of(step.get("tool_calls")) or ()
            return e.BotWrote(str(index), text, tool_calls=calls) if text.strip() or calls else None
        case "tool" if step.get("requestor") != "user":
            failed = step.get("error") is True or _ERROR.match(text) is not None
            return e.ToolReturned(text_of(step.get("name")) or "", text, failed)
    return None  # the agent's instructions, and what the customer did on their own device
