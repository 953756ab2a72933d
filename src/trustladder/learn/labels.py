"""Labelled tickets: what the ladder saw turn by turn, beside the golden turn that hindsight or a reviewer gives.

Guarantees, refits and proposals are computed from these and from nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.decision import Decision, ReasonKind
from trustladder.core.episode import Episode
from trustladder.core.risk import ALWAYS, NEVER
from trustladder.core.sampling import share_of
from trustladder.core.signals import Signal, merge
from trustladder.core.verdict import golden_turn


@dataclass(frozen=True, slots=True)
class DecidedTurn:
    """What a decision saw on one turn: base points, strengths (0 to 100) by signal, and the sum in hundredths.

    ``hard`` tells that the policy hands over here whatever the risk: a hard rule or a limit asks for it.
    """

    turn: int
    points_hundredths: int
    base_points: int
    strengths: Mapping[str, int]
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Labelled:
    """One episode with its golden turn (None: no person was needed) and every turn that was decided.

    ``bot_turns`` are the bot's turns. ``probability`` is that with which the episode came to be labelled. A ticket
    that people took over shows nothing of what its later turns would have been: ``turns`` ends there.
    """

    ticket_id: str
    ticket_type: str
    golden_turn: int | None
    bot_turns: tuple[int, ...]
    turns: tuple[DecidedTurn, ...]
    account_id: str = ""
    probability: float = 1.0

    def handoff_turn(self, escalate_at: int) -> int | None:
        """Return the turn at which a threshold (in hundredths of a point) hands the episode over; None for never."""
        crossed = (seen.turn for seen in self.turns if seen.hard or seen.points_hundredths >= escalate_at)
        return next(crossed, None)

    @property
    def on_time_up_to(self) -> int:
        """The least strict threshold (hundredths of a point) that hands over before the bot speaks beyond golden.

        `NEVER` where no person was needed or a hard rule comes in time, `ALWAYS` where no threshold is strict enough.
        """
        golden = self.golden_turn
        if golden is None:
            return NEVER
        too_late = next((turn for turn in self.bot_turns if turn > golden), None)
        in_time = [seen for seen in self.turns if too_late is None or seen.turn < too_late]
        return max((NEVER if seen.hard else seen.points_hundredths for seen in in_time), default=ALWAYS)

    def late_or_missed(self, escalate_at: int) -> bool:
        """True when a bot's turn would come between the golden turn and the handoff, or no handoff at all."""
        return escalate_at > self.on_time_up_to


def labelled(
    episode: Episode, history: Iterable[e.Recorded], golden_turn: int | None, probability: float = 1.0
) -> Labelled:
    """Return an episode as labelled, from the history that holds its decisions, live or replayed."""
    turns: list[DecidedTurn] = []
    board: dict[str, Signal] = {}
    number = 1
    for event in (recorded.event for recorded in history):
        match event:
            case e.Reopened():
                number, board = number + 1, {}
            case e.HandedBack():
                board = {}
            case e.SignalsDetected():
                board = merge(board, event.signals)
            case e.Decided() if number == episode.number and _in_automation(episode, event.decision):
                turns.append(_decided(event.decision, board))
            case _:
                pass
    return Labelled(
        ticket_id=episode.ticket_id,
        ticket_type=episode.ticket_type,
        golden_turn=golden_turn,
        bot_turns=tuple(episode.bot_turns),
        turns=tuple(turns),
        account_id=episode.account_id,
        probability=probability,
    )


def label_of(episode: Episode, happened: Sequence[e.Recorded], sampled: bool = False) -> Labelled | None:
    """Return an episode as a label, None where an audit sample is drawn and it was not drawn or not reviewed."""
    probability = 1.0
    if sampled and not episode.handed_off:
        if episode.drawn_percent is None or episode.review is None:
            return None
        probability = episode.drawn_percent / 100
    golden = golden_turn(episode)
    return labelled(episode, happened, None if golden is None else golden.turn, probability)


def _in_automation(episode: Episode, decision: Decision) -> bool:
    return episode.handoff_turn is None or decision.turn <= episode.handoff_turn


def _decided(decision: Decision, board: Mapping[str, Signal]) -> DecidedTurn:
    asked = (reason for reason in decision.reasons if reason.lane >= Lane.ESCALATED)
    base = next((part.points_hundredths for part in decision.risk.contributions if part.name == "base"), 0)
    return DecidedTurn(
        turn=decision.turn,
        points_hundredths=decision.risk.points_hundredths,
        base_points=base // 100,
        strengths={name: signal.strength for name, signal in board.items() if signal.strength},
        hard=any(reason.kind is not ReasonKind.RISK for reason in asked),
    )


def thinned(labels: Sequence[Labelled], seed: int = 0) -> list[Labelled]:
    """Return labels as if every one had been drawn with the smallest probability among them.

    Each stays with the share that its own probability exceeds the smallest, decided by its ticket's id and ``seed``:
    what stays is a plain random sample, for which exact tests hold.
    """
    least = min((label.probability for label in labels), default=1.0)
    return [label for label in labels if share_of("thinned", seed, label.ticket_id) * label.probability < least]
