"""Signals that were learned: what small models make of a conversation, beside what the cues name.

Each is one reading among others: it can add to the risk, and a policy that gives it no weight switches it off.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Turn
from trustladder.detect.detector import BOT, CUSTOMER, Detector, detector
from trustladder.detect.repetition import LEAST_STEMS, content
from trustladder.detect.scene import Said, Scene
from trustladder.detect.types import UNKNOWN_STRENGTH, type_reading
from trustladder.detect.vectors import encoder_size, vector
from trustladder.settings import read_settings

if TYPE_CHECKING:
    from trustladder.detect.outcome.detector import OutcomeRisk


BREAKDOWN_AT_LEAST = 60
"""Below it the reading tells nothing on support text: 99 of 100 bot turns of tau lie under 54, whatever followed."""


@cache
def outcome_reader() -> "OutcomeRisk":
    """Return the reader of the learned score, loaded once. Raises `ModelUnusable` where its model cannot be used.

    It is loaded on first use and not on import: a missing model makes its own signals unknown and nothing else.
    """
    from trustladder.detect.outcome import load_outcome_model
    from trustladder.detect.outcome.detector import OutcomeRisk

    return OutcomeRisk(load_outcome_model(read_settings().risk_model_path))


@detector("outcome_risk", roles=frozenset(CUSTOMER | BOT))
def outcome_risk(scene: Scene) -> Iterable[Signal]:
    """Conversations that read like this one ended badly, by the learned score.

    Scale: how far the calibrated probability of a bad end stands above a coin toss: 0 at 50 % or less, 100 at
    certainty; the words that raised it most are quoted.
    """
    found = tuple(outcome_reader().read(scene))
    if not any(signal.evidence for signal in found):
        return found
    turns = (*scene.ticket.turns, scene.turn)
    return [replace(s, evidence=tuple(_as_written(e, turns) for e in s.evidence)) for s in found]


def _as_written(evidence: Evidence, turns: Sequence[Turn]) -> Evidence:
    """Quote the words of the model as the turn has them; what stands in no text is named as a measure."""
    if not evidence.quote:
        return evidence
    text = turns[evidence.turn].text
    start = text.lower().find(evidence.quote)
    quote = text[start : start + len(evidence.quote)] if start >= 0 else ""
    if quote.lower() == evidence.quote:
        return Evidence(evidence.turn, quote)
    return Evidence(evidence.turn, field=f"outcome.{evidence.quote.replace(' ', '_')}")


@detector("wrong_action", roles=BOT)
def wrong_action(scene: Scene) -> Iterable[Signal]:
    """A call that the bot proposes and that would change something reads like calls that turned out wrong.

    Scale: how far the calibrated probability that it is wrong stands above a coin toss, 0 at 50 % or less, 100 at
    certainty; of several calls in one turn the worst. What is read: whether its values were mentioned by the customer
    or a tool, whether the customer was asked and said yes, what was looked up, what has failed, the kind of act and the
    marks of the record. What can be held against it is told in words. A turn without such a call gives 0.
    """
    return outcome_reader().read_actions(scene)


@detector("breakdown_risk", roles=BOT)
def breakdown_risk(scene: Scene) -> tuple[Signal, ...]:
    """The bot's turn reads like one after which conversations break down.

    Scale: the share of people who would say so (a possible breakdown counts half) in hundredths, from 60 on, and
    only after the customer has written. Learned on small talk: on support conversations it seldom speaks.
    """
    if not scene.customer or not scene.turn.text.strip() or not encoder_size():
        return ()
    from trustladder.detect.meaning.breakdown import Place, breakdown_of

    last = scene.customer[-1].turn.text
    at = Place(scene.turn.text, last, vector(scene.text), _vectors(scene.bot), _vectors(scene.customer))
    reading = breakdown_of(at)
    return (
        (Signal("breakdown_risk", reading.strength, scene.quoting_all()),)
        if reading.strength >= BREAKDOWN_AT_LEAST
        else ()
    )


def _vectors(said: Sequence[Said]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    if not said:
        return np.zeros((0, encoder_size()), dtype=np.float32)
    return np.array([vector(one.text) for one in said])


@detector("out_of_scope", roles=CUSTOMER)
def out_of_scope(scene: Scene) -> tuple[Signal, ...]:
    """The need is none that automation was given: the classifier of the policy's ticket types knows no type for it.

    Scale: 40 just outside, 100 far from every type. Nothing where the ticket has a type, declared or recognised,
    where the policy gives too few examples to learn from, or where the message states no need.
    """
    ticket = scene.ticket
    if ticket.ticket_type is not None or ticket.recognised_types or len(content(scene.text)) < LEAST_STEMS + 1:
        return ()
    if scene.hits_of("settled"):
        return ()
    reading = type_reading(scene)
    if reading is None or reading.names:
        return ()
    strength = UNKNOWN_STRENGTH + round((100 - UNKNOWN_STRENGTH) * (50 - reading.sure) / 50)
    return (Signal("out_of_scope", strength, scene.quoting_all()),)


def detectors() -> Iterable[Detector]:
    """Return this file's detectors."""
    yield from (wrong_action, outcome_risk, breakdown_risk, out_of_scope)
