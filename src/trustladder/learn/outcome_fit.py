"""From recorded conversations to the parts of the learned score: rows, recipes, fits.

What raises the risk of failure was decided before fitting, by sign: demand, effort and trouble may only add. How often
each bot fails in each domain is fitted beside the sum and left out of it, so that the sum tells what goes wrong and not
which bot speaks. It is this that lets the score hold for bots and customers that it has not seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from trustladder.core.containment import ToolCall
from trustladder.core.ticket import Turn
from trustladder.detect.outcome.actions import ACTION_MEASURES, EITHER_WAY, LOWERS_RISK, action_words, measure_action
from trustladder.detect.outcome.features import MEASURES, SPEAKERS, Running
from trustladder.detect.outcome.intents import INTENT_MEASURES
from trustladder.detect.outcome.model import NO_MEANING, Card, Meaning, Part, Words
from trustladder.detect.outcome.trees import Trees
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
from trustladder.learn.trees_fit import Growth, answered, grow, questions_about

SHARES = (0.25, 0.5, 1.0)
"""At which shares of the customer's turns a conversation is read for training."""
INTENT_SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""At which shares of its turns a structured conversation is read for training: a live call is read from its start."""
INTENT_WEIGHTS = (0.1, 0.1, 1.0, 1.0, 1.0)
"""How much each of these readings counts: the start tells little, but must not read as trouble."""

_EITHER_WAY = {"customer_exception", "customer_asks", "bot_deny", "bot_transfer", "bot_sorry"}
_LOWERS = {"transfers", "denied_and_nothing_written"}
NO_CALIBRATION = Calibration(1.0, 0.0, {})


@dataclass(frozen=True, slots=True)
class Rows:
    """What is fitted on and scored: one row a reading of a conversation or of an action.

    `meanings` has the vectors of what was said last (`Running.meanings`) beside each other; it has no columns where
    none are read.
    """

    measures: Numbers
    words: tuple[dict[str, int], ...]
    labels: Numbers
    groups: tuple[str, ...]
    domains: tuple[str, ...]
    bots: tuple[str, ...]
    cases: tuple[int, ...]
    meanings: Numbers

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
            self.meanings[list(places)],
        )

    def strata(self) -> list[str]:
        """Bot and domain of each row."""
        return [f"{bot} {domain}" for bot, domain in zip(self.bots, self.domains, strict=True)]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a sum is fitted: scale of the measures, scale of each kind of words, ridge penalty, signs.

    `meaning` is the scale of the vectors of what was said last, `strata` that of the base rate of each bot and domain;
    at 0 the recipe does without.
    """

    names: tuple[str, ...]
    measures_scale: float
    kinds: tuple[tuple[str, float], ...]
    penalty: float
    raises: frozenset[str]
    lowers: frozenset[str]
    least_groups: int = 4
    meaning: float = 0.0
    strata: float = 0.0


def _sides(group: str) -> set[str]:
    return {group, f"{group}_share"}


_FREE = {name for group in _EITHER_WAY for name in _sides(group)}
TEXT = Recipe(
    MEASURES,
    0.1,
    (("c:", 1.0), ("t:", 1.0)),
    1.0,
    frozenset(set(MEASURES) - _FREE - _LOWERS),
    frozenset(_LOWERS),
    meaning=0.7,
    strata=2.0,
)
RAISES_IN_LABELS = frozenset(f"m:{name}" for name in INTENT_MEASURES)
"""What may only raise the risk of a conversation in labels."""
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
    """A fitted sum, and beside it what each bot and domain that it was fitted on adds (`known`)."""

    recipe: Recipe
    scale: Scale
    vocabularies: tuple[Vocabulary, ...]
    coefficients: Numbers
    known: Mapping[str, float]

    def design(self, rows: Rows) -> csr_array:
        """The columns that the coefficients weigh, the constant last."""
        blocks = [csr_array(self.scale.apply(rows.measures) * self.recipe.measures_scale)]
        for vocabulary, (_, scale) in zip(self.vocabularies, self.recipe.kinds, strict=True):
            blocks.append(vocabulary.matrix(rows.words) * scale)
        if self.recipe.meaning:
            blocks.append(csr_array(rows.meanings * self.recipe.meaning))
        return hstack([*blocks, csr_array(np.ones((len(rows.labels), 1)))], format="csr")

    def logits(self, rows: Rows) -> Numbers:
        """The uncalibrated logit of each row, whichever bot it is from."""
        found: Numbers = self.design(rows) @ self.coefficients
        return found

    def logits_of_known(self, rows: Rows) -> Numbers:
        """`logits` with what the row's bot and domain add, where they are among those fitted on."""
        more: Numbers = np.array([self.known.get(stratum, 0.0) for stratum in rows.strata()])
        return self.logits(rows) + more

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
        usual = float((self.design(rows)[:, count:at] @ self.coefficients[count:at]).mean())
        slope, shift, domains = calibration.slope, calibration.constant, calibration.shifts
        return Part(card, Words(known), constant, slope, shift, domains, usual, self._meaning(rows, at))

    def _meaning(self, rows: Rows, at: int) -> Meaning:
        if not self.recipe.meaning:
            return NO_MEANING
        weights = (self.coefficients[at:-1] * self.recipe.meaning).reshape(len(SPEAKERS), -1)
        usual = (rows.meanings.mean(axis=0).reshape(weights.shape) * weights).sum(axis=1)
        return Meaning(weights.astype(np.float32), tuple(usual.tolist()))


