"""Signals: named observations on one turn, in whole hundredths, with the evidence for each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

FULL_STRENGTH = 100

PERCEPTION = "perception"
"""The name under which all of perception is unknown, when it failed as a whole."""


class SignalGroup(StrEnum):
    """Where a signal is read: the customer, the topic, the account, the bot or the process."""

    CUSTOMER = "customer"
    TOPIC = "topic"
    ACCOUNT = "account"
    BOT = "bot"
    PROCESS = "process"


class Memory(StrEnum):
    """How long a signal stays on the board of an episode.

    ``PEAK`` keeps the strongest observation: a request for a person does not fade because the next
    message is polite. ``LATEST`` keeps the newest one: a customer may calm down.
    """

    PEAK = "peak"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class SignalKind:
    """One row of the catalogue of signals: its name, its group, its memory and what it observes."""

    name: str
    group: SignalGroup
    memory: Memory
    observes: str


def _kinds(group: SignalGroup, memory: Memory, **observes: str) -> dict[str, SignalKind]:
    return {name: SignalKind(name, group, memory, text) for name, text in observes.items()}


CATALOGUE: Mapping[str, SignalKind] = {
    **_kinds(
        SignalGroup.CUSTOMER,
        Memory.PEAK,
        repetition="the customer states the same need again",
        rejection="the customer says that the answer is not it",
        clarification="the customer is asked to explain again, or asks what the bot means",
        human_request="the customer asks for a person",
        churn_threat="the customer speaks of leaving",
        legal_or_safety="the customer speaks of law, a regulator, harm or danger",
        vulnerability="the customer tells of illness, bereavement, hardship or the like",
        urgency="the customer tells that time presses",
    ),
    **_kinds(
        SignalGroup.CUSTOMER,
        Memory.LATEST,
        sentiment="how negative the customer's latest message is",
        sentiment_drop="how far sentiment has fallen against the ticket's own start",
    ),
    **_kinds(
        SignalGroup.TOPIC,
        Memory.PEAK,
        payment="the issue touches money: a charge, an invoice, a refund",
        policy_ambiguity="the answer needs interpretation of a policy, not retrieval",
        security="the issue touches access, identity or fraud",
        entitlement="the issue touches what the customer's plan or contract gives",
        technical_ambiguity="a technical problem without a clear cause",
        multi_cause="several needs or causes in one ticket",
        out_of_scope="the need is none that automation was given",
    ),
    **_kinds(
        SignalGroup.ACCOUNT,
        Memory.PEAK,
        account_value="the account carries high revenue (trusted fields only)",
        at_risk_account="the account is marked at risk (trusted fields only)",
        recent_bad_ticket="the account has a badly handled ticket behind it: spillover carried in",
    ),
    **_kinds(
        SignalGroup.BOT,
        Memory.LATEST,
        low_confidence="the bot reports low confidence",
        mismatched_confidence="the bot is sure of itself while its text hedges or is not grounded",
        wrong_action="a call that the bot proposes reads like calls that turned out wrong",
    ),
    **_kinds(
        SignalGroup.BOT,
        Memory.PEAK,
        bot_repetition="the bot says again what it said before",
        broken_promise="the bot promised an act, such as a transfer, that did not happen",
        contradiction="the bot contradicts itself or a tool's result",
        tool_failure="a tool call failed or was repeated without success",
        irreversible_action="the bot has acted in a way that cannot be taken back",
        asked_again="the bot asks for what the customer already gave",
        breakdown_risk="the bot's turn reads like one after which conversations break down",
    ),
    **_kinds(
        SignalGroup.PROCESS,
        Memory.PEAK,
        turns_in_automation="how many turns the bot has taken in this episode",
        minutes_in_automation="how long the episode has been in automation",
        reopened="the ticket had been resolved before",
        channel_switch="the customer came back through another channel",
    ),
    **_kinds(
        SignalGroup.PROCESS,
        Memory.LATEST,
        outcome_risk="the learned score: conversations that read like this one ended badly",
        outside_judge="an outside judge's reading of the risk",
    ),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a signal rests on: a turn of the ticket with a quoted span, or a trusted field.

    ``turn`` counts the ticket's turns from 0 and is -1 where the evidence is a field.
    """

    turn: int = -1
    quote: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One observation: ``strength`` in whole hundredths (0 to 100), with evidence and source.

    ``source`` is ``trustladder`` for the product's own detectors, else who reported the value.
    Raises ValueError when the strength is not a whole number from 0 to 100.
    """

    name: str
    strength: int
    evidence: tuple[Evidence, ...] = ()
    source: str = "trustladder"

    def __post_init__(self) -> None:
        if isinstance(self.strength, bool) or not 0 <= int(self.strength) == self.strength <= FULL_STRENGTH:
            raise ValueError(f"signal {self.name}: strength {self.strength!r} is not a whole number from 0 to 100")


@dataclass(frozen=True, slots=True)
class UnknownSignal:
    """A signal that could not be read, and why: law 4 turns it towards people."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatedFact:
    """Something the customer has given already, so that nobody needs to ask again.

    ``kind`` names it (``order_number``, ``email`` …), ``value`` is the customer's own spelling and
    ``turn`` where it was given.
    """

    kind: str
    value: str
    turn: int


Board = Mapping[str, Signal]
"""The signals in force in the current episode, by name."""


def merge(board: Board, observed: Iterable[Signal]) -> dict[str, Signal]:
    """Return the board after new observations: peaks stay, latest readings replace (see `Memory`).

    A signal outside the catalogue keeps its peak, the cautious choice.
    """
    merged = dict(board)
    for signal in observed:
        kind = CATALOGUE.get(signal.name)
        held = merged.get(signal.name)
        latest = kind is not None and kind.memory is Memory.LATEST
        if held is None or latest or signal.strength > held.strength:
            merged[signal.name] = signal
    return merged
