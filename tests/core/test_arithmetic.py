"""Tables for what the core computes: risk, conditions, business time, priorities, packets, verdicts, indicators."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint
from tests.core.strategies import conditions

from trustladder.core import events as e
from trustladder.core.calendar import after_business_minutes, is_open, next_open_ms
from trustladder.core.conditions import FIELDS, Comparison, Condition, Truth, compile_groups
from trustladder.core.containment import Act, Answer, Authority, Lane, ToolCall, ToolGrant, ToolLimit, judge
from trustladder.core.episode import Episode, episodes_of
from trustladder.core.handoff import FLAT_BYTES, build_handoff, completeness, flat, to_json
from trustladder.core.indicators import five_indicators
from trustladder.core.intervals import wilson
from trustladder.core.plan import PassedOver, Standing
from trustladder.core.policy import Clocks, Hours, Person, Policy, Queue, Shift, TicketType
from trustladder.core.queueing import Taking, priority, queue_integrity, standing_of
from trustladder.core.risk import ALWAYS, NEVER, points_hundredths_of, probability_of, resolution_risk
from trustladder.core.signals import Evidence, Signal, StatedFact
from trustladder.core.summary import summarise
from trustladder.core.ticket import Ticket, fold_all, new_ticket

MINUTE_MS = 60_000
DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("points", "probability"),
    [(0, 0.5), (20, 2 / 3), (40, 0.8), (-20, 1 / 3), (-40, 0.2), (60, 8 / 9)],
)
def test_twenty_points_double_the_odds(points: int, probability: float) -> None:
    assert probability_of(points * 100) == pytest.approx(probability)
    assert points_hundredths_of(probability) == points * 100


def test_the_ends_of_the_scale_are_never_and_always() -> None:
    assert (points_hundredths_of(1.0), points_hundredths_of(0.0)) == (NEVER, ALWAYS)
    assert (probability_of(NEVER), probability_of(ALWAYS)) == (1.0, 0.0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        points_hundredths_of(1.2)


@given(st.integers(1, 99))
def test_a_threshold_in_percent_is_the_least_sum_that_reaches_it(percent: int) -> None:
    least = points_hundredths_of(percent / 100)
    assert probability_of(least) >= percent / 100 - 1e-9
    assert probability_of(least - 1) < percent / 100


def test_contributions_stand_largest_first_and_add_up() -> None:
    board = {"payment": Signal("payment", 50), "rejection": Signal("rejection", 33), "urgency": Signal("urgency", 0)}
    risk = resolution_risk(-10, {"payment": 20, "rejection": 31, "urgency": 9}, board)
    assert [(part.name, part.points_hundredths) for part in risk.contributions] == [
        ("rejection", 1023),
        ("payment", 1000),
        ("base", -1000),
    ]
    assert risk.points_hundredths == 1023


def interpreted(condition: Condition, facts: dict[str, object]) -> Truth:
    """The plain reading of a condition, to hold the compiled one against."""
    value = facts.get(condition.field, 0 if condition.field.startswith("signal.") else None)
    if value is None:
        return None
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    match condition.comparison:
        case Comparison.IS | Comparison.IN:
            return bool(set(wanted) & value) if isinstance(value, frozenset) else value in wanted
        case Comparison.AT_LEAST:
            return value >= condition.value  # type: ignore[operator]
        case Comparison.AT_MOST:
            return value <= condition.value  # type: ignore[operator]


def kleene(truths: list[Truth]) -> Truth:
    """The strong conjunction of three-valued truths."""
    return False if False in truths else None if None in truths else True


facts_strategy = st.fixed_dictionaries(
    {},
    optional={
        "ticket_type": st.frozensets(st.sampled_from(("billing", "faq", "unknown"))),
        "confidence": st.none() | st.integers(0, 100),
        "bot_turns": st.integers(0, 9),
        "account.value": st.none() | st.integers(0, 1000),
        "reopened": st.booleans(),
        "signal.repetition": st.none() | st.integers(0, 100),
        "signal.payment": st.integers(0, 100),
    },
)


@given(st.lists(st.lists(conditions(), max_size=3).map(tuple), max_size=4), facts_strategy)
def test_compiled_conditions_equal_interpreted_ones(
    groups: list[tuple[Condition, ...]], facts: dict[str, object]
) -> None:
    expected = tuple(kleene([interpreted(condition, facts) for condition in group]) for group in groups)
    assert compile_groups(groups)(facts) == expected  # type: ignore[arg-type]


def test_signals_and_counters_cannot_be_compared_so_that_more_means_less_care() -> None:
    for field in FIELDS.values():
        if field.name.startswith("signal.") or field.name in {"bot_turns", "minutes_waiting"}:
            assert field.comparisons == {Comparison.AT_LEAST}


GRANT = ToolGrant("refund", (ToolLimit("amount", 50),))


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({"amount": 50}, True),
        ({"amount": 50.01}, False),
        ({"amount": "5"}, False),
        ({}, False),
        ({"amount": True}, False),
    ],
)
def test_a_tools_limit_holds_and_what_is_no_number_is_over_it(arguments: dict[str, object], allowed: bool) -> None:
    authority = Authority((Act.ACKNOWLEDGE,), (GRANT,), every_tool=True)
    judgement = judge(Lane.AUTOMATED, authority, (), (ToolCall("refund", arguments),))
    assert (judgement.answer is Answer.RELEASE) is allowed


def test_the_strictest_authority_wins_and_limits_add_up() -> None:
    every = Authority(tuple(Act), (GRANT,), every_tool=True)
    named = Authority((Act.INFORM,), (ToolGrant("refund"), ToolGrant("lookup")))
    both = every.intersect(named)
    assert both.acts == (Act.INFORM,)
    assert not both.every_tool
    assert both.objections((), (ToolCall("refund", {"amount": 80}),)), "a limit is not lost by naming the tool again"
    assert not both.objections((), (ToolCall("lookup", {}),))
    assert both == named.intersect(every)


@pytest.mark.parametrize("lane", [Lane.ESCALATED, Lane.OWNED, Lane.RESOLVED])
def test_after_the_handoff_every_draft_is_withheld(lane: Lane) -> None:
    everything = Authority(tuple(Act), every_tool=True)
    assert judge(lane, everything, (Act.ACKNOWLEDGE,), ()).answer is Answer.WITHHOLD


OFFICE = Hours("office", "Europe/Berlin", tuple(Shift(day, 9 * 60, 17 * 60) for day in range(5)), ("2026-12-25",))


def berlin(text: str) -> int:
    """A local time in Berlin as epoch milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23T10:00", 30, "2026-11-23T10:30"),
        ("2026-11-23T16:50", 30, "2026-11-24T09:20"),
        ("2026-11-27T16:50", 30, "2026-11-30T09:20"),
        ("2026-12-24T16:50", 30, "2026-12-28T09:20"),
        ("2026-11-22T12:00", 1, "2026-11-23T09:01"),
        ("2026-03-27T16:59", 2, "2026-03-30T09:01"),
    ],
)
def test_business_minutes_pass_only_while_people_are_there(start: str, minutes: int, end: str) -> None:
    assert after_business_minutes(OFFICE, berlin(start), minutes) == berlin(end)


