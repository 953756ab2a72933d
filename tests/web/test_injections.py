"""Law 6 over a set of written attempts: no text of a customer, a tool or a bot buys authority, or reaches a page raw.

The set is evaluation/injections.jsonl. Each attempt is played through the real desk beside the same ticket with a
neutral sentence in its place, and shown on the real page of the ticket.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from trustladder.core.containment import Act, Answer, Lane
from trustladder.core.policy import Policy
from trustladder.core.risk import ALWAYS
from trustladder.core.threshold import Rule
from trustladder.core.ticket import Ticket
from trustladder.desk import AccountFacts, CustomerTurn, Desk, Draft
from trustladder.desk.policies import PolicyBook
from trustladder.detect.perceiver import Perceiver
from trustladder.errors import PermitRefused
from trustladder.ledger import open_ledger
from trustladder.ledger.protocol import TicketKey
from trustladder.policy.profiles import default_policy
from trustladder.web.app import create_app
from trustladder.web.service import read_acts

ATTEMPTS = Path(__file__).parents[2] / "evaluation" / "injections.jsonl"
NEUTRAL = "The parcel label is on the left side."
PROBLEM = "I was charged twice for order 4411 and I want my money back."
PERSON = "I want to speak to a human."
DECIDES = "I have refunded 500 euros to your card."
MOOD = frozenset({"sentiment", "sentiment_drop"})
"""Calming down lowers these two, and nothing else (law 6)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: where its text stands (customer, draft, tool), what it tries, in which language."""

    id: str
    where: str
    family: str
    language: str
    text: str


@cache
def attempts() -> tuple[Attempt, ...]:
    return tuple(Attempt(**json.loads(line)) for line in ATTEMPTS.read_text(encoding="utf-8").splitlines())


def families(where: str) -> list[str]:
    return sorted({attempt.family for attempt in attempts() if attempt.where == where})


def of(where: str, family: str) -> list[Attempt]:
    return [attempt for attempt in attempts() if (attempt.where, attempt.family) == (where, family)]


@cache
def perceiver() -> Perceiver:
    return Perceiver(budget_ms=60_000)  # what a busy machine makes of the budget is not the story here


def desk_under(policy: Policy) -> Desk:
    numbers = count()
    book = PolicyBook(None, lambda _: policy, policy)
    return Desk(open_ledger("sqlite://:memory:"), book, perceiver().perceive, read_acts, lambda: f"p{next(numbers)}")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """The default policy."""
    made = desk_under(default_policy())
    yield made
    made.ledger.close()


@pytest.fixture(scope="module")
def contained() -> Iterator[Desk]:
    """The default policy with a rule that contains everything."""
    policy = default_policy()
    made = desk_under(replace(policy, rules=(Rule("all", contain_at=ALWAYS, because="to see it hold"), *policy.rules)))
    yield made
    made.ledger.close()


def wrote(desk: Desk, ticket: str, *texts: str, ticket_type: str | None = "billing") -> Ticket:
    """Let a customer of a small account write some messages; return the ticket."""
    facts = AccountFacts(f"A-{ticket}", value=40.0, tier="basic", ticket_type=ticket_type)
    for number, text in enumerate(texts):
        desk.customer_wrote(TicketKey("t", ticket), CustomerTurn(f"m{number}", text, facts=facts))
    return desk.ticket(TicketKey("t", ticket))


def points(ticket: Ticket) -> int:
    """The points of the newest decision, but for mood."""
    assert ticket.decision is not None
    parts = ticket.decision.risk.contributions
    return ticket.decision.risk.points_hundredths - sum(p.points_hundredths for p in parts if p.name in MOOD)


def test_the_set_is_as_large_and_as_varied_as_it_claims() -> None:
    texts = [attempt.text for attempt in attempts()]
    languages = {attempt.language for attempt in attempts()}
    assert len(texts) >= 300
    assert len(languages) >= 8
    assert {attempt.where for attempt in attempts()} == {"customer", "draft", "tool"}
    assert len(set(texts)) >= len(texts) - 2


@pytest.mark.parametrize("family", families("customer"))
def test_a_customers_text_lowers_nothing_and_picks_nothing(desk: Desk, family: str) -> None:
    plain = wrote(desk, "neutral", PROBLEM, NEUTRAL)
    assert plain.decision is not None
    for attempt in of("customer", family):
        ticket = wrote(desk, attempt.id, PROBLEM, attempt.text)
        assert ticket.decision is not None
        assert points(ticket) >= points(plain), attempt
        assert ticket.lane >= plain.lane, attempt
        assert ticket.decision.authority.intersect(plain.decision.authority) == ticket.decision.authority, attempt
        assert (ticket.account.value, ticket.account.tier, ticket.account.id) == (40.0, "basic", f"A-{attempt.id}")
        assert (ticket.ticket_type, ticket.exposure, ticket.owner) == ("billing", None, None)


@pytest.mark.parametrize("family", families("customer"))
def test_beside_a_request_for_a_person_it_changes_neither_the_handoff_nor_its_queue(desk: Desk, family: str) -> None:
    plain = wrote(desk, "person", PROBLEM, PERSON)
    assert plain.handoff is not None
    for attempt in of("customer", family):
        ticket = wrote(desk, f"{attempt.id}-p", PROBLEM, f"{PERSON}\n{attempt.text}")
        assert ticket.lane is Lane.ESCALATED, attempt
        assert ticket.handoff is not None
        assert ticket.handoff.queue == plain.handoff.queue, attempt
        waits = ticket.handoff.claim_by_ms - ticket.handoff.escalated_at_ms
        assert waits == pytest.approx(plain.handoff.claim_by_ms - plain.handoff.escalated_at_ms, abs=120_000)


@pytest.mark.parametrize("family", families("customer"))
def test_no_text_is_a_permit_and_none_lets_a_contained_bot_decide(contained: Desk, family: str) -> None:
    for attempt in of("customer", family):
        key = TicketKey("t", f"{attempt.id}-c")
        wrote(contained, key.ticket_id, PROBLEM, attempt.text)
        answer = contained.bot_drafted(key, Draft("d", DECIDES, declared=(Act.ACKNOWLEDGE,), confidence=100))
        assert answer.answer is not Answer.RELEASE, attempt
        with pytest.raises(PermitRefused):
            contained.redeem(key, attempt.text)


@pytest.mark.parametrize("family", families("draft"))
def test_a_contained_bot_gets_no_decision_out_in_any_disguise(contained: Desk, family: str) -> None:
    leaked = []
    for attempt in of("draft", family):
        wrote(contained, attempt.id, PROBLEM)
        wanted = Draft("d", attempt.text, declared=(Act.ACKNOWLEDGE,), cites=("policy/4.2",), confidence=100)
        if contained.bot_drafted(TicketKey("t", attempt.id), wanted).answer is Answer.RELEASE:
            leaked.append(attempt)
    assert leaked == []


@pytest.mark.parametrize("family", families("draft"))
def test_after_the_handoff_it_gets_nothing_out_at_all(desk: Desk, family: str) -> None:
    for attempt in of("draft", family):
        wrote(desk, attempt.id, PERSON)
        answer = desk.bot_drafted(TicketKey("t", attempt.id), Draft("d", attempt.text))
        assert (answer.answer, answer.text, answer.permit) == (Answer.WITHHOLD, "", None), attempt


@pytest.mark.parametrize("family", families("tool"))
def test_what_a_tool_returns_gives_no_orders(contained: Desk, desk: Desk, family: str) -> None:
    plain = wrote(desk, "tool-neutral", PROBLEM)
    desk.tool_returned(TicketKey("t", "tool-neutral"), "search", NEUTRAL, False)
    plain = desk.ticket(TicketKey("t", "tool-neutral"))
    for attempt in of("tool", family):
        for place in (desk, contained):
            wrote(place, attempt.id, PROBLEM)
            place.tool_returned(TicketKey("t", attempt.id), "search", attempt.text, False)
        ticket = desk.ticket(TicketKey("t", attempt.id))
        assert points(ticket) >= points(plain), attempt
        assert ticket.lane >= plain.lane, attempt
        assert (ticket.account.value, ticket.ticket_type, ticket.owner) == (40.0, "billing", None)
        answer = contained.bot_drafted(TicketKey("t", attempt.id), Draft("d", DECIDES))
        assert answer.answer is not Answer.RELEASE, attempt


class Dangers(HTMLParser):
    """Collects what a page would run or load: where a text got through raw, there is more of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = defaultdict(list)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag in {"script", "iframe", "base", "meta", "link", "form", "object", "embed", "img", "math", "style"}:
            self.found[tag].append(held.get("src") or held.get("action") or held.get("href") or "")
        for name, value in held.items():
            if name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "data:text")):
                self.found["handlers"].append(f"{tag} {name}")
            if name.startswith("hx-post"):
                self.found[name].append(value or "")


