"""A small office for the desk's stories: two queues, a chain, people with limits, and a clock that the test turns."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.desk.plain import perceive, read_acts
from trustladder.core.conditions import Comparison, Condition
from trustladder.core.containment import Act, Authority
from trustladder.core.policy import UNKNOWN_TYPE, Clocks, Hours, Person, Policy, Queue, Shift, TicketType
from trustladder.core.threshold import Rule
from trustladder.desk import Desk
from trustladder.desk.outbox import NOBODY, Channels
from trustladder.desk.policies import PolicyBook
from trustladder.ledger import Ledger

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
MONDAY_MS = 1_764_547_200_000 + 9 * HOUR_MS
"""Monday, 1 December 2025, 09:00 UTC: the office opens."""

ASKED = Condition("signal.human_request", Comparison.AT_LEAST, 50)
FRAGILE = Condition("signal.vulnerability", Comparison.AT_LEAST, 50)
OFFICE = Hours("office", "Etc/UTC", tuple(Shift(day, 9 * 60, 17 * 60) for day in range(5)))
CLOCKS = Clocks(claim_minutes=15, first_reply_minutes=30, resolve_minutes=240, return_minutes=20, customer_minutes=480)

POLICY = Policy(
    digest="office",
    name="office",
    ticket_types={UNKNOWN_TYPE: TicketType(UNKNOWN_TYPE, -40, queue="support")},
    weights={},
    rules=(
        Rule("asked", escalate_when=((ASKED,),), notify_when=((FRAGILE,),), because="the customer asks for a person"),
    ),
    automated=Authority(tuple(Act), every_tool=True),
    contained=Authority((Act.ACKNOWLEDGE, Act.GATHER)),
    queues={
        "support": Queue("support", people=("ana", "ben"), hours="office", clocks=CLOCKS, escalates_to="lead"),
        "lead": Queue("lead", people=("lea",), hours="office", clocks=CLOCKS, cost_of_delay_per_hour=60),
    },
    people={
        "ana": Person("ana", "Ana", ("billing",), ("en", "de"), "office", {"refund": 50.0}, at_once=2),
        "ben": Person("ben", "Ben", (), ("en",), "office", {"refund": 50.0}),
        "lea": Person("lea", "Lea", (), (), "office", {"refund": 1000.0}),
    },
    hours={"office": OFFICE},
    currency="EUR",
)


class Clock:
    """The time, in milliseconds since the epoch, until somebody turns it."""

    def __init__(self, now_ms: int = MONDAY_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def pass_minutes(self, minutes: float) -> None:
        self.now_ms += int(minutes * MINUTE_MS)


def asks_for(text: str) -> tuple[str, ...]:
    """Read a question for a kind of fact, written in brackets: ``[order_number]``."""
    return tuple(part.split("]")[0] for part in text.split("[")[1:])


def office_desk(ledger: Ledger, channels: Channels = NOBODY, policy: Policy = POLICY) -> Desk:
    """Return a desk of the office over a ledger."""
    numbers = iter(range(10**9))
    book = PolicyBook(None, lambda _: policy, policy)
    return Desk(ledger, book, perceive, read_acts, lambda: f"id-{next(numbers)}", channels, asks_for)


def with_return(minutes: int | None) -> Policy:
    """Return the office's policy with another return timer."""
    clocks = replace(CLOCKS, return_minutes=minutes)
    return replace(POLICY, queues={name: replace(queue, clocks=clocks) for name, queue in POLICY.queues.items()})


@st.composite
def random_policies(draw: st.DrawFn) -> Policy:
    """The office with other hours, clocks, costs, limits, and fewer people."""
    minute = st.integers(1, 700)
    shifts = st.builds(lambda day, start, long: Shift(day, start, start + long), st.integers(0, 6), minute, minute)
    some = st.lists(shifts, max_size=4).map(tuple)
    hours = {name: Hours(name, draw(st.sampled_from(ZONES)), draw(some)) for name in ("a", "b")}
    named = st.sampled_from(("", "a", "b"))
    minutes = st.integers(1, 600)
    clocks = st.builds(Clocks, minutes, minutes, minutes, st.none() | minutes, minutes)
    people = {
        name: replace(person, hours=draw(named), authority={"refund": float(draw(st.integers(0, 2_000)))})
        for name, person in POLICY.people.items()
    }
    queues = {
        name: replace(
            queue,
            hours=draw(named),
            clocks=draw(clocks),
            cost_of_delay_per_hour=draw(st.integers(0, 100)),
            people=tuple(draw(st.sets(st.sampled_from(sorted(people))))),
        )
        for name, queue in POLICY.queues.items()
    }
    return replace(POLICY, hours=hours, people=people, queues=queues)


ZONES = ("Etc/UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
