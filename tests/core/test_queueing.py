"""How a ticket stands among those that wait, told by search, agrees with looking at every one of them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from trustladder.core.calendar import is_open
from trustladder.core.containment import Authority, Lane
from trustladder.core.plan import Standing
from trustladder.core.policy import Clocks, Hours, Person, Policy, Queue, Shift
from trustladder.core.queueing import MOST_NAMED, Places, in_order, priority, standing_of
from trustladder.core.routing import may_decide, speaks
from trustladder.core.summary import TicketSummary

MINUTE_MS = 60_000
NOW_MS = 1_800_000_000_000
"""A Friday in 2027, 08:00 UTC."""
QUEUES = {
    "billing": Queue("billing", people=("ana",), cost_of_delay_per_hour=40, clocks=Clocks(first_reply_minutes=15)),
    "faq": Queue("faq", people=("ana", "ben"), cost_of_delay_per_hour=3, clocks=Clocks(first_reply_minutes=600)),
    "rush": Queue("rush", people=("ana",), cost_of_delay_per_hour=90, clocks=Clocks(first_reply_minutes=1)),
    "free": Queue("free", people=("ana",), cost_of_delay_per_hour=0),
    "night": Queue("night", people=("ana",), hours="monday"),
}
OFFICE = Hours("monday", "Etc/UTC", (Shift(0, 540, 1020),))
PEOPLE = {"ana": Person("ana", languages=("en", "de"), authority={"refund": 50}), "ben": Person("ben")}
POLICY = Policy("p", "p", {}, {}, (), Authority(), Authority(), queues=QUEUES, hours={"monday": OFFICE}, people=PEOPLE)


def row(
    name: str, queue: str, since_ms: int, risk: int = 0, language: str = "", amount: float = 0.0, answered: bool = False
) -> TicketSummary:
    return TicketSummary(
        tenant="t",
        ticket_id=name,
        position=1,
        episode=1,
        lane=Lane.ESCALATED,
        ticket_type="",
        account_id="",
        channel="",
        subject="",
        risk_points_hundredths=risk,
        top_reason="",
        rule_id="",
        queue=queue,
        owner="",
        watched=False,
        opened_at_ms=0,
        updated_at_ms=0,
        waiting_since_ms=None if answered else since_ms,
        escalated_at_ms=since_ms,
        next_due_ms=None,
        resolve_by_ms=None,
        policy_digest="",
        language=language,
        needs_amount=amount,
    )


ROWS = st.builds(
    row,
    st.integers(0, 40).map("T-{}".format),
    st.sampled_from([*QUEUES, "unknown"]),
    st.integers(0, 3_000).map(lambda minutes: NOW_MS - minutes * MINUTE_MS),
    st.integers(-6_000, 6_000),
    st.sampled_from(["", "en", "de-AT", "fr"]),
    st.sampled_from([0.0, 20.0, 80.0]),
    st.booleans(),
)


def by_looking_at_each(taken: TicketSummary, waiting: list[TicketSummary], name: str) -> Standing:
    """The definition: every other ticket is compared by its priority, and excused for the first reason that holds."""
    person = POLICY.people.get(name)
    own = priority(QUEUES.get(taken.queue, Queue(taken.queue)), taken, NOW_MS)
    others = [held for held in waiting if held.ticket_id != taken.ticket_id]
    above: dict[str, str] = {}
    comparable = 0
    for other in others:
        queue = QUEUES.get(other.queue)
        excused = ""
        if not may_decide(person, other.needs_amount):
            excused = "authority"
        if person is not None and other.language and not speaks(person, other.language):
            excused = "language"
        if queue is not None and not is_open(POLICY.hours.get(queue.hours), NOW_MS):
            excused = "hours"
        if queue is not None and person is not None and name not in queue.people:
            excused = "queue"
        comparable += not excused
        if priority(queue or Queue(other.queue), other, NOW_MS) > own > 0:
            above[other.ticket_id] = excused
    unexcused = sum(1 for excused in above.values() if not excused)
    return Standing(len(others), comparable, unexcused, len(above) - unexcused)


@given(st.lists(ROWS, max_size=30), st.lists(ROWS, max_size=10), ROWS, st.sampled_from(["ana", "ben", "nobody"]))
def test_a_standing_is_the_same_by_search_as_by_looking_at_each(
    came: list[TicketSummary], moved: list[TicketSummary], taken: TicketSummary, person: str
) -> None:
    places, waiting = Places(POLICY, came), {held.ticket_id: held for held in came}
    for changed in moved:
        if changed.risk_points_hundredths % 2:
            places.drop(changed.ticket_id)
            waiting.pop(changed.ticket_id, None)
        else:
            places.put(changed)
            waiting[changed.ticket_id] = changed
    taken = waiting.get(taken.ticket_id, taken)
    told = places.standing(taken, person, NOW_MS)
    assert replace(told, passed_over=()) == by_looking_at_each(taken, list(waiting.values()), person)
    assert len(told.passed_over) == min(MOST_NAMED, told.above + told.above_allowed)
    assert told == places.standing(taken, person, NOW_MS), "to ask changes nothing"
    named = [passed.times_higher for passed in told.passed_over if not passed.allowed]
    assert named == sorted(named, reverse=True)


def test_the_highest_are_named_first() -> None:
    rows = [row(f"T-{minutes}", "billing", NOW_MS - minutes * MINUTE_MS) for minutes in range(100)]
    told = standing_of(POLICY, rows[50], rows, "ana", NOW_MS)
    assert (told.waiting, told.above) == (99, 49)
    assert [passed.ticket_id for passed in told.passed_over] == [f"T-{index}" for index in range(99, 79, -1)]


def test_of_two_that_have_waited_for_days_the_longer_wait_still_comes_first() -> None:
    """A priority that stopped growing after some hours would leave what waited over a weekend to its cost alone."""
    dear, old = (
        row("dear", "billing", NOW_MS - 60 * 60 * MINUTE_MS),
        row("old", "billing", NOW_MS - 63 * 60 * MINUTE_MS),
    )
    assert in_order(POLICY, [replace(dear, risk_points_hundredths=9_000), old], NOW_MS)[0] is old