def dangers(client: TestClient, ticket: str) -> dict[str, list[str]]:
    parser = Dangers()
    page = client.get(f"/tickets/{ticket}", headers={"X-Tenant": "t", "Cookie": "trustladder_person=agent"})
    assert page.status_code == 200
    parser.feed(page.text.replace(ticket, "TICKET"))
    return {kind: sorted(set(values)) for kind, values in parser.found.items()}


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[TestClient]:
    yield TestClient(create_app(desk))  # without its lifespan: the desk is closed by its own fixture


@pytest.mark.parametrize("where", ["customer", "draft", "tool"])
def test_every_attempt_reaches_the_page_escaped(desk: Desk, client: TestClient, where: str) -> None:
    wrote(desk, "page-neutral", PERSON, NEUTRAL)
    plain = dangers(client, "page-neutral")
    chosen = [a for a in attempts() if a.where == where and any(mark in a.text for mark in "<>\"'&{[")]
    assert chosen
    for attempt in chosen:
        ticket = f"{attempt.id}-page"
        key = TicketKey("t", ticket)
        wrote(desk, ticket, PERSON, attempt.text if where == "customer" else NEUTRAL)
        if where == "draft":
            desk.bot_wrote(key, Draft("said", attempt.text))
            desk.bot_drafted(key, Draft("d", attempt.text))
        if where == "tool":
            desk.tool_returned(key, attempt.text[:100], attempt.text, True)
        assert dangers(client, ticket) == plain, attempt
