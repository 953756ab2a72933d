"""What perception remembers changes its cost and never its reading: whole conversations, each turn read in two ways."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.detect.conversation import PERCEIVER

from trustladder.connect.exports import ReadAs, read_conversations
from trustladder.core.events import SignalsDetected
from trustladder.core.policy import Policy
from trustladder.core.ticket import Role, Ticket, Turn, new_ticket
from trustladder.detect import learned, text, types
from trustladder.detect.cues import CueSet, cue_set
from trustladder.detect.meaning.encoder import load_encoder
from trustladder.detect.meaning.types import TypeClassifier
from trustladder.detect.perceiver import Perceiver
from trustladder.detect.repetition import content, overlap
from trustladder.detect.scene import Scene
from trustladder.learn.conversation import Conversation, Notices
from trustladder.learn.replay import steps
from trustladder.policy.profiles import default_policy

EXAMPLES = sorted(str(path) for path in (Path(__file__).parents[2] / "examples" / "conversations").glob("*.jsonl"))
POLICY = default_policy()
BY_MODELS = {"repetition", "sentiment", "sentiment_drop", "human_request", "outcome_risk", "breakdown_risk"}
BY_MODELS |= {"out_of_scope"}
CUES_DIGEST = "38b4b7be0f8c8c56fe3a0129c4bd69529b934c26b47df73c5e6bca3aa47d70e0"
"""SHA-256 of what the cues read in the shipped examples. A cue that was changed on purpose changes it: check what else
it changed, and write the new digest here."""

Moment = tuple[Ticket, Turn, SignalsDetected]


def examples() -> list[Conversation]:
    return list(read_conversations(EXAMPLES, ReadAs(), Notices()))


def moments(conversation: Conversation) -> Iterator[Moment]:
    """Return each turn with the ticket before it and what a perceiver that lives through all of them sees."""
    found: list[Moment] = []

    def watch(ticket: Ticket, turn: Turn, policy: Policy) -> SignalsDetected:
        seen = PERCEIVER.perceive(ticket, turn, policy)
        found.append((ticket, turn, seen))
        return seen

    for _ in steps(conversation, POLICY, watch):
        yield from found
        found.clear()


def forget() -> None:
    """Empty the memories of texts, conversations and policies."""
    text._read_short.cache_clear()
    learned.outcome_reader.cache_clear()
    types._LESSONS.clear()


def test_a_turn_read_alone_shows_what_it_shows_in_its_conversation() -> None:
    for conversation in examples()[::3]:
        for ticket, turn, seen in moments(conversation):
            forget()
            assert Perceiver(budget_ms=60_000).perceive(ticket, turn, POLICY) == seen


def test_what_the_cues_read_in_the_shipped_examples_is_what_they_read_before() -> None:
    rows = [
        [conversation.id, turn.index, signal.name, signal.strength, [item.quote for item in signal.evidence]]
        for conversation in examples()
        for _, turn, seen in moments(conversation)
        for signal in seen.signals
        if signal.name not in BY_MODELS
    ]
    assert len(rows) > 300
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest() == CUES_DIGEST


def test_examples_of_a_type_are_found_by_their_words_as_by_reading_all_of_them() -> None:
    kinds = POLICY.ticket_types.values()
    taught = [(kind.name, content(text.Read(sentence))) for kind in kinds for sentence in kind.examples]
    said = [turn.text for conversation in examples() for _, turn, _ in moments(conversation)]
    named = 0
    for words in (*said, *(sentence for kind in kinds for sentence in kind.examples[:3])):
        scene = Scene(new_ticket("t", "1"), Turn(0, Role.CUSTOMER, words, 0), POLICY)
        expected = {name for name, example in taught if overlap(content(scene.text), example) >= types.ALIKE}
        assert types._by_example(scene) == expected
        named += bool(expected)
    assert named > 20


@pytest.mark.parametrize("speaker", ["customer", "bot"])
def test_what_unsays_a_cue_is_found_in_one_pass_as_by_each_pattern(speaker: str) -> None:
    said = {turn.text for conversation in examples() for _, turn, _ in moments(conversation)}
    plain = PatternByPattern(cue_set(speaker).cues)
    for words in sorted(said):
        assert cue_set(speaker).hits(text.Read(words)) == plain.hits(text.Read(words))


class PatternByPattern(CueSet):
    """The cues without the one pass: each pattern may match."""

    def _matching(self, _: text.Read) -> frozenset[int]:
        return frozenset(range(len(self._patterns)))


def test_a_single_text_is_typed_as_one_among_others() -> None:
    taught = {kind.name: kind.examples for kind in POLICY.ticket_types.values() if len(kind.examples) >= 5}
    classifier = TypeClassifier.fit(taught)
    texts = [example for examples in taught.values() for example in examples] + ["the weather is fine", ""]
    best, scores = classifier.scores(load_encoder().encode(texts))
    for place, score, words in zip(best, scores, texts, strict=True):
        name, sure = classifier.classify(words)
        assert name in {None, classifier.names[place]}
        assert (name is None) == (sure < 50)
        if abs(score - classifier.threshold) > 0.05 * classifier.spread:
            assert (sure >= 50) == (score >= classifier.threshold)
