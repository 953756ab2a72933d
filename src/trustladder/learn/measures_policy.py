"""What the default policy does with the recorded conversations: whom it hands over, and how near the right moment.

The learned score that it reads was fitted without the customer: the shipped one has seen these conversations. Calls of
the bot that hand over are taken out, so that the policy decides by what was said.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.ticket import Role, Turn
from trustladder.detect.detector import BOT, Detector
from trustladder.detect.outcome import OutcomeModel, load_outcome_model
from trustladder.detect.outcome.detector import OutcomeRisk
from trustladder.detect.outcome.words import hands_over
from trustladder.detect.perceiver import Perceiver, default_detectors
from trustladder.learn.conversation import Conversation, Message, Said
from trustladder.learn.measures_handoff import Handoff, transfers
from trustladder.learn.measures_outcome import splits
from trustladder.learn.outcome_data import Case, read_tau
from trustladder.learn.outcome_train import train_actions, train_text
from trustladder.learn.replay import replay
from trustladder.policy.profiles import default_policy

ASKS = 60
"""From this strength of `human_request` on, a customer counts as asking for a person."""
_PATIENT_MS = 100_000
"""How long a patient perceiver may take for a turn, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Played:
    """A conversation under the default policy: after how many of the customer's turns each comes, None for never.

    `policy` hands over, `asked` is when the customer asks for a person, `bot` when the recorded bot handed over.
    """

    case: Case
    policy: Handoff
    asked: Handoff
    bot: Handoff

    @property
    def expected(self) -> bool:
        """Whether the recorded solution hands over."""
        return any(hands_over(key.partition("{")[0]) for key in self.case.gold)


def measure_policy(data_dir: Path) -> dict[str, Any]:
    """Shares of good and bad ends handed over, and GT-T of solved conversations, in the customer's turns."""
    played = list(_play(read_tau(data_dir / "tau")))
    unasked = [one for one in played if one.asked is None]
    solved = [one for one in played if not one.case.failed]
    expected = [one for one in solved if one.expected and one.bot is not None]
    quiet = [one for one in solved if not one.expected and one.bot is None]
    return {
        "handed_over": {"all": _handed_over(played), "nobody_asks": _handed_over(unasked)},
        "transfers": {
            "expected": _transfers(expected, lambda one: one.bot),
            "not_expected": _transfers(quiet, lambda _: None),
        },
    }


def _handed_over(played: Sequence[Played]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, failed in (("good", False), ("bad", True)):
        ends = [one for one in played if one.case.failed is failed]
        found[name] = {
            "ends": len(ends),
            "policy": sum(one.policy is not None for one in ends),
            "on_request": sum(one.asked is not None for one in ends),
        }
    return found


def _transfers(played: Sequence[Played], right: Callable[[Played], Handoff]) -> dict[str, Any]:
    golden = [right(one) for one in played]
    return {
        "conversations": len(played),
        "policy": transfers(golden, [one.policy for one in played]),
        "on_request": transfers(golden, [one.asked for one in played]),
        "never": transfers(golden, [None] * len(played)),
        "at_once": transfers(golden, [1] * len(played)),
    }


def _play(cases: Sequence[Case], seed: int = 0) -> Iterator[Played]:
    shipped, failed = load_outcome_model(), np.array([float(case.failed) for case in cases])
    for rest, fold in splits([case.customer for case in cases], failed, seed):
        others = [cases[place] for place in rest]
        perceiver = _perceiver(OutcomeModel(train_text(others), shipped.intents, train_actions(others)))
        for place in fold:
            yield _played(cases[place], perceiver)


def _perceiver(model: OutcomeModel) -> Perceiver:
    reader = OutcomeRisk(model)
    own = (reader.detector(), Detector("wrong_action", ("wrong_action",), BOT, reader.read_actions))
    others = [one for one in default_detectors() if one.name not in {detector.name for detector in own}]
    return Perceiver(own, detectors=others, budget_ms=_PATIENT_MS)


def _played(case: Case, perceiver: Perceiver) -> Played:
    messages = tuple(Message(turn.index, turn.index, 0, _event(turn)) for turn in case.turns if not _hands(turn))
    told, policy, asked = 0, None, None
    for step in replay(Conversation("tau", messages, timed=False), default_policy(), perceiver.perceive):
        told += step.role is Role.CUSTOMER
        if asked is None and (signal := step.signals.get("human_request")) and signal.strength >= ASKS:
            asked = told
        if policy is None and step.decision.proposed >= Lane.ESCALATED:
            policy = told
    return Played(case, policy, asked, _by_bot(case))


def _by_bot(case: Case) -> Handoff:
    told = 0
    for turn in case.turns:
        told += turn.role is Role.CUSTOMER
        if _hands(turn):
            return told
    return None


def _hands(turn: Turn) -> bool:
    return any(hands_over(call.name) for call in turn.tool_calls)


def _event(turn: Turn) -> Said:
    if turn.role is Role.CUSTOMER:
        return e.CustomerWrote(str(turn.index), turn.text)
    if turn.role is Role.BOT:
        return e.BotWrote(str(turn.index), turn.text, tool_calls=turn.tool_calls)
    return e.ToolReturned(turn.author, turn.text, turn.failed)
