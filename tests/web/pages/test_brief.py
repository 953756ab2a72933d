"""The card's short form in a real browser: it comes after the card, stays while the page moves, and may fail."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.endpoint import Endpoint
from tests.web.pages.conftest import ALWAYS, Service, Visit, _policy_with, _serve
from tests.web.pages.test_everyone import RUN_AXE

SAID = "I was charged $49.90 twice for order 4711. I want to speak to a human, please."
SENTENCE = "Customer says they were charged $49.90 twice."
CLAIM = {"sentence": SENTENCE, "turn": 0, "quote": "I was charged $49.90 twice"}


@pytest.fixture
def service(tmp_path: Path, endpoint: Endpoint) -> Iterator[Service]:
    """The service with a model that tells handoffs in short."""
    endpoint.content = json.dumps({"claims": [CLAIM]})
    yield from _serve(tmp_path, _policy_with(ALWAYS), summary_url=endpoint.url, summary_model="small")


def test_the_card_is_there_at_once_and_its_short_form_follows_and_stays(
    service: Service, visit: Visit, endpoint: Endpoint, axe_source: str
) -> None:
    endpoint.delay_seconds = 1.0
    service.escalated("brief-1", SAID)
    page = visit("/tickets/brief-1", "agent")
    card = page.locator(".card")
    expect(card.get_by_role("heading", name="What the customer wants")).to_be_visible()
    expect(card.get_by_role("heading", name="In short")).to_have_count(0)
    expect(card.get_by_text(SENTENCE)).to_be_visible()
    service.customer("brief-1", "Hello? Is anybody there?")
    expect(page.locator(".moments")).to_contain_text("Is anybody there?")
    expect(card.get_by_text(SENTENCE)).to_be_visible()
    card.locator("#brief a").click()
    expect(page.locator("#turn-0")).to_be_in_viewport()
    page.evaluate(axe_source)
    assert page.evaluate(RUN_AXE) == []
    assert len(endpoint.asked) == 1


def test_the_card_works_the_same_when_the_model_is_down(service: Service, visit: Visit, endpoint: Endpoint) -> None:
    endpoint.status = 500
    service.escalated("brief-2", SAID)
    page = visit("/tickets/brief-2", "agent")
    expect(page.locator("#brief")).to_have_count(0)
    expect(page.locator(".card blockquote")).to_contain_text("charged $49.90 twice")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()
    assert len(endpoint.asked) == 1
