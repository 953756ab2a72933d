"""The real service over a SQLite ledger, on a port of its own, for a real browser."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from trustladder.desk import AccountFacts, CustomerTurn, Desk, Draft
from trustladder.desk.outbox import Notification, Occasion, encode
from trustladder.ledger.protocol import Due, TicketKey
from trustladder.policy.profiles import DEFAULT_PROFILE, profile_text
from trustladder.settings import Settings
from trustladder.web.service import build_app
from trustladder.web.serving import server_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

OFFICE = "open: {mon-fri: 09:00-17:00}\n    holidays: []"
ALWAYS = "open: {mon-sun: 00:00-24:00}\n    holidays: []"


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: where it is, and its desk for what a story begins with."""

    url: str
    desk: Desk

    def key(self, ticket: str) -> TicketKey:
        return TicketKey("default", ticket)

    def customer(self, ticket: str, text: str, ticket_type: str | None = None, value: float | None = None) -> str:
        """The customer writes; return the lane."""
        number = len(self.desk.ledger.history(self.key(ticket)))
        turn = CustomerTurn(f"{ticket}-{number}", text, facts=AccountFacts(value=value, ticket_type=ticket_type))
        return self.desk.customer_wrote(self.key(ticket), turn).lane

    def escalated(self, ticket: str, text: str = "I want to speak to a human, please.") -> None:
        """A ticket that waits for a person; what perception makes of a busy machine is not the story here."""
        if self.customer(ticket, text) != "escalated":
            self.desk.escalate(self.key(ticket), "the customer asks for a person", "test")

    def dead_letter(self, ticket: str, sentence: str) -> str:
        """A notification on a ticket that Slack never took; return its name."""
        key, name = self.key(ticket), f"notify:slack:{ticket}"
        note = Notification(f"msg_{ticket}", Occasion.ESCALATED, key.tenant, ticket, 1, 1, "support", sentence)
        due = Due("notify:slack", key, 1, name, encode(note))
        self.desk.ledger.transact(key, lambda transaction: transaction.schedule(due))
        for owed in self.desk.ledger.claim_due(["notify:slack"], 100, 60_000):
            self.desk.ledger.dead_due(owed, "slack answered 404: no_service")
        return name

    def lane(self, ticket: str) -> str:
        return self.desk.ticket(self.key(ticket)).lane.word

    def draft(self, ticket: str) -> str:
        """The bot tries to say something; return the gate's answer."""
        return self.desk.bot_drafted(self.key(ticket), Draft(f"d-{time.monotonic_ns()}", "Thank you.")).answer.value


def _serve(folder: Path, policy: str, **settings: Any) -> Iterator[Service]:
    """Serve a policy from a folder until the test is over."""
    path = folder / "policy.yaml"
    path.write_text(policy, encoding="utf-8")
    app = build_app(Settings(ledger=f"sqlite:///{folder / 'ledger.db'}", policy=str(path), **settings))
    server = server_of(app)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline and thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Service(f"http://127.0.0.1:{port}", app.state.desk)
    server.should_exit = True
    thread.join(timeout=20)


def _policy_with(hours: str) -> str:
    text = profile_text(DEFAULT_PROFILE)
    assert OFFICE in text
    return text.replace(OFFICE, hours)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service under the default profile, in which somebody is always there."""
    yield from _serve(tmp_path_factory.mktemp("open"), _policy_with(ALWAYS))


@pytest.fixture(scope="module")
def closed_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The same on a holiday: nobody is there today and tomorrow."""
    today = datetime.now(UTC).date()
    days = ", ".join((today + timedelta(days=offset)).isoformat() for offset in range(2))
    hours = ALWAYS.replace("[]", f"[{days}]")
    yield from _serve(tmp_path_factory.mktemp("closed"), _policy_with(hours))


Visit = Callable[..., "Page"]


@pytest.fixture
def visit(browser: "Browser", service: Service) -> Iterator[Visit]:
    """Open a page as a person in a browser of their own. A script error or a dialog fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_page(path: str, person: str = "", *, url: str = service.url, **options: object) -> "Page":
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(10_000)
        if person:
            context.add_cookies([{"name": "trustladder_person", "value": person, "url": url}])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{path}: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"{path}: a dialog said {dialog.message}"))
        page.goto(url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
