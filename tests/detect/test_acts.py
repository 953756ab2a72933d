"""Acts: what a draft does is read from its text, and declaring something milder changes nothing."""

import pytest

from trustladder.core.containment import AUTHORITATIVE, Act, ToolCall
from trustladder.detect.acts import acts_of, sentence_ends, sentences

MILD = [
    ("I understand you want a refund.", {Act.ACKNOWLEDGE}),
    ("Shall I cancel it?", {Act.GATHER}),
    ("This looks like a billing question.", {Act.TRIAGE}),
    (
        "Guten Tag, danke für Ihre Nachricht. Können Sie mir bitte Ihre Bestellnummer nennen?",
        {Act.ACKNOWLEDGE, Act.GATHER},
    ),
    (
        "Bonjour, je comprends que vous souhaitez un remboursement. Quel est votre numéro de commande ?",
        {Act.ACKNOWLEDGE, Act.GATHER},
    ),
]
DECISIONS = [
    "I've cancelled your order.",
    "You're not eligible for a refund.",
    "I understand you want a refund, and I've issued it.",
    "If the check succeeds, we will refund you.",
    "Ich habe Ihre Bestellung storniert.",
    "He cancelado su pedido.",
    "J'ai annulé votre commande.",
]


@pytest.mark.parametrize(("text", "acts"), MILD)
def test_mild_drafts_are_recognised(text: str, acts: set[Act]) -> None:
    assert set(acts_of(text).acts) == acts


@pytest.mark.parametrize("text", DECISIONS)
def test_decisions_promises_and_done_statements_are_resolve(text: str) -> None:
    assert Act.RESOLVE in acts_of(text).acts


def test_quoted_policy_informs_and_does_not_resolve() -> None:
    assert acts_of("Our policy says refunds take 5 days.").acts == (Act.INFORM,)


@pytest.mark.parametrize("text", DECISIONS)
def test_a_declared_act_adds_and_never_removes(text: str) -> None:
    undeclared = set(acts_of(text).acts)
    assert set(acts_of(text, declared=[Act.ACKNOWLEDGE]).acts) == undeclared | {Act.ACKNOWLEDGE}


def test_promises_of_a_person_are_marked() -> None:
    reading = acts_of("I'm transferring you to a human colleague now.")
    assert [promise.kind for promise in reading.promises] == ["handoff"]
    assert reading.acts == (Act.TRIAGE,)


def test_tools_are_listed_by_name() -> None:
    assert acts_of("", tool_calls=[ToolCall("refund", {"amount": 5})]).tools == ("refund",)


@pytest.mark.parametrize("text", ["Rozumiem. Zwrot został zlecony.", "返金しました。", "Ymmärrän täysin tilanteenne."])
def test_a_language_nobody_here_reads_is_never_mild(text: str) -> None:
    assert AUTHORITATIVE & set(acts_of(text).acts)


def test_a_growing_stream_ends_sentences_once() -> None:
    text = "Thanks, Dr. Lee! On 3. Mai it came. And now"
    assert sentences(text) == ("Thanks, Dr. Lee!", "On 3. Mai it came.", "And now")
    ends = sentence_ends(text)
    assert [text[:end].rstrip()[-1] for end in ends] == ["!", "."]