def test_daylight_saving_changes_the_length_of_a_night_shift() -> None:
    nights = Hours("nights", "Europe/Berlin", tuple(Shift(day, 22 * 60, 30 * 60) for day in range(7)))
    winter, spring = berlin("2026-03-27T22:00"), berlin("2026-03-28T22:00")
    assert after_business_minutes(nights, winter, 8 * 60) == berlin("2026-03-28T06:00")
    assert after_business_minutes(nights, spring, 7 * 60) == berlin("2026-03-29T06:00"), "one hour was skipped"


def test_open_and_next_open() -> None:
    assert is_open(OFFICE, berlin("2026-11-23T09:00"))
    assert not is_open(OFFICE, berlin("2026-11-23T17:00"))
    assert next_open_ms(OFFICE, berlin("2026-11-23T17:00")) == berlin("2026-11-24T09:00")
    assert next_open_ms(Hours("none", "Etc/UTC", ()), 0) is None
    assert is_open(None, 0)


def test_a_deadline_exists_even_where_nobody_is_ever_there() -> None:
    assert after_business_minutes(Hours("none", "Etc/UTC", ()), 0, 15) == 15 * MINUTE_MS


def history(*events: e.Event, step_ms: int = MINUTE_MS, start_ms: int = 1) -> list[e.Recorded]:
    """Events as recorded one step apart."""
    return [e.Recorded(i + 1, start_ms + i * step_ms, event) for i, event in enumerate(events)]


