"""The learned score at run time: a logit that is a sum, so that its reasons are words, numbers and turns.

Conversations in text and proposed actions are read by sums of words and numbers, conversations in labels by trees.

`strength` is the calibrated probability, in whole percent, that the conversation ends badly. A domain (ticket type)
that was seen in training has its own shift; one that was not is read at the pooled base rate.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trustladder.core.containment import ToolCall
from trustladder.core.ticket import Turn
from trustladder.detect.outcome.actions import ACTION_MEASURES, action_words, measure_action
from trustladder.detect.outcome.features import MEASURES, SPEAKERS, Running
from trustladder.detect.outcome.heard import Known
from trustladder.detect.outcome.trees import TreePart, whole_percent
from trustladder.detect.text import read

POINTS_PER_LOGIT = 20 / math.log(2)
"""Twenty points double the odds, as everywhere in Resolution Risk."""
SHOWN_REASONS = 6
CLIP = 3.0


@dataclass(frozen=True, slots=True)
class Reason:
    """What moved the score: the turn it was first seen in (-1: no single one), what it is, points added."""

    turn: int
    what: str
    points: float


@dataclass(frozen=True, slots=True)
class OutcomeScore:
    """A calibrated probability of a bad end in whole percent, with what raised it most."""

    strength: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """Named numbers with mean, deviation and weight: one sum."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    weight: tuple[float, ...]

    def parts(self, values: Sequence[float]) -> list[float]:
        """What each number adds to the logit."""
        rows = zip(values, self.mean, self.deviation, self.weight, strict=True)
        return [
            weight * (CLIP if (by := (value - mean) / deviation) > CLIP else -CLIP if by < -CLIP else by)
            if weight
            else 0.0
            for value, mean, deviation, weight in rows
        ]


@dataclass(frozen=True, slots=True)
class Words:
    """The weights of words by kind: `known[word] = (idf, idf x weight)`."""

    known: Mapping[str, tuple[float, float]]

    def parts(self, counts: Mapping[str, int]) -> dict[str, float]:
        """What each known word adds to the logit: (1 + ln count) x idf, each kind scaled to length one, x weight."""
        seen = {word: 1 + math.log(count) for word, count in counts.items() if word in self.known}
        squares: dict[str, float] = {}
        for word, value in seen.items():
            squares[word[:2]] = squares.get(word[:2], 0.0) + (value * self.known[word][0]) ** 2
        return {word: seen[word] * self.known[word][1] / math.sqrt(squares[word[:2]]) for word in sorted(seen)}


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """The weights of the vector of what each of `SPEAKERS` said last, and what it usually adds.

    `weights` is float32, one row a speaker; both are in logits.
    """

    weights: npt.NDArray[np.float32]
    usual: tuple[float, ...]

    def parts(self, running: Running) -> list[float]:
        """What the last words of each add to the logit."""
        return [float(np.dot(v, w)) for v, w in zip(running.meanings(), self.weights, strict=True)]

    def reasons(self, running: Running, parts: Sequence[float]) -> Iterator[Reason]:
        """The turns whose words add more than last words usually do, quoted."""
        for role, value, usual in zip(SPEAKERS, parts, self.usual, strict=True):
            if role in running.said_last:
                turn, text = running.said_last[role]
                yield Reason(turn, read(text).opening, value - usual)


NO_MEANING = Meaning(np.zeros((0, 0), np.float32), ())
"""That of a sum which reads no vectors."""


@dataclass(frozen=True, slots=True)
class Part:
    """One learned sum: a card, words, the meaning of what was said last, a constant and its calibration.

    `usual` is what the words of a training example added on average.
    """

    card: Card
    words: Words
    constant: float
    slope: float
    shift: float
    domains: Mapping[str, float]
    usual: float = 0.0
    meaning: Meaning = NO_MEANING

    def strength(self, logit: float, domain: str) -> int:
        """The calibrated probability in whole percent."""
        return whole_percent(self.slope * (self.constant + logit) + self.shift + self.domains.get(domain, 0.0))


