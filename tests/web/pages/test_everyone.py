"""The pages for everyone: with a screen reader, on a phone, zoomed, in the dark, without scripts; and safe."""

import pytest
from playwright.sync_api import expect

from tests.web.pages.conftest import Service, Visit

RUN_AXE = "async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(' | ')}`)"

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)> I want to speak to a human, please."
CARD = "/embed/handoff/seen-1"
PAGES = (
    "/",
    "/queue",
    "/integrity",
    "/dead-letters",
    "/tickets/seen-1",
    "/tickets/seen-2",
    "/me",
    "/find?q=human",
    "/help",
    "/chat",
    CARD,
)


@pytest.fixture(scope="module")
def furnished(service: Service) -> Service:
    """The service with a ticket in every lane, one of them hostile."""
    service.customer("auto-1", "How do I export my reports as a spreadsheet?")
    service.customer("seen-1", "My order number is 4711-22 and the lamp is broken.", "billing", 60_000.0)
    service.escalated("seen-1", SCRIPT)
    service.escalated("seen-2", "I was charged twice. I want to speak to a human, please.")
    service.desk.claim(service.key("seen-2"), "agent")
    service.escalated("scripted-1", SCRIPT)
    service.escalated("seen-3")
    service.desk.take_over(service.key("seen-3"), "engineer")
    service.escalated("seen-4")
    service.dead_letter("seen-4", "Escalated to support: " + SCRIPT)
    return service


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(furnished: Service, visit: Visit, axe_source: str, scheme: str) -> None:
    page = visit("/", "agent", color_scheme=scheme)
    for path in PAGES:
        page.goto(furnished.url + path)
        page.evaluate(axe_source)
        assert page.evaluate(RUN_AXE) == [], path
    page.goto(furnished.url + "/queue")
    page.keyboard.press("?")
    page.evaluate(axe_source)
    assert page.evaluate(RUN_AXE) == [], "help dialog"
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("l")
    expect(page.get_by_role("option", name="Lanes")).to_be_visible()
    page.evaluate(axe_source)
    assert page.evaluate(RUN_AXE) == [], "palette"


@pytest.mark.parametrize("width", [390, 640])  # a phone; 1280 at 200 %
def test_nothing_is_cut_off_on_a_phone_or_zoomed(furnished: Service, visit: Visit, width: int) -> None:
    page = visit("/", "agent", viewport={"width": width, "height": 800})
    for path in PAGES:
        page.goto(furnished.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_customer_text_with_a_script_is_text(furnished: Service, visit: Visit) -> None:
    page = visit("/tickets/seen-1", "agent")
    expect(page.locator(".turn-customer").last).to_contain_text("<script>alert(1)</script><img src=x onerror=alert(2)>")
    for path in ("/", "/queue", "/find?q=alert", CARD):
        page.goto(furnished.url + path)
        shown = "onerror=alert(2)" if path == CARD else "<script>alert(1)</script>"
        expect(page.locator("main")).to_contain_text(shown)
        assert page.locator("main script, main img").count() == 0


def test_the_policy_of_content_lets_no_inline_script_run(visit: Visit) -> None:
    page = visit("/help", "agent")
    page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      const image = document.createElement("div");
      image.innerHTML = "<img src=x onerror='window.ran = true'>";
      document.body.append(image);
    }""")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None


def test_the_basic_acts_work_without_a_script(furnished: Service, visit: Visit) -> None:
    furnished.escalated("plain-1")
    page = visit("/tickets/plain-1", java_script_enabled=False)
    page.get_by_role("link", name="Say who you are").first.click()
    page.get_by_role("button", name="Support agent").click()
    page.wait_for_url("**/tickets/plain-1")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status").first).to_contain_text("You own this ticket now")
    page.get_by_role("link", name="Sorry for the loop").click()
    expect(page.get_by_label("Reply")).to_have_value("I am sorry that you had to ask more than once. ")
    page.get_by_role("button", name="Send to the customer").click()
    expect(page.locator(".turn-human")).to_contain_text("I am sorry")
    page.get_by_label("Internal note").fill("seen on the phone")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".turn-note")).to_contain_text("seen on the phone")
    page.get_by_role("button", name="Customer had to restate").click()
    expect(page.get_by_text("had to restate", exact=True)).to_be_visible()
    page.get_by_text("Resolve…").click()
    page.get_by_label("Cause").fill("a loop")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("heading", name="Resolved")).to_be_visible()
    assert furnished.desk.ticket(furnished.key("plain-1")).restated


def test_a_note_is_never_shown_to_the_customer(visit: Visit) -> None:
    page = visit("/chat")
    page.get_by_label("Your message").fill("I want to speak to a human, please.")
    page.get_by_role("button", name="Send").click()
    ticket = page.url.rsplit("/", 1)[-1]
    colleague = visit(f"/tickets/{ticket}", "agent")
    colleague.get_by_label("Internal note").fill("a difficult one")
    colleague.get_by_role("button", name="Keep the note").click()
    expect(colleague.locator(".turn-note")).to_contain_text("a difficult one")
    page.reload()
    assert "a difficult one" not in page.content()
