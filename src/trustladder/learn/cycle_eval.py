"""One Learn cycle, judged on customers and bots that it did not see.

The default policy is refitted and its thresholds moved on some customers and bots, as `learn propose` would, with
everything it proposes accepted; then both policies hand over the tickets of other customers with other bots. The
learned score takes no part, before or after: the shipped one was trained on these conversations.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from trustladder.core import events as e
from trustladder.core.episode import Episode
from trustladder.core.policy import Policy
from trustladder.core.risk import probability_of
from trustladder.core.verdict import (
    TOLERANCES,
    EpisodeVerdict,
    Verdict,
    golden_transfers,
    golden_turn,
    verdict_on,
)
from trustladder.detect.perceiver import Perceiver, default_detectors
from trustladder.errors import BadInput
from trustladder.learn.calibration import brier
from trustladder.learn.columns import Columns, columns_of
from trustladder.learn.conversation import Conversation
from trustladder.learn.labels import Labelled, label_of
from trustladder.learn.measures_outcome import auc, folds_by_group
from trustladder.learn.past import PastConversation
from trustladder.learn.recalibrate import moved, recalibrate
from trustladder.learn.resample import RESAMPLES
from trustladder.learn.risk_training import Numbers
from trustladder.learn.seen import SeenOnce
from trustladder.learn.sweep import Sweep, levers, prices

FOLDS = 8
"""Customers are left out by eighths, so that enough labels for a refit are left beside a bot that is left out too."""

LEFT_OUT_SIGNAL = "outcome_risk"
NOT_IN_TIME = (Verdict.LATE, Verdict.MISSED)


@dataclass(frozen=True, slots=True)
class Labels:
    """What a labelled set tells of a conversation: who wrote, which bot answered, whether people were expected."""

    customer: str
    bot: str
    transfer_expected: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One measure before and after a cycle, with the 95 % interval of the change; ``baselines`` by their names."""

    name: str
    before: float
    after: float
    low: float
    high: float
    better: str
    baselines: Mapping[str, float]

    @property
    def says(self) -> str:
        """Whether the change is a finding, and which."""
        if self.low <= 0 <= self.high:
            return "no difference shown"
        return "better" if (self.low > 0) == (self.better == "higher") else "worse"


@dataclass(frozen=True, slots=True)
class CycleEvaluation:
    """The whole run: conversations, customers, bots, splits, in how many of them weights changed, and the measures."""

    conversations: int
    customers: int
    bots: int
    splits: int
    refitted: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Handed:
    """How one strategy treats every conversation: the turn of the handoff, and the risk at the end."""

    turns: list[int | None]
    risks: Numbers


def bot_group(source: str) -> str:
    """Return the group of bots that are left out together: files of one model family, and the two small remainders."""
    if "gpt-4o" in source:
        return "gpt-4o"
    return "claude" if "claude" in source or "opus" in source else "others"


def evaluate_cycle(
    conversations: Sequence[Conversation], policy: Policy, say: Callable[[str], None] = lambda _: None
) -> CycleEvaluation:
    """Evaluate one cycle on labelled conversations. Raises `BadInput` where all come from one group of bots."""
    labels = [_labels_of(one) for one in conversations]
    if len({label.bot for label in labels}) < 2:
        raise BadInput(
            "the conversations come from one group of bots", fix="give those of at least two, to leave one out"
        )
    say("perceiving")
    played = [past.under(policy) for past in _pasts(conversations, labels)]
    columns = columns_of(policy, played)
    episodes = [reading.episode for reading in columns.readings]
    if len(episodes) != len(conversations):
        raise BadInput("a conversation has no bot, or several episodes", fix="give one episode with a bot each")
    learnt = [label_of(reading.episode, one.happened) for one in played for reading in one.readings]
    before = _Handed(columns.handoff_turns(policy), _last_risks(columns, policy))
    after, splits, refitted = _Handed([None] * len(episodes), np.zeros(len(episodes))), 0, 0
    for fit_on, judged in _splits(labels, episodes):
        say(f"split {splits + 1}")
        changed, new = _cycle(policy, columns.take(fit_on), [learnt[place] for place in fit_on])
        splits, refitted = splits + 1, refitted + changed
        test = columns.take(judged)
        after.risks[judged] = _last_risks(test, new)
        for place, turn in zip(judged, test.handoff_turns(new), strict=True):
            after.turns[place] = turn
    return CycleEvaluation(
        conversations=len(episodes),
        customers=len({label.customer for label in labels}),
        bots=len({label.bot for label in labels}),
        splits=splits,
        refitted=refitted,
        rows=tuple(_rows(episodes, labels, before, after)),
    )


