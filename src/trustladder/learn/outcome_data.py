"""Recorded conversations with a known end, as the learned score is trained and measured on them.

Reads the tau layout (customer, bot, tool calls and results, 0/1 reward) and the BETOLD layout (intents and entities of
phone calls, as the reader of exports gives them). Tokens that end a simulation are stripped: they give the outcome
away. Scenario, gold actions and reward go into labels and groups only, never into turns.
"""

import gzip
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustladder.core.containment import ToolCall
from trustladder.core.ticket import Role, Turn
from trustladder.detect.outcome.features import call_key
from trustladder.detect.outcome.words import changes_something
from trustladder.errors import BadInput
from trustladder.learn.betold import labels, speaker

_END_TOKEN = re.compile(r"#{3}[A-Z\- ]+#{3}")
_CUSTOMER_ID = re.compile(r"\b([a-z]+_[a-z]+_\d{4})\b")


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded conversation: what was said, who asked, which bot answered, and whether it failed.

    `gold` holds the changing calls that would have been right, as `call_key` writes them.
    """

    source: str
    bot: str
    domain: str
    customer: str
    turns: tuple[Turn, ...]
    failed: bool
    gold: frozenset[str] = frozenset()

    def until(self, share: float) -> tuple[Turn, ...]:
        """The turns up to and with the customer's ceil(share x n)-th that has text; nothing after it."""
        spoken = [turn.index for turn in self.turns if turn.role is Role.CUSTOMER and turn.text]
        return self.turns[: spoken[max(0, math.ceil(share * len(spoken)) - 1)] + 1]


@dataclass(frozen=True, slots=True)
class Write:
    """A call meant to change something, and whether the recorded solution holds no such call.

    `failed` calls changed nothing; `after_wrong` follows a wrong one that did; `again` repeats an earlier call.
    """

    case: int
    turn: int
    call: ToolCall
    wrong: bool
    failed: bool
    after_wrong: bool
    again: bool


def _arguments(given: object) -> dict[str, object]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return {"text": given}
    return dict(given) if isinstance(given, Mapping) else {"value": given}


