"""Repetition: the customer states the same need again."""

from collections.abc import Mapping, Set
from functools import lru_cache

from trustladder.core.episode import CLEAR_STRENGTH
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Role
from trustladder.detect.asking import asks_back
from trustladder.detect.cues import Hit
from trustladder.detect.detector import CUSTOMER, detector
from trustladder.detect.language import STOPWORDS
from trustladder.detect.scene import Said, Scene
from trustladder.detect.text import Read
from trustladder.detect.vectors import alike_in_meaning

_SUFFIXES = (
    "ungen",
    "ments",
    "ingly",
    "ings",
    "ment",
    "tion",
    "ung",
    "ing",
    "ies",
    "ern",
    "ed",
    "es",
    "en",
    "er",
    "ly",
    "s",
    "e",
    "n",
)
_STEM_CHARACTERS = 4
OTHER_NUMBERS = 0.15
"""How much more alike two messages must be when the new one brings a number that the older one lacks."""
OUTRIGHT = 100
"""The strength of words that say that this was said before."""
SAME_NEED = 0.5
"""From which overlap of weighed content words two messages are taken to state the same need."""
SAME_MEANING = 0.8
"""From which cosine of the sentence encoder two messages are taken to mean the same; 1 in 11 pairs of customer
turns in the tau conversations reach it."""
MOSTLY_THE_SAME = 70
FIRST_TIME = 75
"""The most that a need stated again for the first time weighs."""
SECOND_TIME = 90
"""The least that a need stated again for the second time, or later, weighs."""
SAME_PAIRS = 0.7
"""From which share of word pairs in both texts a bot is taken to repeat itself."""
LEAST_STEMS = 3
"""How many content words a message needs before its meaning is compared."""
LEAST_WEIGHT = 4.0
"""The least weight of shared words: about two content words, so that one shared word is no repetition."""
NOTHING: frozenset[str] = frozenset()


