"""Timers survive workers that are killed, and catch up late, once; on both stores."""

from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk import promises, timers
from tests.desk.office import HOUR_MS, MINUTE_MS, MONDAY_MS, Clock, office_desk, random_policies
from tests.desk.plain import TENANT, key, wrote
from trustladder.core.containment import Lane
from trustladder.core.policy import Policy
from trustladder.core.queueing import in_order
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
def test_no_escalation_is_lost_and_people_see_them_in_the_order_of_the_business(
    policy: Policy, steps: list[tuple[str, int, int]]
) -> None:
    """Random arrivals, hours and staff; after each step law 3 holds, said without the code that keeps it."""
    clock = Clock(MONDAY_MS)
    ledger = open_ledger("sqlite://:memory:", clock)
    desk = office_desk(ledger, policy=policy)
    for number, (act, ticket, minutes) in enumerate(steps):
        take(desk, act, f"T-{ticket}", number, minutes, clock)
        run_due_clocks(desk)
        names = {at.ticket_id for at in ledger.keys(TENANT)}
        assert promises.broken(desk, policy, names, clock()) == [], f"after {act}"
        assert ledger.without_due(CLOCK, (Lane.ESCALATED, Lane.OWNED)) == [], "the watchdog agrees"
        assert not ledger.list_due(DueState.DEAD, kinds=[KIND + "webhook"])
    ledger.close()


@settings(max_examples=40)
@given(random_policies(), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 3_000)), min_size=2, max_size=8))
def test_delay_has_its_price_how_fast_automation_was_has_none_and_nothing_starves(
    policy: Policy, arrivals: list[tuple[int, int]]
) -> None:
    clock = Clock(MONDAY_MS)
    ledger = open_ledger("sqlite://:memory:", clock)
    desk = office_desk(ledger, policy=policy)
    for number, (strength, minutes) in enumerate(arrivals):
        wrote(desk, f"T-{number}", f"human_request=90 payment={strength}")
        clock.pass_minutes(minutes)
    rows = desk.queue(TENANT)
    order = [row.ticket_id for row in rows]
    for even in (0, 1):
        told = [promises.as_automation_left_it(row, hash(row.ticket_id) % 2 == even) for row in rows]
        assert [row.ticket_id for row in in_order(policy, told, clock())] == order
    alike, cheap, dear = promises.twins(policy, rows[0])
    if alike.queues[cheap.queue].cost_of_delay_per_hour < alike.queues[dear.queue].cost_of_delay_per_hour:
        assert in_order(alike, [cheap, dear], clock())[0] is dear, "of two alike, the one whose delay costs more"
    later = clock() + promises.A_LIFETIME_MS
    for row in rows:
        if policy.queues[row.queue].cost_of_delay_per_hour > 0:
            for queue in policy.queues.values():
                waited_for = promises.worst_newcomer(queue, row, later)
                assert in_order(policy, [waited_for, row], later)[0] is row, "it has waited longest: nothing starves"
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
