"""The heads: small linear readings of a sentence vector, each a whole number from 0 to 100.

`training/heads.py` fits them and writes `heads.npz`. None holds text of a data set.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
import numpy.typing as npt
import re2

from trustladder.detect.meaning.encoder import Encoder, Vectors, load_encoder, read_model
from trustladder.detect.meaning.tokenizer import plain

Numbers = npt.NDArray[np.float32]

FRUSTRATION_SHARES = (0.6, 0.2, 0.2)
"""What a reported problem, a lasting or repeated one, and open anger each add to frustration."""
LENGTH_WEIGHTS = (2.0, 1.4, 0.0)
"""What a sentence's length adds to the log odds of each grade: people in trouble tell a story, and anger is short.

Times the logarithm of (words + 1) over that of a sentence of `USUAL_WORDS`. Chosen on MAIA-DQE, whose labels taught
nothing else here; our own sentences are shorter than what people write, and cannot teach it.
"""
USUAL_WORDS = 8
MOST_WORDS = 40
MOST_DENIALS = 2

_SENTENCE_END = re.compile(r"[.!?]\s|\n")
# "not", "no", "never", "cannot", "without", "nothing", "nobody", "none" and "n't". Each alternative begins with a
# letter, so that the search passes over all others at once.
_DENIAL = re.compile(
    r"n(?:(?<!\wn)(?:o(?:t(?:hing)?|body|ne)?|ever)\b|['\u2019]t\b)|c(?<!\wc)annot\b|w(?<!\ww)ithout\b"
)
_PERSON = r"(?:human|person|agent|operator|representative|somebody|someone|anybody|anyone|people|advisor|call ?back)"
_ASKED = re.compile(
    r"\W*(?:please )?(?:transfer|connect|escalate|forward|hand) (?:me|this)(?: (?:now|please|over))*\W*$"
    r"|\W*(?:human|agent|operator|representative|real person|live agent)(?: (?:now|please|pls))*\W*$",
    re.ASCII,
)
_NOT_MEANT = re2.compile(
    r"\b(?:do not|don't|dont) (?:want|need|wish|have|like)(?: to)?(?: (?:talk|speak|chat|call)(?: to| with)?)?"
    r" (?:an? |any )?(?:real |live )?" + _PERSON + r"(?: \w+){0,3}"
    r"|\b(?:no need to|rather not|don't|do not) (?:transfer|connect|call|speak|talk)(?: \w+){0,4}"
    r"|\bno (?:human|agent|operator|call|call ?back)s? (?:please|needed|necessary)"
    r"|\b(?:user|travel|estate|insurance|cleaning|secret|special|monitoring|backup|bleaching) agents?\b"
    r"|\bhuman (?:error|resources|rights|body|hair)\b|\brepresentative (?:of|sample)\b"
)
_WANTED = re2.compile(
    r"\b(?:want|need|like|give me|get me|connect me|transfer me|speak|talk|chat)(?: (?:to|with|talk|speak|chat|for))*"
    r" (?:an? |some )?(?:real |live |human )?" + _PERSON
)


_NOT_MEANT_AT_MOST = 20
"""The most that a text counts as a request in which persons and calls are named but not asked for."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The weights as they were read from the model file; `digest` names it (sha256)."""

    frustration: Numbers
    human_request: Numbers
    similarity: Numbers
    breakdown: dict[str, Numbers]
    digest: str


@cache
def load_heads() -> Heads:
    """The shipped heads; read once a process. Raises `ModelUnusable` when the file is missing or changed."""
    content, digest = read_model("heads.npz")
    with np.load(BytesIO(content), allow_pickle=False) as parts:
        arrays = {name: parts[name].astype(np.float32) for name in parts.files}
    breakdown = {name.removeprefix("breakdown_"): array for name, array in arrays.items() if "breakdown_" in name}
    return Heads(arrays["frustration"], arrays["human_request"], arrays["similarity"], breakdown, digest)