@dataclass(slots=True)
class Live:
    """A conversation under way: `add` turns, ask `score` whenever it is wanted."""

    model: "OutcomeModel"
    running: Running = field(init=False)

    def __post_init__(self) -> None:
        self.running = Running(self.model.vocabulary)

    def add(self, turn: Turn) -> None:
        """Take the next turn."""
        self.running.add(turn)

    def score(self, domain: str = "", explained_above: int = -1) -> OutcomeScore:
        """The score after the turns so far; `domain` is the ticket's type where it was one of the training data.

        Reasons are looked for where the strength is more than ``explained_above``.
        """
        if self.running.intents.seen and not self.running.tally["customer_words"]:
            return self.model.score_intents(self.running, domain, explained_above)
        part = self.model.text
        parts, said = part.card.parts(self.running.measures()), part.meaning.parts(self.running)
        heard = self.running.heard
        words = sum(heard[kind].added for kind in sorted(heard))
        strength = part.strength(sum(parts) + words + sum(said), domain)
        return OutcomeScore(strength, self._reasons(parts, said) if strength > explained_above else ())

    def _reasons(self, parts: Sequence[float], said: Sequence[float]) -> tuple[Reason, ...]:
        raising = ((value, name) for value, name in zip(parts, MEASURES, strict=True) if value > 0)
        largest = sorted(raising, reverse=True)[:SHOWN_REASONS]
        measures = (Reason(-1, name.replace("_", " "), value) for value, name in largest)
        words = (
            Reason(heard.first_turn(word), word, value)
            for heard in self.running.heard.values()
            for value, word in heard.most_raising(SHOWN_REASONS)
        )
        return top_reasons((*measures, *words, *self.model.text.meaning.reasons(self.running, said)))


def _said(name: str, counted: bool) -> str:
    """A counted name as a reason says it: without its kind, and that it was not said where it was not."""
    what = name[2:].replace("_", " ")
    return what if counted else f"not so far: {what}"


def top_reasons(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons that raise the score most, in points rounded to tenths; none that lowers it."""
    raising = sorted((reason for reason in found if reason.points > 0), key=lambda r: (-r.points, r.what))
    shown = (Reason(r.turn, r.what, round(r.points * POINTS_PER_LOGIT, 1)) for r in raising[:SHOWN_REASONS])
    return tuple(reason for reason in shown if reason.points > 0)


@dataclass(frozen=True, slots=True)
class OutcomeModel:
    """The three learned parts: conversations in text, conversations in intents, proposed actions.

    `vocabulary` are the words that text and action know, with what they weigh in text.
    """

    text: Part
    intents: TreePart
    action: Part
    vocabulary: Mapping[str, Known] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_kind: dict[str, dict[str, tuple[float, float]]] = {}
        for key in self.action.words.known:
            by_kind.setdefault(key[:2], {})[key[2:]] = (0.0, 0.0)
        for key, (idf, weight) in self.text.words.known.items():
            by_kind.setdefault(key[:2], {})[key[2:]] = (idf**2, weight)
        object.__setattr__(self, "vocabulary", by_kind)

    def start(self) -> Live:
        """A conversation of which no turn was read yet: the way to score turn by turn at constant cost."""
        return Live(self)

    def score(self, turns: Iterable[Turn], domain: str = "") -> OutcomeScore:
        """How likely a conversation with these turns is to end badly."""
        live = self.start()
        for turn in turns:
            live.add(turn)
        return live.score(domain)

    def score_intents(self, running: Running, domain: str = "", explained_above: int = -1) -> OutcomeScore:
        """The score of a conversation whose turns carry intents instead of text; reasons as `Live.score` gives them."""
        trees, counts = self.intents.trees, running.intents.counts()
        parts = trees.parts(counts)
        strength = self.intents.strength(trees.base + sum(parts.values()), domain)
        if strength <= explained_above:
            return OutcomeScore(strength, ())
        turns = running.intents.turns()
        reasons = (
            Reason(turns.get(name, -1), _said(name, name in counts), value)
            for name, value in parts.items()
            if value > 0
        )
        return OutcomeScore(strength, top_reasons(reasons))

    def score_action(
        self, turns: Iterable[Turn], tool_name: str, arguments: Mapping[str, object], domain: str = ""
    ) -> OutcomeScore:
        """How likely a proposed call that changes something is to be wrong, from what is known before it runs.

        `turns` ends before the call; the text of the bot's turn that proposes it may be the last of them.
        """
        running = Running(self.vocabulary)
        for turn in turns:
            running.add(turn)
        return self.score_call(running, ToolCall(tool_name, arguments), domain)

    def score_call(self, running: Running, call: ToolCall, domain: str = "") -> OutcomeScore:
        """`score_action` where the conversation before the call was read already.

        The words of an act of which none was ever seen say nothing: they count as the usual ones do.
        """
        parts = self.action.card.parts(measure_action(running, call))
        words = self.action.words.parts(action_words(running, call))
        if not any(word.startswith("a:") for word in words):
            words = {}
        told = sum(words.values()) if words else self.action.usual
        reasons = [Reason(-1, n.replace("_", " "), v) for n, v in zip(ACTION_MEASURES, parts, strict=True)]
        reasons += [Reason(-1, word[2:], value) for word, value in words.items()]
        return OutcomeScore(self.action.strength(sum(parts) + told, domain), top_reasons(reasons))
