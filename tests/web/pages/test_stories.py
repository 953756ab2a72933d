"""Stories at the desk where people take over, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.pages.conftest import Service, Visit
from trustladder.core.signals import Signal
from trustladder.desk import AccountFacts, CustomerTurn, Resolution
from trustladder.ledger.protocol import DueState
from trustladder.web.pages import live


def test_a_ticket_in_automation_is_taken_over_in_one_click_and_the_bot_falls_silent(
    service: Service, visit: Visit
) -> None:
    service.customer("take-1", "How do I export my reports as a spreadsheet for the spring audit?")
    page = visit("/queue", "agent")
    page.get_by_role("button", name="Take over: How do I export my reports").click()
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()
    assert service.lane("take-1") == "owned"
    assert service.draft("take-1") == "withhold"


def test_a_ticket_is_accepted_answered_and_resolved_with_the_keyboard_alone(service: Service, visit: Visit) -> None:
    service.escalated("keys-1", "This is about my parcel with the blue lamp. I want to speak to a human, please.")
    page = visit("/queue", "agent")
    for _ in range(30):
        page.keyboard.press("j")
        if "blue lamp" in page.locator("[data-row][aria-current]").inner_text():
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/keys-1")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("Hello, I have read everything.")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Send now").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".turn-human")).to_contain_text("I have read everything")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("select[name=outcome]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("lamp broken on arrival")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Resolved")).to_be_visible()
    outcome = service.desk.ticket(service.key("keys-1")).outcome
    assert outcome is not None
    assert (outcome.by, outcome.cause) == ("agent", "lamp broken on arrival")


def test_two_agents_race_for_a_ticket_and_the_loser_is_told_who_has_it(service: Service, visit: Visit) -> None:
    service.escalated("race-1")
    # Without scripts nothing brings the second page up to date before the button is pressed.
    ana = visit("/tickets/race-1", "agent", java_script_enabled=False)
    ben = visit("/tickets/race-1", "engineer", java_script_enabled=False)
    ana.get_by_role("button", name="Accept").click()
    ben.get_by_role("button", name="Accept").click()
    expect(ana.get_by_role("heading", name="You own it")).to_be_visible()
    expect(ben.get_by_role("alert")).to_contain_text("Support agent owns ticket race-1 already")
    assert service.desk.ticket(service.key("race-1")).owner == "agent"


def test_an_amount_above_the_limit_is_explained_and_the_case_goes_up_with_the_proposal(
    service: Service, visit: Visit
) -> None:
    service.escalated("limit-1")
    service.desk.claim(service.key("limit-1"), "agent")
    waiting_since = service.desk.ticket(service.key("limit-1")).first_unanswered_at_ms
    page = visit("/tickets/limit-1", "agent")
    page.get_by_text("Resolve…").click()
    page.get_by_label("Repair").fill("refund the second charge")
    page.get_by_label("Amount EUR").fill("120")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("You may decide on amounts up to 50 EUR, and this is 120 EUR")
    expect(page.get_by_label("Repair")).to_have_value("refund the second charge")
    assert service.lane("limit-1") == "owned"
    page.get_by_role("button", name="Send it up to lead").click()
    expect(page.get_by_role("heading", name="Nobody owns it yet")).to_be_visible()
    ticket = service.desk.ticket(service.key("limit-1"))
    assert ticket.handoff is not None
    assert (ticket.lane.word, ticket.handoff.queue) == ("escalated", "lead")
    assert ticket.first_unanswered_at_ms == waiting_since
    lead = visit("/tickets/limit-1", "support_lead")
    expect(lead.locator(".card")).to_contain_text("repair refund the second charge, amount 120")
    expect(lead.locator(".next-steps")).to_contain_text("Support lead accepts it")
    lead.get_by_role("button", name="Accept").click()
    lead.get_by_text("Resolve…").click()
    lead.get_by_label("Amount EUR").fill("120")
    lead.get_by_role("button", name="Resolve", exact=True).click()
    expect(lead.get_by_role("heading", name="Resolved")).to_be_visible()
    assert service.lane("limit-1") == "resolved"


def test_out_of_hours_the_customer_is_told_the_truth_and_when(closed_service: Service, visit: Visit) -> None:
    page = visit("/chat", url=closed_service.url)
    page.get_by_label("Your message").fill("I want to speak to a human, please.")
    page.get_by_role("button", name="Send").click()
    notice = page.locator(".bubble-notice")
    expect(notice).to_contain_text("Nobody is there right now; the team is back on")
    assert re.search(r"back on \d{4}-\d\d-\d\d at 00:00", notice.inner_text())
    expect(page.locator(".behind")).to_contain_text("escalated")
    colleague = visit(f"/tickets/{page.url.rsplit('/', 1)[-1]}", "agent", url=closed_service.url)
    expect(colleague.locator(".next-steps")).to_contain_text("Somebody of support accepts it")


def test_the_whole_ladder_with_two_windows(service: Service, visit: Visit) -> None:
    customer = visit("/chat")
    customer.get_by_label("Your message").fill("I was charged twice for my order. Why was I charged twice?")
    customer.get_by_role("button", name="Send").click()
    expect(customer.locator(".bubble-bot")).to_have_count(1)
    customer.get_by_label("Your message").fill("That is not it. Let me speak to a person now.")
    customer.get_by_role("button", name="Send").click()
    expect(customer.locator(".bubble-notice")).to_be_visible()
    ticket = customer.url.rsplit("/", 1)[-1]
    colleague = visit(f"/tickets/{ticket}", "billing_clerk")
    expect(colleague.locator(".card")).to_contain_text("I was charged twice for my order")
    colleague.get_by_role("button", name="Accept").click()
    colleague.get_by_label("Reply").fill("Hello, this is a person. I see both charges.")
    colleague.get_by_role("button", name="Send to the customer").click()
    colleague.get_by_role("button", name="Send now").click()
    expect(customer.locator(".bubble-person")).to_contain_text("I see both charges")
    customer.get_by_label("Your message").fill("Thank you!")
    customer.get_by_role("button", name="Send").click()
    expect(customer.locator(".bubble-you")).to_have_count(3)
    expect(colleague.locator(".turn-customer")).to_have_count(3)
    assert service.lane(ticket) == "owned"


def test_a_list_holds_still_and_says_what_is_new(service: Service, visit: Visit) -> None:
    service.escalated("still-1")
    page = visit("/queue", "agent")
    before = page.locator("#waiting > li a").all_inner_texts()
    service.escalated("still-2", "I will sue you, this is illegal. My lawyer wants a human now.")
    news = page.locator("#news")
    expect(news).to_contain_text("1 new, it is at higher risk than any here")
    assert page.locator("#waiting > li a").all_inner_texts() == before
    news.click()
    expect(page.locator("#waiting")).to_contain_text("My lawyer wants a human")


def test_a_row_that_somebody_else_took_stays_where_it_is_and_says_so(service: Service, visit: Visit) -> None:
    service.escalated("gone-1", "The red kettle leaks. I want to speak to a human, please.")
    page = visit("/queue", "agent")
    row = page.locator("#row-gone-1")
    expect(row.get_by_role("button")).to_be_visible()
    service.desk.claim(service.key("gone-1"), "engineer")
    expect(row.locator(".standing")).to_contain_text("owned")
    expect(row.locator(".whose")).to_contain_text("Support engineer")
    expect(row.get_by_role("button")).to_have_count(0)


def test_two_people_on_one_ticket_see_each_other_and_who_owns_it(service: Service, visit: Visit) -> None:
    service.escalated("both-1")
    ana = visit("/tickets/both-1", "agent")
    ben = visit("/tickets/both-1", "engineer")
    expect(ana.get_by_text("Support engineer has this ticket open too")).to_be_visible()
    ana.get_by_role("button", name="Accept").click()
    expect(ben.get_by_role("heading", name="Support agent owns it")).to_be_visible()
    expect(ben.get_by_text("Take it over to write to the customer")).to_be_visible()
    ana.context.close()
    expect(ben.get_by_text("has this ticket open too")).to_have_count(0)


def test_a_claim_is_undone_and_a_held_reply_is_taken_back(service: Service, visit: Visit) -> None:
    service.escalated("undo-1")
    page = visit("/tickets/undo-1", "agent")
    page.get_by_role("button", name="Accept").click()
    page.get_by_label("Reply").fill("Too soon")
    page.get_by_role("button", name="Send to the customer").click()
    expect(page.locator(".held")).to_contain_text("Goes out in")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_label("Reply")).to_have_value("Too soon")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Nobody owns it yet")).to_be_visible()
    assert service.lane("undo-1") == "escalated"
    assert not [turn for turn in service.desk.ticket(service.key("undo-1")).turns if turn.role.value == "human"]


def test_a_held_reply_goes_out_by_itself_and_also_when_the_page_is_left(service: Service, visit: Visit) -> None:
    for ticket in ("held-1", "held-2"):
        service.escalated(ticket)
        service.desk.claim(service.key(ticket), "agent")
    stays, leaves = visit("/tickets/held-1", "agent"), visit("/tickets/held-2", "agent")
    for page in (stays, leaves):
        page.get_by_label("Reply").fill("On its way")
        page.get_by_role("button", name="Send to the customer").click()
    leaves.goto(service.url + "/queue")
    leaves.goto(service.url + "/tickets/held-2")
    expect(leaves.locator(".turn-human")).to_contain_text("On its way")
    expect(stays.locator(".turn-human")).to_contain_text("On its way", timeout=12_000)


def test_what_somebody_writes_survives_what_happens_on_the_ticket(service: Service, visit: Visit) -> None:
    service.escalated("typing-1")
    service.desk.claim(service.key("typing-1"), "agent")
    page = visit("/tickets/typing-1", "agent")
    page.get_by_label("Reply").fill("Half a sent")
    page.get_by_label("Internal note").fill("note to self")
    service.customer("typing-1", "One more thing: it is urgent.")
    expect(page.locator(".turn-customer")).to_have_count(2)
    expect(page.get_by_label("Reply")).to_have_value("Half a sent")
    page.reload()
    expect(page.get_by_label("Reply")).to_have_value("Half a sent")
    expect(page.get_by_label("Internal note")).to_have_value("note to self")


def test_shortcuts_can_be_switched_off_and_never_fire_while_one_writes(service: Service, visit: Visit) -> None:
    service.escalated("off-1")
    page = visit("/tickets/off-1", "agent")
    page.get_by_label("Internal note").fill("")
    page.keyboard.type("a zebra")
    assert service.lane("off-1") == "escalated"
    expect(page.get_by_label("Internal note")).to_have_value("a zebra")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    box = page.locator("#help").get_by_label("Single-key shortcuts are on")
    box.uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.reload()
    page.keyboard.press("a")
    assert service.lane("off-1") == "escalated"
    page.evaluate("document.activeElement.blur()")
    page.goto(service.url + "/help")
    page.locator("main").get_by_label("Single-key shortcuts are on").check()
    page.goto(service.url + "/tickets/off-1")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()


def test_the_palette_finds_pages_acts_and_tickets(service: Service, visit: Visit) -> None:
    service.escalated("find-1", "My yellow umbrella came without a handle. I want to speak to a human, please.")
    page = visit("/queue", "agent")
    page.keyboard.press("Control+k")
    page.keyboard.type("umbrella")
    expect(page.get_by_role("option", name="umbrella")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/find-1")
    page.keyboard.press("Control+k")
    page.keyboard.type("accept")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()


def test_taking_the_next_gives_the_most_pressing_ticket_of_ones_own_queues(service: Service, visit: Visit) -> None:
    service.escalated("next-1", "Our invoice is wrong, for the billing team. I want to speak to a human, please.")
    while waiting := service.desk.queue("default", "lead"):
        service.desk.claim(service.key(waiting[0].ticket_id), "engineer")
    for ticket in ("next-2", "next-3"):
        service.escalated(ticket)
        service.desk.claim(service.key(ticket), "agent")
        service.desk.return_to_queue(service.key(ticket), "agent", "needs a decision", "lead")
    first, second = (row.ticket_id for row in service.desk.queue("default", "lead"))
    page = visit("/queue", "support_lead")
    page.keyboard.press("t")
    page.wait_for_url(f"**/tickets/{first}*")
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()
    page.keyboard.press("b")
    page.keyboard.type("wrong queue")
    page.get_by_label("Queue").select_option("support")
    page.get_by_role("button", name="Return", exact=True).click()
    page.get_by_role("button", name="Take the next").click()
    page.wait_for_url(f"**/tickets/{second}*")
    page.goto(service.url + "/queue")
    page.get_by_role("button", name="Take the next").click()
    expect(page.get_by_role("status").first).to_contain_text("Nobody waits in your queues")


def test_nobody_answers_past_what_was_just_written(service: Service, visit: Visit) -> None:
    service.escalated("past-1")
    service.desk.claim(service.key("past-1"), "agent")
    # Without scripts the page cannot show what arrives: the server has to say so.
    page = visit("/tickets/past-1", "agent", java_script_enabled=False)
    page.get_by_label("Reply").fill("The blue one is on its way.")
    service.customer("past-1", "I have changed my mind: the red one, please.")
    page.get_by_role("button", name="Send to the customer").click()
    expect(page.get_by_role("alert")).to_contain_text("The customer has just written: “I have changed my mind")
    expect(page.get_by_label("Reply")).to_have_value("The blue one is on its way.")
    assert not [turn for turn in service.desk.ticket(service.key("past-1")).turns if turn.role.value == "human"]
    page.get_by_role("button", name="Send to the customer").click()
    expect(page.locator(".turn-human")).to_contain_text("The blue one")


def test_what_is_written_meanwhile_is_marked_and_announced(service: Service, visit: Visit) -> None:
    service.escalated("mark-1", "I want to speak to a human, please. " + "It is a long story. " * 150)
    service.desk.claim(service.key("mark-1"), "agent")
    page = visit("/tickets/mark-1", "agent")
    page.evaluate("scrollTo(0, 0)")
    service.customer("mark-1", "And it is urgent.")
    line = page.locator("#just-written")
    expect(line).to_contain_text("Customer has just written")
    expect(line).to_be_visible()
    line.get_by_role("link", name="Read it").click()
    expect(page.locator(".fresh")).to_contain_text("And it is urgent")
    expect(line).to_be_hidden()


def test_a_colleague_sees_who_is_writing_and_when_it_is_over(
    service: Service, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WRITING_SECONDS", 1.5)  # the service runs in this process
    service.escalated("writes-1")
    ana, ben = visit("/tickets/writes-1", "agent"), visit("/tickets/writes-1", "engineer")
    ben.get_by_label("Internal note").press_sequentially("hm")
    expect(ana.get_by_text("Support engineer is writing here just now")).to_be_visible()
    expect(ana.get_by_text("Support engineer has this ticket open too")).to_be_visible()


def test_a_resolved_ticket_is_opened_again_by_undo(service: Service, visit: Visit) -> None:
    service.escalated("again-1")
    service.desk.claim(service.key("again-1"), "agent")
    page = visit("/tickets/again-1", "agent")
    page.keyboard.press("e")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("heading", name="Resolved")).to_be_visible()
    page.locator("main").focus()
    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()
    ticket = service.desk.ticket(service.key("again-1"))
    assert (ticket.lane.word, ticket.owner, ticket.episode) == ("owned", "agent", 2)


def test_a_macro_begins_the_reply_from_the_palette(service: Service, visit: Visit) -> None:
    service.escalated("macro-1")
    service.desk.claim(service.key("macro-1"), "agent")
    page = visit("/tickets/macro-1", "agent")
    page.keyboard.press("Control+k")
    page.keyboard.type("have read")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reply")).to_have_value(re.compile("this is Support agent, a person"))


def test_an_inversion_is_named_with_who_took_what_while_what_waited(service: Service, visit: Visit) -> None:
    for ticket, text in (("order-1", "The green door is stuck."), ("order-2", "The brown door squeaks.")):
        service.customer(ticket, text, "technical")
        service.escalated(ticket)
    service.desk.claim(service.key("order-2"), "engineer")
    page = visit("/integrity", "support_lead")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="The brown door squeaks."))
    expect(row.first).to_contain_text("Support engineer")
    expect(row.filter(has_text="The green door is stuck.")).to_have_count(1)
    expect(page.locator(".big")).to_have_text(re.compile(r"^\d+\.\d %$"))


def test_what_automation_holds_at_high_risk_is_taken_over_from_the_page_of_integrity(
    service: Service, visit: Visit
) -> None:
    asked = tuple(Signal(name, 75, (), "test") for name in ("payment", "repetition"))
    facts = AccountFacts(ticket_type="billing")
    turn = CustomerTurn("risky-1", "Why is the purple invoice wrong again?", facts=facts, reported=asked)
    assert service.desk.customer_wrote(service.key("risky-1"), turn).lane == "contained"
    page = visit("/integrity", "agent")
    page.get_by_role("button", name="Take over: Why is the purple invoice wrong").click()
    expect(page.get_by_role("heading", name="You own it")).to_be_visible()


def test_a_dead_letter_is_counted_in_the_navigation_and_sent_again(service: Service, visit: Visit) -> None:
    service.escalated("letter-1")
    name = service.dead_letter("letter-1", "Escalated to support: the pink parcel")
    page = visit("/queue", "agent")
    expect(page.get_by_role("link", name="Alarms").locator(".badge")).to_be_visible()
    page.get_by_role("link", name="Alarms").click()
    expect(page.get_by_role("row", name="the pink parcel")).to_contain_text("slack answered 404: no_service")
    page.get_by_role("button", name="Send again ticket letter-1 by slack").click()
    expect(page.get_by_text("It is owed again")).to_be_visible()
    expect(page.get_by_role("row", name="the pink parcel")).to_have_count(0)
    assert name in {due.uniq for due in service.desk.ledger.list_due(DueState.WAITING, key=service.key("letter-1"))}


def test_the_customer_is_asked_whether_it_is_solved_and_a_no_brings_it_back_to_people(
    service: Service, visit: Visit
) -> None:
    customer = visit("/chat")
    customer.get_by_label("Your message").fill("I want to speak to a human, please.")
    customer.get_by_role("button", name="Send").click()
    ticket = customer.url.rsplit("/", 1)[-1]
    service.escalated(ticket)
    service.desk.claim(service.key(ticket), "agent")
    service.desk.resolve(service.key(ticket), Resolution("agent", repair="a new one sent"))
    customer.get_by_role("button", name="bad", exact=True).click()
    expect(customer.get_by_text("Thank you for telling how it was")).to_be_visible()
    customer.get_by_role("button", name="No", exact=True).click()
    expect(customer.get_by_role("button", name="No", exact=True)).to_have_count(0)
    held = service.desk.ticket(service.key(ticket))
    assert held.lane.word == "escalated"