def escalated_ticket(queue: str = "billing") -> Ticket:
    """A ticket that was asked twice and then escalated."""
    due = 60 * MINUTE_MS
    seen = e.SignalsDetected(
        (Signal("repetition", 80, (Evidence(2, "charged twice"),)), Signal("payment", 70)),
        facts=(StatedFact("order_number", "A-17", 0), StatedFact("email", "a@example.org", 0)),
    )
    events = history(
        e.TicketOpened(),
        e.CustomerWrote("1", "Why was I charged twice for order A-17? I am a@example.org"),
        e.BotWrote("2", "You can see your charges under Billing."),
        e.CustomerWrote("3", "I was charged twice. Why?"),
        seen,
        e.Escalated(queue, "asked again", due, due, due),
    )
    return fold_all(new_ticket("t", "1"), events)


POLICY = Policy(
    digest="d",
    name="p",
    ticket_types={"unknown": TicketType("unknown")},
    weights={},
    rules=(),
    automated=Authority(),
    contained=Authority(),
    queues={"billing": Queue("billing"), "faq": Queue("faq", cost_of_delay_per_hour=1)},
)


def test_the_packet_says_what_was_wanted_tried_and_given() -> None:
    packet = build_handoff(POLICY, escalated_ticket())
    assert [quote.turn for quote in packet.customer_wants] == [0, 2]
    assert packet.tried[0].text.startswith("You can see")
    assert packet.do_not_ask_again == ("order number: A-17", "email: a@example.org")
    assert packet.open_question == "Why?"
    assert completeness(packet) == 100
    assert json.loads(to_json(packet))["queue"] == "billing"


def test_what_was_said_between_the_first_and_the_last_turn_moves_too() -> None:
    said = (
        "Hi! I need some help with my booking.",
        "I would like the earlier train on Tuesday, second class.",
        "Yes.",
        "And a seat at the window for my daughter Mina.",
        "Can you confirm?",
        "Yes, please go ahead with all of it.",
    )
    turns = [
        event for i, text in enumerate(said) for event in (e.CustomerWrote(f"c{i}", text), e.BotWrote(f"b{i}", "Hm."))
    ]
    lookup = e.BotWrote("t", "", tool_calls=(ToolCall("find_booking", {"code": "QK3", "deep": {"a": 1}}),))
    facts = e.SignalsDetected(facts=(StatedFact("order_number", "QK3.", 0), StatedFact("order_number", "QK3", 2)))
    hello = e.BotWrote("h", "Welcome! I am the assistant of the railway, and you may ask me anything you want to know.")
    events = history(e.TicketOpened(), hello, *turns, lookup, facts, e.Escalated("billing", "asked", 1, 1, 1))
    packet = build_handoff(POLICY, fold_all(new_ticket("t", "1"), events))
    wanted = " ".join(quote.text for quote in packet.customer_wants)
    assert "earlier train on Tuesday" in wanted
    assert "window" in wanted
    assert packet.customer_wants[-1].text.startswith("Yes, please go ahead")
    assert packet.open_question == "", "what was asked before was answered, or is asked again"
    assert packet.do_not_ask_again == ("order number: QK3",)
    assert packet.done == ("find_booking code QK3",)
    assert all("Welcome" not in quote.text for quote in packet.tried), "a greeting is no answer"
    assert 90 <= completeness(packet) < 100, "one word of a short question did not move"


