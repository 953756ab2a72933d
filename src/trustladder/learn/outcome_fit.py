"""From recorded conversations to the parts of the learned score: rows, recipes, fits.

What raises the risk of failure was decided before fitting, by sign: demand, effort and trouble may only add. It is
this that lets the score hold for bots and customers that it has not seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from trustladder.core.containment import ToolCall
from trustladder.core.ticket import Turn
from trustladder.detect.outcome.actions import ACTION_MEASURES, EITHER_WAY, LOWERS_RISK, action_words, measure_action
from trustladder.detect.outcome.features import INTENT_MEASURES, MEASURES, Running
from trustladder.detect.outcome.model import Card, Part, Words
from trustladder.learn.outcome_data import Case, Write, writes_of
from trustladder.learn.risk_training import (
    Calibration,
    Numbers,
    Scale,
    Vocabulary,
    fit_logistic,
    fit_scale,
    fit_vocabulary,
)

SHARES = (0.25, 0.5, 1.0)
"""At which shares of the customer's turns a conversation is read for training."""
INTENT_SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""At which shares of its turns a structured conversation is read for training: a live call is read from its start."""

_EITHER_WAY = {"customer_exception", "customer_asks", "bot_deny", "bot_transfer", "bot_sorry"}
_LOWERS = {"transfers", "denied_and_nothing_written"}
NO_CALIBRATION = Calibration(1.0, 0.0, {})


@dataclass(frozen=True, slots=True)
class Rows:
    """What is fitted on and scored: one row a reading of a conversation or of an action."""

    measures: Numbers
    words: tuple[dict[str, int], ...]
    labels: Numbers
    groups: tuple[str, ...]
    domains: tuple[str, ...]
    bots: tuple[str, ...]
    cases: tuple[int, ...]

    def take(self, places: Sequence[int]) -> "Rows":
        """The rows at these places."""
        return Rows(
            self.measures[list(places)],
            tuple(self.words[i] for i in places),
            self.labels[list(places)],
            tuple(self.groups[i] for i in places),
            tuple(self.domains[i] for i in places),
            tuple(self.bots[i] for i in places),
            tuple(self.cases[i] for i in places),
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a sum is fitted: scale of the measures, scale of each kind of words, ridge penalty, signs."""

    names: tuple[str, ...]
    measures_scale: float
    kinds: tuple[tuple[str, float], ...]
    penalty: float
    raises: frozenset[str]
    lowers: frozenset[str]
    least_groups: int = 4


def _sides(group: str) -> set[str]:
    return {group, f"{group}_share"}