def _calls(message: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    made = (call.get("function") or call for call in message.get("tool_calls") or ())
    return tuple(ToolCall(call["name"], _arguments(call["arguments"])) for call in made)


def _said(messages: list[dict[str, Any]]) -> Iterator[tuple[Role, str, dict[str, Any]]]:
    tools: dict[str, str] = {}
    for message in messages:
        text = message.get("content") or ""
        if message["role"] == "assistant":
            calls = _calls(message)
            names = [call.name for call in calls]
            tools.update(zip([c.get("id", "") for c in message.get("tool_calls") or ()], names, strict=True))
            yield Role.BOT, text, {"tool_calls": calls}
        elif message["role"] == "user":
            yield Role.CUSTOMER, _END_TOKEN.sub("", text).strip(), {}
        elif message["role"] == "tool" and message.get("requestor") != "user":
            name = message.get("name") or tools.get(message.get("id") or message.get("tool_call_id") or "", "")
            failed = bool(message.get("error")) or text.lower().startswith("error")
            yield Role.TOOL, text, {"author": name, "failed": failed}


def _turns(messages: list[dict[str, Any]]) -> tuple[Turn, ...]:
    said = (line for line in _said(messages) if line[0] is not Role.CUSTOMER or line[1])
    return tuple(Turn(index, role, text, 0, **more) for index, (role, text, more) in enumerate(said))


def _essential(value: object) -> object:
    """Arguments as the recorded tools read them: of a listed flight, its number and date; 5 and 5.0 are one."""
    if isinstance(value, Mapping):
        kept = {"flight_number", "date"} if "flight_number" in value else set(value)
        return {key: _essential(part) for key, part in value.items() if key in kept}
    if isinstance(value, list):
        return [_essential(part) for part in value]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def essential_key(call: ToolCall) -> str:
    """`call_key` over the arguments that matter to the recorded tools."""
    essential = _essential(call.arguments)
    return call_key(call.name, essential if isinstance(essential, dict) else {})


def _gold(actions: list[dict[str, Any]], key: str) -> tuple[frozenset[str], str]:
    own = [action for action in actions if action.get("requestor", "assistant") == "assistant"]
    made = frozenset(essential_key(ToolCall(action["name"], action[key])) for action in own)
    users = (
        str(action[key]["user_id"]) for action in own if isinstance(action[key], dict) and "user_id" in action[key]
    )
    return made, next(users, "")


def _tau1(path: Path, runs: list[dict[str, Any]], domain: str, bot: str) -> Iterator[Case]:
    for run in runs:
        task = run["info"]["task"]
        gold, _ = _gold(task["actions"], "kwargs")
        yield Case(path.name, bot, domain, task["user_id"], _turns(run["traj"]), run["reward"] == 0, gold)


def _tau2(path: Path, data: dict[str, Any], domain: str, bot: str) -> Iterator[Case]:
    tasks = {task["id"]: task for task in data["tasks"]}
    for run in data["simulations"]:
        task = tasks[run["task_id"]]
        gold, named = _gold(task["evaluation_criteria"]["actions"] or [], "arguments")
        turns = _turns(run["messages"])
        scenario = json.dumps(task["user_scenario"]) + " ".join(turn.text for turn in turns)
        found = _CUSTOMER_ID.search(scenario)
        customer = run["task_id"] if domain == "telecom" else named or (found.group(1) if found else run["task_id"])
        yield Case(path.name, bot, domain, customer, turns, run["reward_info"]["reward"] <= 0, gold)


def read_tau(folder: Path) -> list[Case]:
    """The recorded conversations in `folder`, file by file in order of name.

    Raises `BadInput` when the folder holds none.
    """
    cases: list[Case] = []
    for path in sorted(folder.glob("tau*.json.gz")):
        _, domain, bot = path.name.removesuffix(".json.gz").split("_", 2)
        with gzip.open(path, "rt", encoding="utf-8") as file:
            data = json.load(file)
        cases.extend(_tau1(path, data, domain, bot) if isinstance(data, list) else _tau2(path, data, domain, bot))
    if not cases:
        raise BadInput("no recorded conversations found", where=str(folder), fix="set TRUSTLADDER_DATA to their folder")
    return cases


def writes_of(case: Case, number: int) -> Iterator[Write]:
    """The calls of a conversation that were meant to change something, in order."""
    wrong_before, seen = False, set[str]()
    for turn in case.turns:
        results = [later.failed for later in _results_after(case, turn.index)]
        for place, call in enumerate(turn.tool_calls):
            if not changes_something(call.name):
                continue
            failed = place >= len(results) or results[place]
            key = essential_key(call)
            wrong = key not in case.gold
            yield Write(number, turn.index, call, wrong, failed, wrong_before, key in seen)
            wrong_before = wrong_before or (wrong and not failed)
            seen.update(() if failed else (key,))


def _results_after(case: Case, index: int) -> Iterator[Turn]:
    for turn in case.turns[index + 1 :]:
        if turn.role is not Role.TOOL:
            return
        yield turn


def read_betold(folder: Path) -> list[Case]:
    """The calls of BETOLD in `folder`, each its own customer; a failed call ended late in a hang-up or forward.

    Raises `BadInput` when the file is not there.
    """
    path = folder / "BETOLD_valid.json.gz"
    if not path.exists():
        raise BadInput("the BETOLD calls are not there", where=str(path), fix="set TRUSTLADDER_DATA to their folder")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        calls = json.load(file)
    return [_call(path, number, call) for number, call in enumerate(calls)]


def _call(path: Path, number: int, call: Mapping[str, Any]) -> Case:
    turns = tuple(
        Turn(index, speaker(line), "", 0, message_id=str(index), intents=labels(line))
        for index, line in enumerate(call["utterances_annotations"])
    )
    return Case(path.name, "voice", "appointment", f"call-{number}", turns, call["LUHF"] == "luhf")
