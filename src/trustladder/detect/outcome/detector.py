"""The learned score as a signal, `outcome_risk`, read turn by turn.

A conversation's running state is kept for the tickets that spoke last, so that a turn costs what it adds. A state that
does not fit the ticket (another process read a turn, the ledger refused one) is built anew from the ticket.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from trustladder.core.containment import ToolCall
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Ticket, Turn
from trustladder.detect.detector import ANYONE, Detector
from trustladder.detect.outcome.actions import doubts
from trustladder.detect.outcome.features import Running
from trustladder.detect.outcome.model import Live, OutcomeModel, Reason
from trustladder.detect.outcome.model_file import load_outcome_model
from trustladder.detect.outcome.words import changes_something
from trustladder.detect.scene import Scene

REMEMBERED_TICKETS = 512
SHOWN = 3
COIN_TOSS = 50


@dataclass(slots=True)
class _Followed:
    live: Live
    turns: int
    last: Turn | None


@dataclass(slots=True)
class OutcomeRisk:
    """Reads `outcome_risk` with a model; `OutcomeRisk(load_outcome_model()).detector()` goes into a perceiver."""

    model: OutcomeModel
    _followed: "OrderedDict[tuple[str, str, int], _Followed]" = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def detector(self) -> Detector:
        """The detector for `Perceiver`."""
        return Detector("outcome_risk", ("outcome_risk",), ANYONE, self.read)

    def read(self, scene: Scene) -> Iterable[Signal]:
        """Conversations that read like this one ended badly, by the learned score.

        Scale: how far the calibrated probability of a bad end stands above a coin toss: 0 at 50 % or less, 100 at
        certainty. What raised it most is quoted. Below a coin toss it says nothing, so that an ordinary conversation
        gathers no points from it.
        """
        with self._lock:
            state = self._state(scene.ticket)
            state.live.add(scene.turn)
            state.turns, state.last = state.turns + 1, scene.turn
            score = state.live.score(scene.ticket.ticket_type or "", COIN_TOSS)
        offset = scene.ticket.stretch_first_turn
        strength = max(0, 2 * (score.strength - COIN_TOSS))
        evidence = tuple(_evidence(r, offset) for r in score.reasons[:SHOWN]) if strength else ()
        return (Signal("outcome_risk", strength, evidence),)

    def read_actions(self, scene: Scene) -> Iterable[Signal]:
        """`wrong_action` of the calls in a bot's turn that change something: the strength of the worst of them."""
        if not any(changes_something(call.name) for call in scene.turn.tool_calls):
            return (Signal("wrong_action", 0),)
        with self._lock:
            running = self._state(scene.ticket).live.running.fork()
        turn, domain = scene.turn, scene.ticket.ticket_type or ""
        if turn.text:
            running.add(replace(turn, tool_calls=()))
        read = []
        for call in turn.tool_calls:
            if changes_something(call.name):
                read.append(self._action(running, call, domain, turn.index))
            running.add(replace(turn, text="", tool_calls=(call,)))
        return (max(read, key=lambda signal: signal.strength),)

    def _action(self, running: Running, call: ToolCall, domain: str, turn: int) -> Signal:
        score = self.model.score_call(running, call, domain)
        strength = max(0, 2 * (score.strength - COIN_TOSS))
        if not strength:
            return Signal("wrong_action", 0)
        seen = doubts(running, call)[:SHOWN]
        learned = [reason.what for reason in score.reasons[: SHOWN - len(seen)]]
        words = (*seen, *(f"weighed: {what}" for what in learned))
        return Signal("wrong_action", strength, tuple(Evidence(turn, field=f"{call.name}: {w}") for w in words))

    def _state(self, ticket: Ticket) -> _Followed:
        turns, first = ticket.turns, ticket.stretch_first_turn
        key = (ticket.tenant, ticket.ticket_id, first)
        state = self._followed.pop(key, None)
        if state is None or not _fits(state, turns, first):
            state = _Followed(self.model.start(), 0, None)
        for turn in turns[first + state.turns :]:
            state.live.add(turn)
            state.turns, state.last = state.turns + 1, turn
        self._followed[key] = state
        while len(self._followed) > REMEMBERED_TICKETS:
            self._followed.popitem(last=False)
        return state


def _fits(state: _Followed, turns: Sequence[Turn], first: int) -> bool:
    """Whether a state has read the first turns of a stretch and no others."""
    if not state.turns:
        return True
    if first + state.turns > len(turns):
        return False
    last = turns[first + state.turns - 1]
    return last is state.last or last == state.last


def _evidence(reason: Reason, offset: int) -> Evidence:
    if reason.turn < 0:
        return Evidence(field=f"outcome.{reason.what.replace(' ', '_')}")
    return Evidence(reason.turn + offset, reason.what)


def outcome_risk() -> Detector:
    """The detector with the shipped model.

    Raises `ModelUnusable` when the model's file is missing or changed.
    """
    return OutcomeRisk(load_outcome_model()).detector()