_FREE = {name for group in _EITHER_WAY for name in _sides(group)}
TEXT = Recipe(
    MEASURES,
    0.1,
    (("c:", 1.0), ("b:", 0.5), ("t:", 0.5)),
    1.0,
    frozenset(set(MEASURES) - _FREE - _LOWERS),
    frozenset(_LOWERS),
)
INTENTS = Recipe(INTENT_MEASURES, 0.3, (("i:", 1.0), ("l:", 1.0)), 0.5, frozenset(INTENT_MEASURES), frozenset())
ACTIONS = Recipe(
    ACTION_MEASURES,
    1.0,
    (("a:", 2.0), ("r:", 2.0), ("t:", 4.0)),
    5.0,
    frozenset(set(ACTION_MEASURES) - LOWERS_RISK - EITHER_WAY),
    frozenset(LOWERS_RISK),
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted sum."""

    recipe: Recipe
    scale: Scale
    vocabularies: tuple[Vocabulary, ...]
    coefficients: Numbers

    def design(self, rows: Rows) -> Numbers:
        """The columns that the coefficients weigh, the constant last."""
        blocks = [self.scale.apply(rows.measures) * self.recipe.measures_scale]
        for vocabulary, (_, scale) in zip(self.vocabularies, self.recipe.kinds, strict=True):
            blocks.append(vocabulary.matrix(rows.words) * scale)
        return np.hstack([*blocks, np.ones((len(rows.labels), 1))])

    def logits(self, rows: Rows) -> Numbers:
        """The uncalibrated logit of each row."""
        found: Numbers = self.design(rows) @ self.coefficients
        return found

    def part(self, calibration: Calibration, rows: Rows) -> Part:
        """The sum as it runs; `rows` are those that it was fitted on."""
        count = len(self.recipe.names)
        weight = self.coefficients[:count] * self.recipe.measures_scale
        card = Card(
            self.recipe.names,
            tuple(self.scale.mean.tolist()),
            tuple(self.scale.deviation.tolist()),
            tuple(weight.tolist()),
        )
        known, at = dict[str, tuple[float, float]](), count
        for vocabulary, (_, scale) in zip(self.vocabularies, self.recipe.kinds, strict=True):
            weights = self.coefficients[at : at + len(vocabulary.words)] * vocabulary.idf * scale
            known.update(
                zip(vocabulary.words, zip(vocabulary.idf.tolist(), weights.tolist(), strict=True), strict=True)
            )
            at += len(vocabulary.words)
        constant = float(self.coefficients[-1])
        usual = float((self.design(rows)[:, count:-1] @ self.coefficients[count:-1]).mean())
        return Part(card, Words(known), constant, calibration.slope, calibration.constant, calibration.shifts, usual)


def _bounds(recipe: Recipe, columns: int) -> tuple[Numbers, Numbers]:
    lower, upper = np.full(columns, -np.inf), np.full(columns, np.inf)
    for place, name in enumerate(recipe.names):
        if name in recipe.raises:
            lower[place] = 0.0
        elif name in recipe.lowers:
            upper[place] = 0.0
    return lower, upper


def fit(rows: Rows, recipe: Recipe, weights: Numbers) -> Fitted:
    """The penalised logistic of a recipe on rows, each with its weight."""
    scale = fit_scale(rows.measures, weights) if recipe.names else Scale(np.zeros(0), np.ones(0))
    vocabularies = tuple(fit_vocabulary(rows.words, rows.groups, kind, recipe.least_groups) for kind, _ in recipe.kinds)
    columns = len(recipe.names) + sum(len(vocabulary.words) for vocabulary in vocabularies) + 1
    empty = Fitted(recipe, scale, vocabularies, np.zeros(columns))
    penalty = np.full(columns, recipe.penalty)
    penalty[-1] = 1e-3
    found = fit_logistic(empty.design(rows), rows.labels, weights, penalty, *_bounds(recipe, columns))
    return Fitted(recipe, scale, vocabularies, found)


def read(turns: Iterable[Turn]) -> Running:
    """The running state after these turns."""
    running = Running()
    for turn in turns:
        running.add(turn)
    return running


def _rows(found: Sequence[tuple[list[float], dict[str, int], bool, Case, int]]) -> Rows:
    return Rows(
        np.array([measures for measures, *_ in found], dtype=np.float64).reshape(len(found), -1),
        tuple(words for _, words, *_ in found),
        np.array([float(bad) for _, _, bad, *_ in found]),
        tuple(case.customer for *_, case, _ in found),
        tuple(case.domain for *_, case, _ in found),
        tuple(case.bot for *_, case, _ in found),
        tuple(number for *_, number in found),
    )


def text_rows(cases: Sequence[Case], share: float) -> Rows:
    """One row a conversation, read up to this share of the customer's turns."""
    readings = ((number, case, read(case.until(share))) for number, case in enumerate(cases))
    return _rows([(run.measures(), run.words(), case.failed, case, number) for number, case, run in readings])


def intent_rows(cases: Sequence[Case], share: float = 1.0) -> Rows:
    """One row a structured conversation, read up to this share of its turns."""
    found = []
    for number, case in enumerate(cases):
        run = read(case.turns[: max(1, int(np.ceil(share * len(case.turns))))])
        found.append((run.intent_measures(), run.intent_words(), case.failed, case, number))
    return _rows(found)


def all_writes(cases: Sequence[Case]) -> list[Write]:
    """The distinct changing calls of the conversations, in order."""
    return [write for number, case in enumerate(cases) for write in writes_of(case, number) if not write.again]


def action_rows(cases: Sequence[Case], writes: Sequence[Write]) -> Rows:
    """One row a changing call, from what was known before it ran."""
    found = []
    for write in writes:
        case = cases[write.case]
        before = read_before(case, write)
        measures, words = measure_action(before, write.call), action_words(before, write.call)
        found.append((measures, words, write.wrong, case, write.case))
    return _rows(found)


def read_before(case: Case, write: Write) -> Running:
    """The running state before a call: the turns before, the text that came with it, the calls before it."""
    running = read(case.turns[: write.turn])
    turn = case.turns[write.turn]
    made: list[ToolCall] = []
    for call in turn.tool_calls:
        if call is write.call:
            break
        made.append(call)
    if turn.text or made:
        running.add(Turn(turn.index, turn.role, turn.text, 0, tool_calls=tuple(made)))
    return running


def stacked(parts: Sequence[Rows]) -> Rows:
    """The rows of several sets, one set after the other."""
    return Rows(
        np.vstack([part.measures for part in parts]),
        tuple(word for part in parts for word in part.words),
        np.concatenate([part.labels for part in parts]),
        tuple(group for part in parts for group in part.groups),
        tuple(domain for part in parts for domain in part.domains),
        tuple(bot for part in parts for bot in part.bots),
        tuple(case for part in parts for case in part.cases),
    )
