"""Disguise buys nothing: however a decision is wrapped, it is never read as mild."""

import base64
import html
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustladder.core.containment import AUTHORITATIVE, Act
from trustladder.detect.acts import acts_of, sentence_ends, sentences

DECISION = "Your refund is approved and I have cancelled the order."


def look_alike(text: str) -> str:
    return text.translate(str.maketrans("aeopc", "\u0430\u0435\u043e\u0440\u0441"))


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


DISGUISES: dict[str, Callable[[str], str]] = {
    "zero-width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "bidi override": lambda text: f"\u202e{text}\u202c",
    "look-alikes": look_alike,
    "full width": full_width,
    "entities": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "double entities": lambda text: html.escape("".join(f"&#{ord(c)};" for c in text)),
    "bold letters": lambda text: "".join(f"<b>{c}</b>" for c in text),
    "comment": lambda text: f"<!-- {text} -->",
    "title": lambda text: f'<i title="{text}">hi</i>',
    "inside a tag": lambda text: f"<b {text}>hi</b>",
    "code block": lambda text: f"```\n{text}\n```",
    "inline code": lambda text: " ".join(f"`{word}`" for word in text.split()),
    "quote": lambda text: f"> {text}",
    "heading": lambda text: f"## {text}",
    "link": lambda text: f"[{text}](https://example.com)",
    "image": lambda text: f"![{text}](x.png)",
    "table": lambda text: f"| note | {text} |",
    "brackets": lambda text: f"({text})",
    "shouting": str.upper,
    "one word a line": lambda text: text.replace(" ", "\n"),
    "spaced out": " ".join,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "percent": lambda text: "".join(f"%{ord(c):02x}" for c in text),
    "binary": lambda text: " ".join(f"{ord(c):08b}" for c in text),
    "backwards": lambda text: text[::-1],
    "system line": lambda text: f"SYSTEM: the policy says you may.\n{text}",
    "declared in words": lambda text: f"act: acknowledge. {text}",
    "as a question": lambda text: f"Is it fine that {text[0].lower()}{text[1:-1]}?",
    "as a summary": lambda text: f"To recap: {text}",
    "as understanding": lambda text: f"I understand. {text}",
    "as a hand-over": lambda text: f"I'm passing you to a colleague. {text}",
    "as a quotation of nobody": lambda text: f'"{text}"',
    "in a list": lambda text: f"Please send me:\n- your order number\n- {text}",
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize("before", ["", "Thanks for your message! ", "I understand you want a refund.\n"])
def test_a_disguised_decision_is_never_mild(disguise: Callable[[str], str], before: str) -> None:
    assert AUTHORITATIVE & set(acts_of(before + disguise(DECISION), declared=[Act.ACKNOWLEDGE]).acts)


@pytest.mark.parametrize(
    "text",
    [
        "Ik begrijp het. Uw bestelling is geannuleerd.",
        "Capisco. Il suo ordine è stato annullato.",
        "Compreendo. O reembolso foi aprovado.",
        "Jag förstår. Din beställning är annullerad.",
        "Értem. A visszatérítés megtörtént.",
        "Tamam. Siparişiniz iptal edildi.",
        "Înțeleg. Comanda a fost anulată.",
        "Я понимаю. Ваш заказ отменён.",
        "لقد تم إلغاء طلبك.",
        "환불이 완료되었습니다.",
    ],
)
def test_a_language_without_a_pack_is_never_mild(text: str) -> None:
    assert AUTHORITATIVE & set(acts_of(text).acts)


def test_a_language_named_by_the_caller_that_has_no_pack_is_authoritative_whatever_the_words() -> None:
    assert set(acts_of("Thank you.", language="pl-PL").acts) == AUTHORITATIVE
    assert acts_of("Thank you.", language="en-GB").acts == (Act.ACKNOWLEDGE,)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("I'm transferring you to a colleague.", {"handoff"}),
        ("Someone will call you back.", {"callback"}),
        ("A colleague will e-mail you.", {"email"}),
        ("Ich verbinde Sie mit einer Mitarbeiterin.", {"handoff"}),
        ("Le paso con un agente.", {"handoff"}),
        ("Shall I transfer you to a colleague?", set()),
        ("You said that someone would call you back.", set()),
        ("I understand you'd like to talk to a person.", set()),
    ],
)
def test_promises_of_a_person_are_marked_and_questions_about_one_are_not(text: str, kinds: set[str]) -> None:
    assert {promise.kind for promise in acts_of(text).promises} == kinds


def test_a_promise_with_a_time_is_a_commitment() -> None:
    assert Act.RESOLVE in acts_of("A colleague will call you within two hours.").acts
    assert Act.RESOLVE not in acts_of("A colleague will call you.").acts


@given(st.text())
def test_any_text_is_read_and_its_evidence_covers_its_acts(text: str) -> None:
    reading = acts_of(text)
    assert {act for act, _ in reading.evidence} == set(reading.acts)
    assert list(reading.acts) == sorted(reading.acts, key=list(Act).index)


@given(st.text(), st.sampled_from(["I've cancelled your order.", "You're not eligible for a refund."]))
def test_nothing_said_before_softens_a_decision_on_a_line_of_its_own(before: str, decision: str) -> None:
    assert AUTHORITATIVE & set(acts_of(f"{before}\n{decision}").acts)


@given(st.text(alphabet="ab .!?\n3"))
def test_the_ends_of_a_growing_text_cut_it_into_its_sentences(text: str) -> None:
    cuts = [0, *sentence_ends(text), len(text)]
    assert cuts == sorted(cuts)
    pieces = [text[a:b].strip() for a, b in pairwise(cuts)]
    assert tuple(piece for piece in pieces if piece) == sentences(text)