def test_a_packet_that_holds_little_of_what_was_said_is_not_complete() -> None:
    packet = build_handoff(POLICY, escalated_ticket())
    assert completeness(replace(packet, covered=40)) == 40
    assert completeness(replace(packet, customer_wants=(), covered=40)) == 30
    long = "word " * 10 + " ".join(f"detail{i}" for i in range(200))
    events = history(e.TicketOpened(), e.CustomerWrote("1", long), e.Escalated("billing", "asked", 1, 1, 1))
    assert completeness(build_handoff(POLICY, fold_all(new_ticket("t", "1"), events))) < 50


def test_a_ticket_without_a_handoff_has_no_packet() -> None:
    with pytest.raises(ValueError, match="not been handed off"):
        build_handoff(POLICY, new_ticket("t", "1"))


@given(st.text(max_size=3000), st.text(max_size=3000))
def test_the_flat_form_never_exceeds_what_helpdesks_carry(wanted: str, reason: str) -> None:
    events = history(
        e.TicketOpened(),
        e.CustomerWrote("1", wanted * 3),
        *(e.BotWrote(f"b{i}", reason) for i in range(3)),
        e.Escalated("billing", reason * 3, 1, 1, 1),
    )
    pairs = flat(build_handoff(POLICY, fold_all(new_ticket("t", "1"), events)))
    assert len(json.dumps(pairs, ensure_ascii=False).encode()) <= FLAT_BYTES


def test_priority_grows_with_cost_risk_and_waiting_and_nothing_starves() -> None:
    row = summarise(escalated_ticket())
    dear, cheap = Queue("billing", cost_of_delay_per_hour=30), Queue("faq", cost_of_delay_per_hour=1)
    now = 10 * MINUTE_MS
    assert priority(dear, row, now) > priority(cheap, row, now)
    assert priority(dear, row, now + MINUTE_MS) > priority(dear, row, now)
    clocks = Clocks(first_reply_minutes=30)
    patient = Queue("faq", cost_of_delay_per_hour=1, clocks=clocks)
    assert priority(patient, row, now + 6 * 60 * MINUTE_MS) > priority(dear, row, now)


def test_queue_integrity_names_every_inversion() -> None:
    above = Standing(waiting=3, comparable=2, above=1, above_allowed=1, passed_over=(PassedOver("b", "billing", 2.0),))
    integrity = queue_integrity((Taking("a", "ana", 1, above), Taking("b", "ben", 2, Standing(2, 2))))
    assert integrity.value == 0.75
    assert (integrity.takings, integrity.comparisons, integrity.inverted, integrity.allowed) == (2, 4, 1, 1)
    assert [(i.taken, i.passed_over, i.person_id, i.times_higher) for i in integrity.inversions] == [
        ("a", "b", "ana", 2.0)
    ]
    assert queue_integrity(()).value is None


def test_what_a_person_could_not_have_taken_is_passed_over_for_a_reason() -> None:
    office = Hours("office", "Etc/UTC", (Shift(0, 540, 1020),))  # Mondays; the epoch began on a Thursday
    people = {"ana": Person("ana", languages=("en",), authority={"refund": 50})}
    queues = {
        "billing": Queue("billing", people=("ana",)),
        "technical": Queue("technical", people=("tom",)),
        "night": Queue("night", people=("ana",), hours="office"),
    }
    policy = replace(POLICY, people=people, queues=queues, hours={"office": office})
    taken = replace(summarise(escalated_ticket()), waiting_since_ms=0)
    older = replace(taken, waiting_since_ms=-10 * 60 * MINUTE_MS)
    waiting = [
        taken,
        replace(older, ticket_id="plain"),
        replace(older, ticket_id="elsewhere", queue="technical"),
        replace(older, ticket_id="closed", queue="night"),
        replace(older, ticket_id="german", language="de-AT"),
        replace(older, ticket_id="dear", needs_amount=200.0),
        replace(taken, ticket_id="younger", waiting_since_ms=5 * MINUTE_MS),
    ]
    standing = standing_of(policy, taken, waiting, "ana", 5 * MINUTE_MS)
    assert (standing.waiting, standing.comparable, standing.above, standing.above_allowed) == (6, 2, 1, 4)
    reasons = {passed.ticket_id: passed.allowed for passed in standing.passed_over}
    assert reasons == {
        "plain": "",
        "elsewhere": "queue",
        "closed": "hours",
        "german": "language",
        "dear": "authority",
    }
    assert all(passed.times_higher > 1 for passed in standing.passed_over)


