"""Timers survive workers that are killed, and catch up late, once; on both stores."""

from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk import timers
from tests.desk.office import HOUR_MS, MINUTE_MS, MONDAY_MS, Clock, office_desk, random_policies
from tests.desk.plain import TENANT, key, wrote
from trustladder.core.containment import Lane
from trustladder.core.policy import Policy
from trustladder.core.queueing import priority
from trustladder.desk import Desk, HumanTurn, Resolution
from trustladder.desk.clocks import CLOCK
from trustladder.desk.outbox import KIND
from trustladder.desk.rounds import HANDS, prune, run_due_clocks
from trustladder.errors import NotAllowed, TrustladderError
from trustladder.ledger import Ledger, open_ledger
from trustladder.ledger.protocol import Due, DueState, TicketKey, Transaction

TIMERS = 150


def test_a_worker_killed_twice_fires_each_timer_once_in_effect(ledger: Ledger, request: pytest.FixtureRequest) -> None:
    url = ledger_url(request)
    timers.escalate(url, TIMERS)
    outcome = timers.run(url, TIMERS, kills=2, ahead_ms=2 * MINUTE_MS, lease_ms=1_000)
    assert outcome.by_times_fired == {1: TIMERS}
    assert outcome.told == TIMERS, "one notification owed for each, in the same transaction"
    assert outcome.without_timer == 0
    assert ledger.without_due(CLOCK, (Lane.ESCALATED,)) == []


def ledger_url(request: pytest.FixtureRequest) -> str:
    if "postgres_url" in request.fixturenames:
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{request.getfixturevalue('tmp_path') / 'ledger.db'}"


def test_one_ticket_that_cannot_be_read_holds_up_no_other(clock: Clock) -> None:
    ledger = open_ledger("sqlite://:memory:", clock)
    desk = office_desk(ledger)
    for name in ("bad", "good"):
        wrote(desk, name, "human_request=90")
    ticket = desk.clock_fired

    def fails(key: TicketKey) -> bool:
        if key.ticket_id == "bad":
            raise NotAllowed("it cannot be read")
        return ticket(key)

    desk.clock_fired = fails  # type: ignore[method-assign]
    clock.pass_minutes(16)
    assert run_due_clocks(desk) == 2
    assert desk.ticket(key("good")).handoff.breaches == ("claim",)  # type: ignore[union-attr]
    [kept] = [due for due in ledger.list_due(DueState.WAITING, kinds=[CLOCK]) if due.key == key("bad")]
    assert kept.note == "it cannot be read"
    ledger.close()


