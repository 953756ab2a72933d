"""Learn in the browser: what went wrong by name, one case at a time by keys, and a proposal from paper to all."""

import csv
import io
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import expect

from tests.web.pages.conftest import ALWAYS, Service, Visit, _policy_with, _serve
from trustladder.core.episode import episodes_of
from trustladder.core.governance import ProposalMade
from trustladder.desk import Draft, HumanTurn, Resolution
from trustladder.policy.load import load_policy
from trustladder.web.pages.learn import safe_cell

TENANT = "default"


@pytest.fixture(scope="module")
def learning_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that draws every ticket for the audit sample, with tickets that went well and tickets that did not."""
    policy = _policy_with(ALWAYS).replace("audit_sample_percent: 2", "audit_sample_percent: 100")
    for service in _serve(tmp_path_factory.mktemp("learn"), policy):
        for number in range(3):
            service.customer(f"calm-{number}", "How do I export my reports as a spreadsheet?")
            service.desk.bot_wrote(
                service.key(f"calm-{number}"), Draft(f"calm-{number}-b", "Open Reports and choose Export.")
            )
            service.desk.resolve(service.key(f"calm-{number}"), Resolution("customer"))
        for number in range(22):
            ticket = f"handed-{number}"
            service.escalated(ticket, "My account was charged twice. I want to speak to a human, please.")
            service.desk.human_wrote(service.key(ticket), HumanTurn(f"{ticket}-h", "I look into it.", "agent"))
            service.desk.resolve(service.key(ticket), Resolution("agent"))
        yield service


def test_the_dashboard_names_what_is_going_wrong_and_shows_the_tickets(learning_service: Service, visit: Visit) -> None:
    page = visit("/learn", "agent", url=learning_service.url)
    found = page.locator(".findings")
    expect(found).to_contain_text("Metric blindness")
    expect(found).to_contain_text("Of 22 escalated tickets that were resolved, 0 have a satisfaction")
    expect(page.locator("#five-title + .scroll tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Show these 22 tickets").click()
    expect(page.locator("[data-row]")).to_have_count(22)
    page.goto(learning_service.url + "/learn")
    page.get_by_role("button", name="Run Learn").click()
    expect(page.locator("main")).to_contain_text("Learn was last run")
    ran = learning_service.desk.rollouts.state(TENANT).last_learn
    assert ran is not None
    assert (ran[1].by, "metric_blindness" in ran[1].findings) == ("agent", True)


def test_a_case_is_reviewed_with_one_key_and_the_next_one_comes(learning_service: Service, visit: Visit) -> None:
    page = visit("/learn/review", "agent", url=learning_service.url)
    expect(page.locator("main")).to_contain_text("3 wait")
    page.locator("input[name=golden_turn]").first.check()
    page.get_by_label("bad timing").check()
    page.keyboard.press("4")
    expect(page.get_by_role("status").first).to_contain_text("Your verdict is in the ledger")
    expect(page.locator("main")).to_contain_text("2 wait")
    reviews = [
        episode.review
        for number in range(3)
        for episode in episodes_of("x", learning_service.desk.ledger.history(learning_service.key(f"calm-{number}")))
        if episode.review is not None
    ]
    assert [(r.reviewer, r.verdict, r.golden_turn, r.fault) for r in reviews] == [("agent", "missed", 0, "timing")]
    page.goto(learning_service.url + "/learn?days=7")
    expect(page.locator("main")).to_contain_text("from 1 reviewed")


def test_a_verdict_without_its_turn_is_refused_and_says_why(learning_service: Service, visit: Visit) -> None:
    page = visit("/learn/review?ticket=calm-2&episode=1", "agent", url=learning_service.url)
    page.get_by_role("button", name="Missed").click()
    expect(page.get_by_role("alert")).to_contain_text("Name the turn at which people were needed")
    assert not page.locator("main").get_by_text("Traceback").count()


def _propose(service: Service) -> ProposalMade:
    in_force = service.desk.rollouts.in_force(TENANT)
    text = service.desk.policies.text.replace("audit_sample_percent: 100", "audit_sample_percent: 50")
    made = ProposalMade(
        "p-1",
        "threshold",
        "Read half of the automated tickets",
        "All of them is more than anybody reads.",
        in_force.digest,
        load_policy(text).digest,
        text,
        ("the percentage of automated tickets that people re-read is now 50 instead of 100",),
        {"labels": 3, "newly_caught": ["calm-1", "calm-2"]},
    )
    service.desk.rollouts.propose(TENANT, made)
    return made


def test_a_proposal_goes_from_paper_to_all_in_steps_that_a_person_takes(
    learning_service: Service, visit: Visit
) -> None:
    made = _propose(learning_service)
    page = visit("/learn/proposals", "agent", url=learning_service.url)
    page.get_by_role("link", name=made.title).click()
    expect(page.locator("main")).to_contain_text("is now 50 instead of 100")
    page.get_by_label("Reason").fill("agreed on Monday")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Run it in the shadow").click()
    learning_service.customer("while-1", "Where do I find my invoice?")
    page.get_by_label("Share of the accounts").fill("200")
    page.locator("form").filter(has=page.get_by_label("Share of the accounts")).evaluate(
        "form => form.noValidate = true"
    )
    page.get_by_role("button", name="Begin a canary").click()
    expect(page.get_by_role("alert")).to_contain_text("between 0 and 100 percent")
    page.get_by_label("Share of the accounts").fill("10")
    page.get_by_label("got a person late or never, percent").fill("20")
    page.get_by_role("button", name="Begin a canary").click()
    expect(page.locator("main")).to_contain_text("canary 10 % by Support agent")
    move = learning_service.desk.rollouts.proposal(TENANT, "p-1").moves[-1][1]
    assert dict(move.bounds) == {"late_or_missed": 0.2}
    page.get_by_role("button", name="Release for all").click()
    expect(page.locator("main")).to_contain_text("In force for all")
    assert learning_service.desk.policy(TENANT).digest == made.digest


def test_the_figures_come_as_csv_that_no_spreadsheet_runs(learning_service: Service) -> None:
    answer = httpx2.get(learning_service.url + "/learn/indicators.csv")
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert [line[0] for line in lines[1:6]] == [
        "escalated_after_repetition",
        "restated_after_handoff",
        "dwell_beyond_policy",
        "time_to_resolution",
        "escalated_satisfaction",
    ]
    assert not any(cell[:1] in "=+-@\t\r" for line in lines for cell in line if cell)
    assert [safe_cell(text) for text in ("=1+1", "+1", "-1", "@x", "\tx", "ok", None, 0.5)] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        "ok",
        "",
        0.5,
    ]


def test_the_same_figures_are_there_to_be_scraped(learning_service: Service) -> None:
    text = httpx2.get(learning_service.url + "/metrics").text
    assert 'trustladder_failure_mode{mode="metric_blindness",tenant="default"} 1.0' in text
    assert 'trustladder_indicator{indicator="escalated_after_repetition",tenant="default"} 0.0' in text
    assert 'trustladder_reviews{state="waiting",tenant="default"}' in text


def test_a_page_that_is_not_there_says_so(learning_service: Service) -> None:
    for path in ("/learn/tickets/weather", "/learn/proposals/p-9", "/learn/review?ticket=nobody"):
        answer = httpx2.get(learning_service.url + path)
        assert answer.status_code in {404, 409, 422}, path
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(learning_service: Service, visit: Visit, axe_source: str, scheme: str) -> None:
    page = visit("/learn", "agent", url=learning_service.url, color_scheme=scheme)
    for path in ("/learn", "/learn/review", "/learn/proposals", "/learn/proposals/p-1", "/learn/tickets/late"):
        page.goto(learning_service.url + path)
        page.evaluate(axe_source)
        run = "async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(' | ')}`)"
        assert page.evaluate(run) == [], path
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.set_viewport_size({"width": 1280, "height": 800})