def _episode(**more: object) -> Episode:
    episode = Episode("1")
    for name, value in more.items():
        setattr(episode, name, value)
    return episode


def test_an_episode_reads_what_happened_and_what_the_policy_asked_for() -> None:
    repeated = e.SignalsDetected((Signal("repetition", 80, (Evidence(2, "again"),)),))
    episodes = episodes_of(
        "1",
        history(
            e.TicketOpened(ticket_type="billing"),
            e.AccountLearned("acc", 900.0, "pro"),
            e.CustomerWrote("1", "a"),
            e.BotWrote("2", "b"),
            e.CustomerWrote("3", "a again"),
            repeated,
            e.HumanWrote("4", "hello", "ana"),
            e.Resolved("ana", repair="refunded"),
            e.SatisfactionGiven(75),
            e.Reopened(),
            e.CustomerWrote("5", "it is back"),
        ),
    )
    first, second = episodes
    assert (first.account_tier, first.account_value, second.account_value) == ("pro", 900.0, 900.0)
    assert (first.resolved_by, first.repair, first.reopened_at_ms) == ("ana", "refunded", second.started_at_ms)
    assert (first.customer_turns, first.bot_turns, first.human_turns) == ([0, 2], [1], [3])
    assert (first.handoff_turn, first.satisfaction, first.outcome) == (2, 75, "solved")
    assert first.turns_with("repetition") == [2]
    assert (second.number, second.customer_turns, second.ticket_type, second.account_id) == (2, [4], "billing", "acc")


def test_the_five_indicators_count_what_they_say() -> None:
    late = _episode(
        ticket_id="late",
        customer_turns=[0, 2, 4, 7],
        bot_turns=[1, 3, 5],
        human_turns=[6],
        handoff_turn=5,
        handoff_at_ms=0,
        resolved_at_ms=2 * 3_600_000,
        policy_escalate_turn=2,
        clear_signals={"repetition": [2, 4, 7]},
        complaint=True,
    )
    good = _episode(
        ticket_id="good",
        customer_turns=[0, 3],
        bot_turns=[1],
        human_turns=[2],
        handoff_turn=1,
        handoff_at_ms=0,
        resolved_at_ms=4 * 3_600_000,
        satisfaction=75,
    )
    repeated, restated, dwell, resolution, content = five_indicators([late, good, _episode(bot_turns=[1])])
    assert (repeated.numerator, repeated.n, repeated.tickets) == (1, 2, ("late",))
    assert (restated.numerator, restated.n, restated.tickets) == (1, 2, ("late",))
    assert (dwell.numerator, dwell.n) == (1, 1)
    assert (resolution.value, resolution.n, resolution.unit) == (3.0, 2, "hours")
    assert (content.numerator, content.n, content.tickets) == (1, 2, ("late",))


def test_an_indicator_that_the_input_cannot_carry_says_why() -> None:
    for indicator in five_indicators([_episode()]):
        assert indicator.value is None
        assert indicator.missing.endswith(".")


@given(st.integers(0, 50), st.integers(0, 50))
def test_wilson_agrees_with_statsmodels(successes: int, failures: int) -> None:
    n = successes + failures
    if n:
        assert wilson(successes, n) == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-9)


def test_times_are_epoch_milliseconds() -> None:
    assert berlin("1970-01-01T01:00") == int(datetime(1970, 1, 1, tzinfo=UTC).timestamp())