def _labels_of(conversation: Conversation) -> Labels:
    told = conversation.ending.labels
    expected = float(told.get("transfer_expected", 0.0)) > 0
    return Labels(str(told.get("customer", conversation.id)), bot_group(conversation.source), expected)


def _pasts(conversations: Sequence[Conversation], labels: Sequence[Labels]) -> Iterator[PastConversation]:
    detectors = [detector for detector in default_detectors() if detector.name != LEFT_OUT_SIGNAL]
    perceiver = Perceiver(detectors=detectors, budget_ms=3_600_000, failures_to_open=10**9)
    for conversation, label in zip(conversations, labels, strict=True):
        # The customer as account, so that every split within the fit keeps a customer's tickets together too.
        known = replace(conversation, account=e.AccountLearned(label.customer))
        yield PastConversation(known, SeenOnce(perceiver.perceive))


def _splits(labels: Sequence[Labels], episodes: Sequence[Episode]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield what to fit on and what to judge: neither a customer nor a group of bots is in both."""
    failed = np.array([episode.outcome == "failed" for episode in episodes], dtype=float)
    for fold in folds_by_group([label.customer for label in labels], failed, 0, FOLDS):
        held = set(fold)
        for bot in sorted({label.bot for label in labels}):
            judged = [place for place in fold if labels[place].bot == bot]
            fit_on = [place for place, label in enumerate(labels) if place not in held and label.bot != bot]
            if judged:
                yield fit_on, judged


def _cycle(policy: Policy, columns: Columns, labels: Sequence[Labelled | None]) -> tuple[bool, Policy]:
    """Return the policy after one cycle with every proposal accepted, and whether its weights changed."""
    priced = prices(policy)
    sweep = Sweep(columns, priced)
    again = recalibrate(policy, sweep, labels)
    changed = again.is_better and bool(again.found.changes or again.found.base_shift)
    new = moved(policy, again.found, again.shift) if changed else policy
    for lever in levers(new):
        found = sweep.pays(new, lever, 1 - 0.05 / len(levers(new)))
        if found is not None and found.is_clear:
            new = found.chosen.of_policy(new)
    return changed, new


def _last_risks(columns: Columns, policy: Policy) -> Numbers:
    """Return the risk after the last automated turn of each conversation, whole as it was, 0 to 1."""
    points = columns.points(policy)[columns.starts[1:] - 1]
    return np.array([probability_of(int(value)) for value in points])


Places = npt.NDArray[np.int64]
Sides = Callable[[Places], tuple[float, float]]
"""A measure before and after on some of the conversations, by their places."""


def _rows(episodes: Sequence[Episode], labels: Sequence[Labels], before: _Handed, after: _Handed) -> Iterator[Row]:
    groups = [label.customer for label in labels]
    failed = np.array([episode.outcome == "failed" for episode in episodes], dtype=float)
    simple = _simple(episodes)
    for name, better, figure in FIGURES:
        sides = partial(_means, _each(figure, episodes, before.turns), _each(figure, episodes, after.turns))
        beside = {key: float(_each(figure, episodes, turns).mean()) for key, turns in simple.items()}
        yield _row(name, better, groups, sides, beside)
    for expected, word, better in ((True, "hands over", "higher"), (False, "does not", "lower")):
        those = np.array([label.transfer_expected is expected for label in labels])
        old, new = (np.array([turn is not None for turn in one.turns], dtype=float) for one in (before, after))
        name = f"handed over where the recorded solution {word} (n = {int(those.sum())})"
        yield _row(name, better, groups, partial(_shares, old, new, those), {"always": 1.0, "never": 0.0})
    base = float(failed.mean())
    for name, better, score, beside in (
        ("failure of the ticket, AUC of the risk at its end", "higher", auc, {"always": 0.5, "never": 0.5}),
        ("failure of the ticket, Brier score of the risk at its end", "lower", brier, {"base rate": base * (1 - base)}),
    ):
        yield _row(name, better, groups, partial(_scores, score, failed, before.risks, after.risks), beside)


def _simple(episodes: Sequence[Episode]) -> dict[str, list[int | None]]:
    return {
        "always": [next(iter(episode.customer_turns), None) for episode in episodes],
        "never": [None for _ in episodes],
        "on request": [next(iter(episode.turns_with("human_request")), None) for episode in episodes],
    }


Figure = Callable[[Episode, int | None], float]
"""How well one episode fares where it is handed over at a turn (None: never)."""


def _each(figure: Figure, episodes: Sequence[Episode], turns: Sequence[int | None]) -> Numbers:
    return np.array([figure(episode, turn) for episode, turn in zip(episodes, turns, strict=True)], dtype=float)


def _means(before: Numbers, after: Numbers, at: Places) -> tuple[float, float]:
    return float(before[at].mean()), float(after[at].mean())


def _shares(before: Numbers, after: Numbers, those: npt.NDArray[np.bool_], at: Places) -> tuple[float, float]:
    kept = at[those[at]]
    return _means(before, after, kept) if len(kept) else (0.0, 0.0)


def _scores(
    score: Callable[[Numbers, Numbers], float], failed: Numbers, before: Numbers, after: Numbers, at: Places
) -> tuple[float, float]:
    return score(failed[at], before[at]), score(failed[at], after[at])


def _judged(episode: Episode, turn: int | None) -> EpisodeVerdict:
    return verdict_on(episode, golden_turn(episode), turn)


def _gtt(place: int, episode: Episode, turn: int | None) -> float:
    return golden_transfers([(episode, _judged(episode, turn))])[0].scores[place]


def _late_or_missed(episode: Episode, turn: int | None) -> float:
    return float(_judged(episode, turn).verdict in NOT_IN_TIME)


def _unnecessary(episode: Episode, turn: int | None) -> float:
    return float(_judged(episode, turn).verdict is Verdict.UNNECESSARY)


def _too_long(episode: Episode, turn: int | None) -> float:
    return float(_judged(episode, turn).late_by_turns)


FIGURES: tuple[tuple[str, str, Figure], ...] = (
    *((f"GT-T, tolerance {tolerance}", "higher", partial(_gtt, i)) for i, tolerance in enumerate(TOLERANCES)),
    ("late or missed", "lower", _late_or_missed),
    ("unnecessary", "lower", _unnecessary),
    ("bot turns after the golden turn, a ticket", "lower", _too_long),
)
"""What is measured of each ticket: its name, which way is better, the figure."""


def _row(name: str, better: str, groups: Sequence[str], sides: Sides, baselines: Mapping[str, float]) -> Row:
    """Return a measure with the interval of its change: whole customers are drawn again."""
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    pools = [np.flatnonzero(place == group) for group in range(int(place.max()) + 1)]
    draw = np.random.default_rng(0)
    changes = []
    for _ in range(RESAMPLES):
        old, new = sides(np.concatenate([pools[pick] for pick in draw.integers(0, len(pools), len(pools))]))
        changes.append(new - old)
    low, high = np.quantile(changes, [0.025, 0.975])
    return Row(name, *sides(np.arange(len(groups))), float(low), float(high), better, baselines)


def as_markdown(found: CycleEvaluation) -> str:
    """Return the evaluation as a Markdown table."""
    lines = [
        "| measure | before | after | change, 95 % interval | says | always | never | on request, or other |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found.rows:
        other = "; ".join(
            f"{value:.3f}" if name == "on request" else f"{name} {value:.3f}"
            for name, value in row.baselines.items()
            if name not in {"always", "never"}
        )
        cells = [f"{row.baselines[key]:.3f}" if key in row.baselines else "" for key in ("always", "never")]
        lines.append(
            f"| {row.name} ({row.better} is better) | {row.before:.3f} | {row.after:.3f} | {row.low:+.3f} to "
            f"{row.high:+.3f} | {row.says} | {cells[0]} | {cells[1]} | {other} |"
        )
    return "\n".join(lines)


def said_first(found: CycleEvaluation) -> str:
    """Return what the table rests on, in a sentence."""
    return (
        f"{found.conversations} conversations of {found.customers} customers with {found.bots} groups of bots; "
        f"{found.splits} splits, in {found.refitted} of which new weights were proposed and accepted."
    )
