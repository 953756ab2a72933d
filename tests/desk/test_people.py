"""Stories of the people's side: up the chain, back to the queue, whose turn it is, what the customer answers."""

from collections.abc import Iterator

import pytest

from tests.desk.office import MINUTE_MS, MONDAY_MS, Clock, office_desk
from tests.desk.plain import TENANT, key, wrote
from trustladder.core import events as e
from trustladder.core.signals import StatedFact
from trustladder.core.ticket import running_clock
from trustladder.desk import CustomerAnswer, CustomerTurn, Desk, HumanTurn, Resolution
from trustladder.desk.integrity import IntegrityBook
from trustladder.desk.rounds import run_due_clocks
from trustladder.desk.watchdog import Watchdog
from trustladder.errors import NotAllowed
from trustladder.ledger import Ledger, open_ledger
from trustladder.ledger.protocol import DueState

T = key("T-1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Iterator[Ledger]:
    opened = open_ledger("sqlite://:memory:", clock)
    yield opened
    opened.close()


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    made = office_desk(ledger)
    assert wrote(made, "T-1", "A person, please: human_request=90", language="en") == "escalated"
    return made


def last(desk: Desk, kind: type[e.Event]) -> e.Event:
    return next(r.event for r in reversed(desk.ledger.history(T)) if isinstance(r.event, kind))


def test_a_refund_above_the_limit_goes_up_the_chain_with_the_case_intact(desk: Desk, clock: Clock) -> None:
    desk.claim(T, "ana")
    before = desk.ticket(T)
    clock.pass_minutes(5)
    answer = desk.resolve(T, Resolution("ana", repair="refund of the whole year", amount=300))
    assert (answer.lane, answer.owner, answer.queue) == ("escalated", "", "lead")
    assert answer.sent_up == "300 is above what ana may decide on: the ticket went up to lead, whole"
    after = desk.ticket(T)
    assert after.handoff is not None
    assert before.handoff is not None
    assert after.turns == before.turns
    assert after.first_unanswered_at_ms == before.first_unanswered_at_ms, "law 8"
    assert after.handoff.resolve_by_ms == before.handoff.resolve_by_ms
    assert after.handoff.claim_by_ms == clock() + 15 * MINUTE_MS
    assert "refund of the whole year" in after.handoff.proposal
    assert after.handoff.plan[0].people == ("lea",)
    packet = desk.handoff(T)
    assert (packet.previous_owners, "300 EUR" in packet.authority_needed) == (("ana",), True)
    assert running_clock(after) == ("claim", after.handoff.claim_by_ms)
    with pytest.raises(NotAllowed, match="needs 300"):
        desk.claim(T, "ben")
    desk.claim(T, "lea")
    assert desk.resolve(T, Resolution("lea", amount=300)).lane == "resolved"


def test_where_nobody_may_decide_it_goes_to_the_top_and_from_there_nowhere(desk: Desk) -> None:
    desk.claim(T, "ana")
    assert desk.send_up(T, "ana", 5_000).queue == "lead"
    desk.take_over(T, "lea")
    with pytest.raises(NotAllowed, match="up to 1000 EUR"):
        desk.send_up(T, "lea", 5_000)


def test_an_owner_who_does_not_write_loses_the_ticket_to_its_queue(desk: Desk, clock: Clock) -> None:
    desk.claim(T, "ana")
    ticket = desk.ticket(T)
    assert running_clock(ticket) == ("return", MONDAY_MS + 20 * MINUTE_MS)
    clock.pass_minutes(21)
    assert run_due_clocks(desk) == 1
    after = desk.ticket(T)
    assert (after.lane.word, after.owner) == ("escalated", None)
    assert after.first_unanswered_at_ms == MONDAY_MS, "the customer's clock ran on"
    returned = last(desk, e.OwnershipReturned)
    assert isinstance(returned, e.OwnershipReturned)
    assert (returned.returned_by, returned.person_id) == ("trustladder", "ana")
    assert running_clock(after) == ("claim", clock() + 15 * MINUTE_MS)
    assert run_due_clocks(desk) == 0


def test_an_owner_who_has_written_keeps_the_ticket(desk: Desk, clock: Clock) -> None:
    desk.claim(T, "ana")
    desk.human_wrote(T, HumanTurn("h1", "I am looking at it.", "ana"))
    clock.pass_minutes(60)
    run_due_clocks(desk)
    assert desk.ticket(T).owner == "ana"


def test_the_resolve_clock_waits_for_the_customer_and_runs_on_with_what_it_had_left(desk: Desk, clock: Clock) -> None:
    desk.claim(T, "ana")
    clock.pass_minutes(40)
    desk.human_wrote(T, HumanTurn("h1", "Which invoice is it about?", "ana"))
    paused = desk.ticket(T)
    assert running_clock(paused) == ("customer", clock() + 8 * 60 * MINUTE_MS + 16 * 60 * MINUTE_MS), "the next day"
    clock.pass_minutes(120)
    wrote(desk, "T-1", "The one of May.", 2)
    running = desk.ticket(T)
    assert running.handoff is not None
    assert running_clock(running) == ("resolve", MONDAY_MS + (240 + 120) * MINUTE_MS)
    assert running.handoff.paused_at_ms is None


def test_a_customer_who_does_not_answer_does_not_stop_the_clock_for_ever(desk: Desk, clock: Clock) -> None:
    desk.claim(T, "ana")
    desk.human_wrote(T, HumanTurn("h1", "Which invoice is it about?", "ana"))
    clock.now_ms = desk.ticket(T).handoff.paused_until_ms or 0  # type: ignore[union-attr]
    run_due_clocks(desk)
    resumed = last(desk, e.ClockResumed)
    assert isinstance(resumed, e.ClockResumed)
    assert not resumed.answered
    assert running_clock(desk.ticket(T)) == ("resolve", resumed.resolve_by_ms)


def test_a_statement_does_not_stop_the_clock_and_a_person_can_say_that_they_wait(desk: Desk) -> None:
    desk.claim(T, "ana")
    desk.human_wrote(T, HumanTurn("h1", "I have refunded it.", "ana"))
    assert desk.ticket(T).handoff.paused_at_ms is None  # type: ignore[union-attr]
    desk.human_wrote(T, HumanTurn("h2", "Please send the file.", "ana", awaits_customer=True))
    assert desk.ticket(T).handoff.paused_at_ms is not None  # type: ignore[union-attr]


@pytest.mark.parametrize(("solved", "lane", "restarted"), [(True, "resolved", False), (False, "escalated", True)])
def test_the_customer_is_asked_and_no_brings_people_back(desk: Desk, solved: bool, lane: str, restarted: bool) -> None:
    desk.claim(T, "ana")
    closed = desk.resolve(T, Resolution("ana"))
    assert "solved" in closed.notice
    answer = desk.answer_question(T, CustomerAnswer(solved, 80))
    assert answer.lane == lane, "never back to the bot"
    ticket = desk.ticket(T)
    assert (ticket.satisfaction, ticket.episode == 2) == (80, restarted)
    if solved:
        assert ticket.confirmed
    else:
        with pytest.raises(NotAllowed, match="has not been resolved"):
            desk.answer_question(T, CustomerAnswer(True))


def test_hand_back_says_which_authority_automation_gets(desk: Desk) -> None:
    desk.claim(T, "ana")
    desk.hand_back(T, "ana", contained=True)
    handed = last(desk, e.HandedBack)
    assert isinstance(handed, e.HandedBack)
    assert handed.authority is not None
    assert [act.value for act in handed.authority.acts] == ["acknowledge", "gather"]


class Facts:
    """A perception that reads ``order_number:A-17`` as a stated fact, beside the signals written as words."""

    def __call__(self, ticket: object, turn: object, policy: object) -> e.SignalsDetected:
        from tests.desk.plain import perceive

        seen = perceive(ticket, turn, policy)  # type: ignore[arg-type]
        words = turn.text.split()  # type: ignore[attr-defined]
        given = [word.partition(":") for word in words if ":" in word]
        facts = [StatedFact(kind, value, turn.index) for kind, _, value in given]  # type: ignore[attr-defined]
        return e.SignalsDetected(seen.signals, facts=tuple(facts))


@pytest.mark.parametrize(
    ("person_asks", "customer_says", "what"),
    [
        ("Your [order_number], please.", "", "asked again for order number A-17"),
        ("Hello, I have it.", "order_number:a-17 as I said", "said again: order number a-17"),
        ("Hello, I have it.", "It is still wrong: repetition=80", "said the need again"),
        ("Hello, your [email]?", "Thank you, repetition=40", None),
    ],
)
def test_a_restatement_is_noted_by_itself(
    ledger: Ledger, person_asks: str, customer_says: str, what: str | None
) -> None:
    desk = office_desk(ledger)
    desk._perceive = Facts()
    desk.customer_wrote(T, CustomerTurn("c1", "human_request=90 order_number:A-17"))
    desk.claim(T, "ana")
    desk.human_wrote(T, HumanTurn("h1", person_asks, "ana"))
    if customer_says:
        desk.customer_wrote(T, CustomerTurn("c2", customer_says))
    noted = [r.event for r in ledger.history(T) if isinstance(r.event, e.RestatementNoted)]
    assert [(event.noted_by, event.what) for event in noted] == ([("trustladder", what)] if what else [])


def test_out_of_hours_the_customer_is_told_when_and_asked_for_a_contact(ledger: Ledger, clock: Clock) -> None:
    desk = office_desk(ledger)
    clock.pass_minutes(10 * 60)  # 19:00
    answer = desk.customer_wrote(T, CustomerTurn("c1", "human_request=90"))
    assert "on 2025-12-02 at 09:00" in answer.notice
    assert "e-mail address" in answer.notice
    ticket = desk.ticket(T)
    assert ticket.handoff is not None
    assert [step.clock for step in ticket.handoff.plan] == ["claim", "claim", "reply", "resolve"]
    assert ticket.handoff.plan[0].people == (), "nobody is there, and the plan does not pretend so"


def test_a_known_contact_is_not_asked_for_again(ledger: Ledger, clock: Clock) -> None:
    desk = office_desk(ledger)
    desk._perceive = Facts()
    clock.pass_minutes(10 * 60)
    desk.customer_wrote(T, CustomerTurn("c0", "email:a@example.org"))
    answer = desk.customer_wrote(T, CustomerTurn("c1", "human_request=90"))
    assert "e-mail address" not in answer.notice


def test_candidates_by_skill_language_and_load(desk: Desk) -> None:
    assert [person.id for person in desk.candidates(T)] == ["ana", "ben"]
    for number in (2, 3):
        wrote(desk, f"T-{number}", "human_request=90", language="en")
        desk.claim(key(f"T-{number}"), "ana")
    assert [person.id for person in desk.candidates(T)] == ["ben"], "ana holds two, and no more"
    wrote(desk, "T-4", "human_request=90", language="de")
    assert desk.candidates(key("T-4")) == (), "ben writes no German, and ana has no room"
    assert desk.assign(T, "ben").owner == "ben"


def test_every_inversion_is_named_with_who_and_why(desk: Desk, clock: Clock) -> None:
    for number in range(2, 5):
        clock.pass_minutes(10)
        wrote(desk, f"T-{number}", "human_request=90", language="de" if number == 2 else "en")
    desk.claim(key("T-4"), "ben")  # T-1 waited longer; T-2 too, but in German; T-3 too
    desk.claim(T, "ana")
    report = IntegrityBook(desk.ledger).report(TENANT)
    held = report.integrity
    named = [(i.taken, i.passed_over, i.person_id, i.allowed) for i in held.inversions]
    assert named == [("T-4", "T-1", "ben", ""), ("T-4", "T-3", "ben", ""), ("T-4", "T-2", "ben", "language")]
    # ben could have taken T-1 and T-3; ana took T-1 while T-2 and T-3 waited, both lower.
    assert (held.takings, held.comparisons, held.inverted, held.allowed) == (2, 4, 2, 1)
    assert held.value == 0.5


def test_high_risk_that_automation_still_has_is_named(ledger: Ledger) -> None:
    desk = office_desk(ledger)
    wrote(desk, "calm", "hello")
    assert IntegrityBook(ledger).report(TENANT).still_automated == ()


def test_the_watchdog_sets_a_timer_again_that_somebody_removed(desk: Desk, ledger: Ledger) -> None:
    watchdog = Watchdog(desk)
    assert watchdog.look() == 0
    [due] = ledger.list_due(DueState.WAITING, key=T, kinds=["clock"])
    ledger.transact(T, lambda transaction: transaction.withdraw(due.uniq))
    assert watchdog.look() == 1
    [again] = ledger.list_due(DueState.WAITING, key=T, kinds=["clock"])
    assert (again.due_ms, again.uniq) == (due.due_ms, due.uniq)
    assert isinstance(last(desk, e.ClockRestored), e.ClockRestored)
    assert watchdog.alarms(ledger.now_ms())
    assert watchdog.look() == 0


def test_the_packet_s_completeness_is_recorded_as_it_moves(desk: Desk) -> None:
    handed = last(desk, e.Escalated)
    assert isinstance(handed, e.Escalated)
    assert handed.completeness is not None
    assert 0 < handed.completeness <= 100
    assert handed.because