def stem(word: str) -> str:
    """Return a word without a common English or German ending; at least four characters stay."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _STEM_CHARACTERS:
            return word[: -len(suffix)]
    return word


MONEY = frozenset(map(stem, ("euro", "eur", "cent", "dollar", "usd", "pound", "gbp", "buck", "franken", "chf")))
"""Stems that belong to an amount: an amount named again is no need stated again."""


def weight(word: str) -> float:
    """Return how much a content word tells: long words and numbers more than short ones (1 to 3)."""
    if any(character.isdigit() for character in word):
        return 3.0
    return min(3.0, max(1.0, len(word) / 3))


def content(text: Read) -> Mapping[str, float]:
    """Return the stems of a text's content words with their weights; lines quoted with ``>`` are not the writer's."""
    if "content" not in text.memo:
        text.memo["content"] = dict(told for told in map(_told, own_words(text)) if told is not None)
    weights: Mapping[str, float] = text.memo["content"]
    return weights


@lru_cache(maxsize=50_000)
def _told(word: str) -> tuple[str, float] | None:
    if word in STOPWORDS or len(word) < 2:
        return None
    short = stem(word)
    return short, weight(short)


def own_words(text: Read) -> tuple[str, ...]:
    """Return the words that the writer wrote, without quoted lines."""
    if ">" not in text.original:
        return text.words
    own = "\n".join(line for line in text.original.splitlines() if not line.lstrip().startswith(">"))
    return Read(own).words


def overlap(one: Mapping[str, float], other: Mapping[str, float], taken_up: Set[str] = NOTHING) -> float:
    """Return how far two messages share content words, 0 to 1: the weighed Dice coefficient (Dice, 1945).

    Messages that share less than `LEAST_WEIGHT`, or numbers and amounts alone, share nothing. Words `taken_up` from the
    bot's question count for nothing either.
    """
    words = [word for word in one if word in other and word not in taken_up]
    shared = sum([one[word] for word in words])
    if shared < LEAST_WEIGHT or all(word[0].isdigit() or word in MONEY for word in words):
        return 0.0
    return 2 * shared / (sum(one.values()) + sum(other.values()))


def _by_meaning(one: Read, other: Read, own: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    """Return how alike two messages of some length are in meaning, on the scale of `overlap`."""
    if len(own) < LEAST_STEMS or len(theirs) < LEAST_STEMS:
        return 0.0
    cosine = alike_in_meaning(one, other)
    return SAME_NEED + (cosine - SAME_MEANING) if cosine >= SAME_MEANING else 0.0


def most_alike(text: Read, earlier: tuple[Said, ...], asked: Read | None = None) -> tuple[float, Said | None]:
    """Return the earlier message that is most alike and its overlap, (0, None) where none shares anything.

    ``asked`` is the bot's question that the text answers: its words are no need of the customer's, and an answer is
    often near in meaning to what the question is about.
    """
    own = content(text)
    taken_up = content(asked).keys() if asked is not None else NOTHING
    best: tuple[float, Said | None] = (0.0, None)
    for said in earlier:
        theirs = content(said.text)
        alike = overlap(own, theirs, taken_up)
        if asked is None:
            alike = max(alike, _by_meaning(text, said.text, own, theirs))
        if alike and any(word not in theirs for word in own if word[0].isdigit()):
            alike = max(0.0, alike - OTHER_NUMBERS)
        if alike > best[0]:
            best = (alike, said)
    return best


@detector("repetition", roles=CUSTOMER)
def repetition(scene: Scene) -> tuple[Signal, ...]:
    """The customer states the same need again.

    Scale: 70 to 75 mostly the same words, for the first time; 90 to 100 for the second time and after, 100 the same
    message again or with words such as "as I said"; 60 such words alone; 50 a milder "still" or "again" after an
    answer of the bot, where it is not part of turning the answer down. Thanks, confirmations of what the bot asked
    and corrections of oneself repeat words, not a need, and give nothing; nor do an amount or a number alone. In an
    answer to the bot's question the words of that question do not count.
    """
    hits = _restated(scene) if scene.bot or scene.customer else ()
    settled = scene.hits_of("settled") and not scene.hits_of("rejection")
    asked = scene.last_bot.text if scene.last_bot is not None and asks_back(scene.last_bot.text) else None
    alike, said = (0.0, None) if settled and not hits else most_alike(scene.text, scene.customer, asked)
    held = scene.ticket.signals.get("repetition")
    before = held is not None and held.strength >= CLEAR_STRENGTH
    strength = _counted(_strength(alike, hits[0].strength if hits else 0), before)
    if not strength:
        return ()
    evidence = scene.quoting(hits) or scene.quoting_all()
    if said is not None and alike >= SAME_NEED:
        evidence = (*evidence, Evidence(said.turn.index, said.text.opening))
    return (Signal("repetition", strength, evidence),)


def _restated(scene: Scene) -> tuple[Hit, ...]:
    """The words that say so, but a milder "still" in words that turn the answer down: one phrase is told once."""
    turned_down = scene.hits_of("rejection")
    return tuple(
        hit
        for hit in scene.hits_of("restated")
        if hit.strength == OUTRIGHT or not any(hit.start < other.end and other.start < hit.end for other in turned_down)
    )


def _counted(strength: int, before: bool) -> int:
    """Asking again is one thing, asking a third time another: the first time is capped, later ones weigh full."""
    if strength < MOSTLY_THE_SAME:
        return strength
    return max(strength, SECOND_TIME) if before else min(strength, FIRST_TIME)


def _strength(alike: float, cue: int) -> int:
    if alike >= SAME_NEED:
        words = 70 + round((alike - SAME_NEED) / (1 - SAME_NEED) * 30)
        return 100 if cue == 100 else max(words, cue and 80)
    if cue == 100:
        return 80 if alike else 60
    return 50 if cue else 0


@detector("bot_repetition", roles=frozenset({Role.BOT}))
def bot_repetition(scene: Scene) -> tuple[Signal, ...]:
    """The bot says again what it said before in this stretch.

    Scale: 100 word for word; 60 to 99 by the share of word pairs that both texts hold, from 70 % on. Texts under
    five words (greetings, "You're welcome!") do not count, nor one that brings a number which the other lacks: it
    tells of another order, day or amount.
    """
    words = scene.text.words
    if len(words) < 5:
        return ()
    best, which = 0.0, None
    for said in scene.bot:
        alike = 1.0 if said.text.words == words else _pairs_shared(scene.text, said.text)
        if alike < SAME_PAIRS or (alike < 1.0 and _numbers(scene.text) - _numbers(said.text)):
            continue
        if alike > best:
            best, which = alike, said
    if which is None:
        return ()
    strength = 100 if best == 1.0 else 60 + round((best - SAME_PAIRS) / (1 - SAME_PAIRS) * 39)
    evidence = (*scene.quoting_all(), Evidence(which.turn.index, which.text.opening))
    return (Signal("bot_repetition", strength, evidence),)


def _numbers(text: Read) -> set[str]:
    if "numbers" not in text.memo:
        text.memo["numbers"] = {word for word in text.words if any(map(str.isdigit, word))}
    numbers: set[str] = text.memo["numbers"]
    return numbers


def _pairs(text: Read) -> frozenset[tuple[str, str]]:
    if "pairs" not in text.memo:
        text.memo["pairs"] = frozenset(zip(text.words, text.words[1:], strict=False))
    pairs: frozenset[tuple[str, str]] = text.memo["pairs"]
    return pairs


def _pairs_shared(one: Read, other: Read) -> float:
    if len(other.words) < 5:
        return 0.0
    mine, theirs = _pairs(one), _pairs(other)
    if min(len(mine), len(theirs)) < SAME_PAIRS * max(len(mine), len(theirs)):
        return 0.0
    shared = len(mine & theirs)
    return shared / (len(mine) + len(theirs) - shared)
