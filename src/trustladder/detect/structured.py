"""Structured conversations: a voice bot's turns carry labels (intents) instead of text."""

from collections.abc import Iterable

from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Role, Turn
from trustladder.detect.detector import BOT, CUSTOMER, Detector, detector
from trustladder.detect.labels import bot_fails, told_by
from trustladder.detect.scene import Scene

_REPEATED_LABEL_STRENGTH = {2: 60, 3: 80}


@detector(
    "human_request",
    "repetition",
    "rejection",
    "clarification",
    "churn_threat",
    "legal_or_safety",
    "urgency",
    roles=CUSTOMER,
)
def customer_labels(scene: Scene) -> tuple[Signal, ...]:
    """What a customer's labels tell where there is no text.

    Scale: the label's own (asks for an agent 100, asks to repeat 80, a plain no 40 …); a second "no" in a row is
    70, a third 90.
    """
    if not scene.turn.intents:
        return ()
    found: dict[str, int] = {}
    for label in scene.turn.intents:
        name, strength = told_by(label)
        if name == "rejection":
            strength = max(strength, _refusals_in_a_row(scene))
        if strength > found.get(name, 0):
            found[name] = strength
    evidence = (Evidence(scene.turn.index, field="intents"),)
    return tuple(Signal(name, strength, evidence) for name, strength in found.items())


def _refusals_in_a_row(scene: Scene) -> int:
    row = 0
    for said in reversed(scene.customer):
        if not any(told_by(label)[0] == "rejection" for label in said.turn.intents):
            break
        row += 1
    return 0 if not row else 70 if row == 1 else 90


@detector("bot_repetition", "tool_failure", roles=BOT)
def bot_labels(scene: Scene) -> tuple[Signal, ...]:
    """What a bot's labels tell where there is no text.

    Scale of `bot_repetition`: 60 the same label a second time in the stretch, 80 the third, 100 from the fourth.
    `tool_failure` is 60 for a label by which the bot says that it did not understand or could not do it.
    """
    if scene.turn.text.strip() or not scene.turn.intents:
        return ()
    evidence = (Evidence(scene.turn.index, field="intents"),)
    times = 1 + sum(_same_labels(said.turn, scene.turn) for said in scene.bot)
    signals = []
    if times > 1:
        signals.append(Signal("bot_repetition", _REPEATED_LABEL_STRENGTH.get(times, 100), evidence))
    if any(bot_fails(label) for label in scene.turn.intents):
        signals.append(Signal("tool_failure", 60, evidence))
    return tuple(signals)


def _same_labels(earlier: Turn, turn: Turn) -> bool:
    return earlier.role is Role.BOT and earlier.intents == turn.intents


def detectors() -> Iterable[Detector]:
    """Return this file's detectors."""
    yield from (customer_labels, bot_labels)