def test_timers_are_looked_at_side_by_side_each_in_one_commit(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = open_ledger("sqlite://:memory:", clock)
    desk = office_desk(ledger)
    for number in range(HANDS):
        wrote(desk, f"T-{number}", "human_request=90")
    together, fired = Barrier(HANDS, timeout=10), desk.clock_fired

    def all_at_once(key: TicketKey) -> bool:
        together.wait()
        return fired(key)

    desk.clock_fired = all_at_once  # type: ignore[method-assign]
    for second_commit in ("finish_due", "retry_due"):
        monkeypatch.setattr(ledger, second_commit, None)
    clock.pass_minutes(16)
    assert run_due_clocks(desk) == HANDS
    waiting = ledger.list_due(DueState.WAITING, kinds=[CLOCK])
    assert len(waiting) == HANDS and all(due.due_ms > clock() for due in waiting)
    assert not ledger.list_due(DueState.DONE, kinds=[CLOCK]), "a timer is set anew: none is left behind"
    ledger.close()


def test_a_timer_that_nothing_followed_from_is_settled(clock: Clock) -> None:
    """Somebody acted between the claim of the row and the look at the ticket: the row must not run for ever."""
    ledger = open_ledger("sqlite://:memory:", clock)
    desk = office_desk(ledger)
    wrote(desk, "T", "human_request=90")
    at = key("T")
    ledger.transact(at, lambda transaction: transaction.schedule(Due(CLOCK, at, clock(), f"{CLOCK}:early")))
    assert run_due_clocks(desk) == 1
    assert run_due_clocks(desk) == 0
    desk.resolve(at, Resolution("ana"))
    ledger.transact(at, lambda transaction: transaction.schedule(Due(CLOCK, at, clock(), f"{CLOCK}:late")))
    assert run_due_clocks(desk) == 1
    [done] = ledger.list_due(DueState.DONE, kinds=[CLOCK])
    clock.pass_minutes(8 * 24 * 60)
    assert (done.uniq, prune(ledger)) == (f"{CLOCK}:late", 1)
    ledger.close()


def test_what_is_done_is_forgotten_after_its_time(clock: Clock) -> None:
    ledger = open_ledger("sqlite://:memory:", clock)

    def owe(transaction: Transaction) -> None:
        for number in range(3):
            transaction.schedule(Due("x", transaction.key, clock() + number, f"x{number}"))

    ledger.transact(key("T"), owe)
    clock.pass_minutes(1)
    for due in ledger.claim_due(["x"], 2, 1_000):
        ledger.finish_due(due)
    assert prune(ledger, keep_ms=HOUR_MS) == 0
    clock.pass_minutes(61)
    assert prune(ledger, keep_ms=HOUR_MS) == 2
    assert len(ledger.list_due(DueState.WAITING)) == 1, "what is owed is never forgotten"
    ledger.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


ACTS = ("arrives", "claims", "writes", "asks", "answers", "resolves", "returns", "sends up", "hands back", "time")


STEPS = st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 3_000))


@settings(max_examples=40)
@given(random_policies(), st.lists(STEPS, max_size=30))
def test_no_escalated_ticket_is_without_a_timer_and_the_order_is_the_declared_priority(
    policy: Policy, steps: list[tuple[str, int, int]]
) -> None:
    """Random arrivals, hours and staff; at each step law 3 holds, and lists stand in the order of the business."""
    clock = Clock(MONDAY_MS)
    ledger = open_ledger("sqlite://:memory:", clock)
    desk = office_desk(ledger, policy=policy)
    for number, (act, ticket, minutes) in enumerate(steps):
        take(desk, act, f"T-{ticket}", number, minutes, clock)
        run_due_clocks(desk)
        assert ledger.without_due(CLOCK, (Lane.ESCALATED, Lane.OWNED)) == [], f"law 3 after {act}"
        for due in ledger.list_due(DueState.WAITING, kinds=[CLOCK]):
            assert due.due_ms > clock(), "what was due has fired: the timer lies ahead"
        rows = desk.queue(TENANT)
        held = [priority(policy.queues[row.queue], row, clock()) for row in rows]
        assert held == sorted(held, reverse=True)
        assert not ledger.list_due(DueState.DEAD, kinds=[KIND + "webhook"])
    ledger.close()


def take(desk: Desk, act: str, name: str, number: int, minutes: int, clock: Clock) -> None:
    """Take one step; what is not allowed now is refused, and changes nothing."""
    at, person = key(name), ("ana", "ben", "lea")[number % 3]
    try:
        match act:
            case "arrives":
                wrote(desk, name, "human_request=90", number)
            case "claims":
                desk.claim(at, person)
            case "writes" | "asks":
                text = "Which one?" if act == "asks" else "I am on it."
                desk.human_wrote(at, HumanTurn(f"h{number}", text, person))
            case "answers":
                wrote(desk, name, "the other one", number)
            case "resolves":
                desk.resolve(at, Resolution(person, amount=minutes))
            case "returns":
                desk.return_to_queue(at, person, "not mine")
            case "sends up":
                desk.send_up(at, person, minutes)
            case "hands back":
                desk.hand_back(at, person)
            case _:
                clock.pass_minutes(minutes)
    except TrustladderError:
        pass
