"""The report: safe with any customer's words, readable by everybody, in the light, in the dark and on a phone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from tests.learn.made_up import ASKED_FOR_A_PERSON, bot, customer, human, told

from trustladder.detect.perceiver import Perceiver
from trustladder.learn.audit import Audit, Auditor
from trustladder.learn.case import examine
from trustladder.learn.conversation import Conversation, Notices
from trustladder.learn.report import render
from trustladder.policy.profiles import default_policy

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AT = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7*7 }} \u202e"


def audited(*conversations: Conversation) -> Audit:
    auditor, notices = Auditor(default_policy()), Notices()
    notices.leave_out(f"the role {ATTACK!r} is not known", "chats.jsonl:3")
    for conversation in conversations:
        auditor.add(examine(conversation, default_policy(), Perceiver(budget_ms=10**6).perceive))
    return auditor.finish([f"{ATTACK}.jsonl"], notices.list(), 1.0)


@pytest.fixture(scope="module")
def page_text() -> str:
    attack = Conversation(ATTACK, told(customer(ATTACK), *ASKED_FOR_A_PERSON, bot(ATTACK, ATTACK)).messages)
    fine = told(customer("What are your hours?"), bot("Nine to five."), human("Anna here"), customer("thanks"))
    return render(audited(attack, fine), AT)


def test_what_customers_wrote_is_escaped(page_text: str) -> None:
    assert "<script" not in page_text
    assert "<img" not in page_text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page_text
    assert "{{ 7*7 }}" in page_text


def test_nothing_is_fetched(page_text: str) -> None:
    assert "src=" not in page_text.replace("src=x", "")
    assert "url(" not in page_text
    assert "@import" not in page_text
    assert "<link" not in page_text


def test_without_a_bot_there_is_no_word_of_lateness() -> None:
    page = render(audited(told(customer("It is broken"), human("Anna here"))), AT)
    assert "name it with --bot-author" in page
    assert "Tickets in which automation overstayed" not in page
    assert "Beside simpler ways" not in page
    assert page.count("Cannot be told from this input") == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_it(
    browser: "Browser", axe_source: str, page_text: str, tmp_path: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(page_text, encoding="utf-8")
    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert asked == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(axe_source)
        broken = page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
        assert broken == []