def _bounds(recipe: Recipe, columns: int) -> tuple[Numbers, Numbers]:
    lower, upper = np.full(columns, -np.inf), np.full(columns, np.inf)
    for place, name in enumerate(recipe.names):
        if name in recipe.raises:
            lower[place] = 0.0
        elif name in recipe.lowers:
            upper[place] = 0.0
    return lower, upper


def fit(rows: Rows, recipe: Recipe, weights: Numbers) -> Fitted:
    """The penalised logistic of a recipe on rows, each with its weight.

    Bots and domains get effects of their own (Gelman and Hill 2007, varying intercepts), as one column each.
    """
    scale = fit_scale(rows.measures, weights) if recipe.names else Scale(np.zeros(0), np.ones(0))
    vocabularies = tuple(fit_vocabulary(rows.words, rows.groups, kind, recipe.least_groups) for kind, _ in recipe.kinds)
    design = Fitted(recipe, scale, vocabularies, np.zeros(0), {}).design(rows)
    columns, strata = design.shape[1], sorted(set(rows.strata())) if recipe.strata else []
    of_strata = np.array([[stratum == name for name in strata] for stratum in rows.strata()], dtype=np.float64)
    design = hstack([design, csr_array(of_strata.reshape(len(rows.labels), -1) * recipe.strata)], format="csr")
    penalty = np.full(design.shape[1], recipe.penalty)
    penalty[columns - 1] = 1e-3
    found = fit_logistic(design, rows.labels, weights, penalty, *_bounds(recipe, design.shape[1]))
    known = dict(zip(strata, (found[columns:] * recipe.strata).tolist(), strict=True))
    return Fitted(recipe, scale, vocabularies, found[:columns], known)


def read(turns: Iterable[Turn]) -> Running:
    """The running state after these turns."""
    running = Running()
    for turn in turns:
        running.add(turn)
    return running


Reading = tuple[list[float], dict[str, int], bool, Case, int]
"""What one row is made of: measures, words, the label, the conversation and its number."""


def rows_of(found: Sequence[Reading], meanings: Sequence[Numbers] = ()) -> Rows:
    """The rows of readings, with the vectors of what was said last where they are read."""
    return Rows(
        np.array([measures for measures, *_ in found], dtype=np.float64).reshape(len(found), -1),
        tuple(words for _, words, *_ in found),
        np.array([float(bad) for _, _, bad, *_ in found]),
        tuple(case.customer for *_, case, _ in found),
        tuple(case.domain for *_, case, _ in found),
        tuple(case.bot for *_, case, _ in found),
        tuple(number for *_, number in found),
        np.array(meanings, dtype=np.float64).reshape(len(found), -1),
    )


def text_rows(cases: Sequence[Case], share: float) -> Rows:
    """One row a conversation, read up to this share of the customer's turns."""
    readings = [(number, case, read(case.until(share))) for number, case in enumerate(cases)]
    found = [(run.measures(), run.words(), case.failed, case, number) for number, case, run in readings]
    return rows_of(found, [np.concatenate(run.meanings()) for *_, run in readings])


def until_share(case: Case, share: float) -> tuple[Turn, ...]:
    """The first ceil(share x n) of a structured conversation's n turns, at least one."""
    return case.turns[: max(1, int(np.ceil(share * len(case.turns))))]


def intent_rows(cases: Sequence[Case], share: float = 1.0) -> Rows:
    """One row a structured conversation, read up to this share of its turns: its counts, and no measures."""
    found: list[Reading] = []
    for number, case in enumerate(cases):
        counts = read(until_share(case, share)).intents.counts()
        found.append(([], counts, case.failed, case, number))
    return rows_of(found)


def fit_intents(rows: Rows, weights: Numbers) -> Trees:
    """The trees of structured conversations, each row with its weight."""
    questions = questions_about(rows.words, rows.groups)
    return grow(questions, answered(questions, rows.words), rows.labels, weights, RAISES_IN_LABELS, Growth())


def intent_logits(trees: Trees, rows: Rows) -> Numbers:
    """The uncalibrated logit of each row."""
    return trees.logits(answered(trees.questions, rows.words))


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
    return rows_of(found)


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
        np.vstack([part.meanings for part in parts]),
    )