def hundredths(probability: float) -> int:
    """A probability in whole hundredths."""
    return round(100 * min(max(probability, 0.0), 1.0))


def odds_to_probability(log_odds: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The logistic function, element by element."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def frustration(text: str, encoder: Encoder | None = None) -> int:
    """How frustrated the customer sounds, 0 (content) to 100 (furious); "my card was declined" gives 29.

    The mean chance of three grades: a problem, a lasting or repeated problem, open anger.
    """
    return frustration_of(text, (encoder or load_encoder()).encode([text])[0])


def frustration_of(text: str, vector: Vectors) -> int:
    """`frustration` for a text whose vector is known already."""
    if _is_zero(vector):
        return 0
    weights, by_denials, constants = _frustration_weights()
    denied, longer, frustrated = denials(text), length(text), 0.0
    for grade, told in enumerate((vector @ weights).tolist()):
        odds = told + denied * by_denials[grade] + constants[grade] + LENGTH_WEIGHTS[grade] * longer
        frustrated += FRUSTRATION_SHARES[grade] * _probability(odds)
    return hundredths(frustrated)


@cache
def _frustration_weights() -> tuple[Numbers, list[float], list[float]]:
    """What the grades of frustration give to the vector, to denials, and at least."""
    weights = load_heads().frustration
    return weights[:-2].copy(), weights[-2].tolist(), weights[-1].tolist()


def _is_zero(vector: Vectors) -> bool:
    """Whether a text had no words; seldom is the first number 0 and another not."""
    return not (vector[0] or vector.any())


def _probability(log_odds: float) -> float:
    """`odds_to_probability` of one number."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def denials(text: str) -> float:
    """Words that deny ("not", "never", "nothing"), none to `MOST_DENIALS`, as 0 to 1: a sum of vectors drowns them."""
    return min(MOST_DENIALS, len(_DENIAL.findall(text.lower()))) / MOST_DENIALS


def length(text: str) -> float:
    """How long the longest sentence is: the logarithm of its words over `USUAL_WORDS`, one added to both."""
    words = max(len(sentence.split()) for sentence in _SENTENCE_END.split(text))
    return math.log((1 + min(words, MOST_WORDS)) / (1 + USUAL_WORDS))


def human_request(text: str, encoder: Encoder | None = None) -> int:
    """How surely the text asks for a person, 0 to 100; 50 is the shipped threshold.

    Patterns go before the learned part where words decide: "transfer me", "user agent", "no agent please".
    """
    return human_request_of(text, (encoder or load_encoder()).encode([text])[0])


def human_request_of(text: str, vector: Vectors) -> int:
    """`human_request` for a text whose vector is known already."""
    weights, constant = _human_request_weights()
    learned = hundredths(_probability(float(vector @ weights) + constant))
    words = plain(text)
    if _ASKED.match(words):
        return max(learned, 90)
    if learned > _NOT_MEANT_AT_MOST and _is_not_meant(words):
        return _NOT_MEANT_AT_MOST
    return 0 if _is_zero(vector) else learned


@cache
def _human_request_weights() -> tuple[Numbers, float]:
    weights = load_heads().human_request[:, 0]
    return weights[:-1].copy(), float(weights[-1])


def _is_not_meant(words: str) -> bool:
    meant = _NOT_MEANT.sub(" ", words)
    return meant != words and not _WANTED.search(meant)


def similarity(one: str, other: str, encoder: Encoder | None = None) -> int:
    """How surely two texts state the same need, 0 to 100; 50 is "the same need in other words".

    A text of no words is similar to nothing.
    """
    first, second = (encoder or load_encoder()).encode([one, other])
    return similarity_of(first, second)


def similarity_of(one: Vectors, other: Vectors) -> int:
    """`similarity` for sentence vectors that are known already."""
    if not one.any() or not other.any():
        return 0
    slope, intercept = load_heads().similarity
    return hundredths(float(odds_to_probability(np.asarray(slope * float(one @ other) + intercept))))
