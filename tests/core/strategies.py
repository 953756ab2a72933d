"""Random policies and random lives of tickets, for the property tests of the laws."""

from hypothesis import strategies as st

from trustladder.core import events as e
from trustladder.core.conditions import Comparison, Condition, Group
from trustladder.core.containment import Act, Authority
from trustladder.core.policy import UNKNOWN_TYPE, Policy, Queue, TicketType
from trustladder.core.risk import NEVER
from trustladder.core.signals import Evidence, Signal, UnknownSignal
from trustladder.core.threshold import Rule

SIGNALS = ("repetition", "rejection", "human_request", "payment", "sentiment", "legal_or_safety", "low_confidence")
TYPES = ("billing", "security", "faq")
ALL_ACTS = tuple(Act)

strengths = st.integers(0, 100)
points = st.integers(-6000, 6000)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    kind = draw(st.sampled_from(("signal", "type", "confidence", "turns", "value", "reopened")))
    match kind:
        case "signal":
            name = draw(st.sampled_from(SIGNALS))
            return Condition(f"signal.{name}", Comparison.AT_LEAST, draw(st.integers(1, 100)))
        case "type":
            return Condition("ticket_type", Comparison.IN, tuple(draw(st.sets(st.sampled_from(TYPES), min_size=1))))
        case "confidence":
            return Condition("confidence", Comparison.AT_MOST, draw(st.integers(0, 100)))
        case "turns":
            return Condition("bot_turns", Comparison.AT_LEAST, draw(st.integers(1, 6)))
        case "value":
            comparison = draw(st.sampled_from((Comparison.AT_LEAST, Comparison.AT_MOST)))
            return Condition("account.value", comparison, draw(st.integers(0, 1000)))
        case _:
            return Condition("reopened", Comparison.IS, True)


groups: st.SearchStrategy[Group] = st.lists(conditions(), max_size=2).map(tuple)
some_conditions: st.SearchStrategy[Group] = st.lists(conditions(), min_size=1, max_size=2).map(tuple)
authorities = st.builds(
    Authority,
    st.sets(st.sampled_from(ALL_ACTS)).map(lambda acts: tuple(act for act in ALL_ACTS if act in acts)),
    every_tool=st.booleans(),
)


@st.composite
def rules(draw: st.DrawFn, rule_id: str) -> Rule:
    return Rule(
        id=rule_id,
        when=draw(groups),
        contain_at=draw(st.one_of(st.just(NEVER), points)),
        notify_at=draw(st.one_of(st.just(NEVER), points)),
        escalate_at=draw(st.one_of(st.just(NEVER), points)),
        contain_when=tuple(draw(st.lists(some_conditions, max_size=1))),
        escalate_when=tuple(draw(st.lists(some_conditions, max_size=1))),
        max_bot_turns=draw(st.none() | st.integers(1, 8)),
        max_minutes=draw(st.none() | st.integers(1, 600)),
        authority=draw(st.none() | authorities),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    count = draw(st.integers(0, 4))
    return Policy(
        digest="d",
        name="random",
        ticket_types={
            name: TicketType(name, base=draw(st.integers(-60, 40)), queue="people") for name in (UNKNOWN_TYPE, *TYPES)
        },
        weights={name: draw(st.integers(0, 60)) for name in SIGNALS},
        rules=tuple(draw(rules(f"rule-{i}")) for i in range(count)),
        automated=Authority(ALL_ACTS, every_tool=True),
        contained=draw(authorities),
        queues={"people": Queue("people")},
    )


signals = st.builds(
    Signal,
    st.sampled_from(SIGNALS),
    strengths,
    st.just((Evidence(0, "words"),)),
    st.sampled_from(("trustladder", "bot")),
)
perceptions = st.builds(
    e.SignalsDetected,
    signals=st.lists(signals, max_size=4, unique_by=lambda s: s.name).map(tuple),
    unknown=st.lists(st.builds(UnknownSignal, st.sampled_from(SIGNALS), st.just("it broke")), max_size=1).map(tuple),
    ticket_types=st.sets(st.sampled_from(TYPES), max_size=2).map(tuple),
)
