"""What other ways of handing over would have done on the same tickets: always, never, only on request.

They are always shown beside a policy, because a policy that is no better than one of them is not worth its keep.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from trustladder.core.episode import Episode
from trustladder.core.verdict import (
    EpisodeVerdict,
    Verdict,
    golden_turn,
    mean_golden_transfer,
    verdict_on,
    went_badly,
    went_well,
)
from trustladder.learn.case import EpisodeReading

HandoffTurn = Callable[[Episode], int | None]
"""The turn at which a strategy hands an episode over; None for never."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to decide when to hand over."""

    key: str
    name: str
    handoff_turn: HandoffTurn


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """What a strategy would have done on ``tickets`` episodes that had a bot, as they were recorded.

    ``bot_turns`` are those before its handoff, ``beyond_turns`` those of them after the golden turn of hindsight,
    ``contained_turns`` those under containment. ``caught`` of ``ended_badly`` and ``unneeded`` of ``ended_well`` count
    handoffs among the episodes whose end is known; both totals are 0 where none is. ``golden_transfer`` is the mean
    GT-T (1 is best) at each of the tolerances.
    """

    key: str
    name: str
    tickets: int
    handoffs: int
    bot_turns: int
    contained_turns: int
    beyond_turns: int
    verdicts: Mapping[str, int]
    ended_badly: int
    caught: int
    ended_well: int
    unneeded: int
    golden_transfer: tuple[float, ...]


def _first(turns: Iterable[int]) -> int | None:
    return next(iter(turns), None)


STRATEGIES = (
    Strategy("actual", "As it happened", lambda episode: episode.handoff_turn),
    Strategy("policy", "This policy", lambda episode: episode.policy_escalate_turn),
    Strategy("always", "Always a person", lambda episode: _first(episode.customer_turns)),
    Strategy("never", "Never a person", lambda _episode: None),
    Strategy("on_request", "Only on request", lambda episode: _first(episode.turns_with("human_request"))),
)


def compare(readings: Iterable[EpisodeReading]) -> tuple[StrategyResult, ...]:
    """Return every strategy's result over the episodes in which a bot spoke."""
    episodes = [reading.episode for reading in readings if reading.in_automation]
    return tuple(_result(strategy, episodes) for strategy in STRATEGIES)


def _result(strategy: Strategy, episodes: list[Episode]) -> StrategyResult:
    verdicts: Counter[str] = Counter({verdict.value: 0 for verdict in Verdict})
    handoffs = bot_turns = contained = beyond = caught = unneeded = 0
    judged: list[tuple[Episode, EpisodeVerdict]] = []
    for episode in episodes:
        turn = strategy.handoff_turn(episode)
        verdict = verdict_on(episode, golden_turn(episode), turn)
        judged.append((episode, verdict))
        verdicts[verdict.verdict.value] += 1
        beyond += verdict.late_by_turns
        handoffs += turn is not None
        spoken = [t for t in episode.bot_turns if turn is None or t <= turn]
        bot_turns += len(spoken)
        if strategy.key == "policy":
            contained += _after(spoken, episode.policy_contain_turn)
        caught += turn is not None and went_badly(episode)
        unneeded += turn is not None and went_well(episode)
    return StrategyResult(
        key=strategy.key,
        name=strategy.name,
        tickets=len(episodes),
        handoffs=handoffs,
        bot_turns=bot_turns,
        contained_turns=contained,
        beyond_turns=beyond,
        verdicts=dict(verdicts),
        ended_badly=sum(map(went_badly, episodes)),
        caught=caught,
        ended_well=sum(map(went_well, episodes)),
        unneeded=unneeded,
        golden_transfer=mean_golden_transfer(judged),
    )


def _after(turns: Iterable[int], since: int | None) -> int:
    return 0 if since is None else sum(1 for turn in turns if turn > since)
