"""The laws of the ladder that the pure core can hold by itself, over random policies and random lives."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.core.strategies import SIGNALS, TYPES, perceptions, policies, strengths

from trustladder.core import events as e
from trustladder.core.conditions import Comparison, Condition
from trustladder.core.containment import NO_AUTHORITY, Act, Authority, Lane, judge
from trustladder.core.decision import Decision, ReasonKind
from trustladder.core.ladder import decide
from trustladder.core.policy import UNKNOWN_TYPE, Policy, TicketType
from trustladder.core.risk import NEVER
from trustladder.core.signals import Signal, UnknownSignal
from trustladder.core.threshold import Rule
from trustladder.core.ticket import Ticket, fold, new_ticket

MINUTE_MS = 60_000


class Life(RuleBasedStateMachine):
    """A ticket lives through random turns, drafts and people under policies that change; the laws hold at each step."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[e.Recorded] = []
        self.ticket = new_ticket("t", "1")
        self.now_ms = 1
        self.released_after_handoff = 0
        self.policies: dict[str, Policy] = {}
        self.digests_seen: list[str] = []

    def record(self, event: e.Event) -> None:
        recorded = e.Recorded(self.ticket.position + 1, self.now_ms, event)
        self.ticket = fold(self.ticket, recorded)
        self.history.append(recorded)

    @initialize(policy=policies())
    def begin(self, policy: Policy) -> None:
        self.adopt(policy)
        self.record(e.TicketOpened())

    @rule(policy=policies())
    def adopt(self, policy: Policy) -> None:
        self.policy = replace(policy, digest=f"digest-{len(self.policies)}")
        self.policies[self.policy.digest] = self.policy

    @rule(seen=perceptions, minutes=st.integers(0, 90))
    def customer_writes(self, seen: e.SignalsDetected, minutes: int) -> None:
        self.now_ms += minutes * MINUTE_MS
        if self.ticket.lane is Lane.RESOLVED:
            self.record(e.Reopened())
        self.record(e.CustomerWrote(f"m{self.ticket.position}", "words"))
        self.decide_on(seen)

    @rule(seen=perceptions, confidence=st.none() | strengths)
    def bot_drafts(self, seen: e.SignalsDetected, confidence: int | None) -> None:
        self.record(e.DraftSubmitted(f"d{self.ticket.position}", "draft", confidence=confidence))
        if self.ticket.lane.automation_may_speak:
            self.decide_on(seen)
        authority = self.ticket.decision.authority if self.ticket.decision else NO_AUTHORITY
        judgement = judge(self.ticket.lane, authority, (Act.INFORM,), ())
        if judgement.answer.value != "withhold":
            self.released_after_handoff += self.ticket.lane >= Lane.ESCALATED
            self.record(e.BotWrote(f"b{self.ticket.position}", "draft", confidence))

    def decide_on(self, seen: e.SignalsDetected) -> None:
        before = self.ticket.lane
        self.record(seen)
        decision = decide(self.policy, self.ticket, self.ticket.signals, self.now_ms)
        self.record(e.Decided(decision))
        if decision.lane is Lane.CONTAINED and before < Lane.CONTAINED:
            self.record(e.Contained(decision.authority))
        if decision.lane is Lane.ESCALATED and before < Lane.ESCALATED:
            due = self.now_ms + 15 * MINUTE_MS
            self.record(e.Escalated("people", "why", due, due, due))
        assert self.ticket.lane >= before, "law 2: the ladder is a ratchet"

    @rule()
    def person_takes_and_resolves(self) -> None:
        if self.ticket.lane is Lane.ESCALATED:
            self.record(e.OwnershipTaken("ana"))
        elif self.ticket.lane is Lane.OWNED:
            self.record(e.Resolved("ana"))

    @rule(contained=st.booleans())
    def person_hands_back(self, contained: bool) -> None:
        if self.ticket.lane in {Lane.ESCALATED, Lane.OWNED}:
            self.record(e.HandedBack("ana", contained))
            assert not self.ticket.signals, "signals of the old stretch do not leak"

    @invariant()
    def law_1_silence_after_handoff(self) -> None:
        assert self.released_after_handoff == 0

    @invariant()
    def law_3_an_escalated_ticket_has_a_queue_and_a_deadline(self) -> None:
        if self.ticket.lane in {Lane.ESCALATED, Lane.OWNED}:
            assert self.ticket.handoff is not None
            assert self.ticket.handoff.queue
            assert self.ticket.handoff.claim_by_ms > 0

    @invariant()
    def law_8_the_wait_is_counted_from_the_first_unanswered_turn(self) -> None:
        waiting = self.ticket.first_unanswered_at_ms
        if waiting is not None and self.ticket.lane is Lane.ESCALATED:
            escalated = self.ticket.handoff
            assert escalated is not None
            assert waiting <= escalated.escalated_at_ms

    def teardown(self) -> None:
        """Laws 9 and 10: folding again gives each recorded decision, under the policy it was taken by."""
        ticket = new_ticket("t", "1")
        for recorded in self.history:
            if isinstance(recorded.event, e.Decided):
                taken = recorded.event.decision
                policy = self.policies[taken.policy_digest]
                assert decide(policy, ticket, ticket.signals, taken.at_ms) == taken
            ticket = fold(ticket, recorded)
        assert ticket == self.ticket


TestLife = Life.TestCase


def seen_ticket(seen: e.SignalsDetected, policy: Policy) -> tuple[Ticket, Decision]:
    """Return a ticket after one turn with these signals, and the decision on it."""
    ticket = new_ticket("t", "1")
    for event in (e.TicketOpened(), e.CustomerWrote("m", "words"), seen):
        ticket = fold(ticket, e.Recorded(ticket.position + 1, 1, event))
    return ticket, decide(policy, ticket, ticket.signals, 1)


@given(policies(), perceptions, st.sampled_from(SIGNALS), strengths)
def test_law_7_more_risk_never_means_less_care(
    policy: Policy, seen: e.SignalsDetected, name: str, raised_to: int
) -> None:
    held = {signal.name: signal for signal in seen.signals}
    strongest = max(raised_to, held[name].strength if name in held else 0)
    raised = replace(seen, signals=tuple({**held, name: Signal(name, strongest)}.values()))
    _, before = seen_ticket(seen, policy)
    _, after = seen_ticket(raised, policy)
    assert after.lane >= before.lane
    assert set(after.authority.acts) <= set(before.authority.acts)


@given(policies(), perceptions, st.sets(st.sampled_from(TYPES)))
def test_law_6_types_read_from_the_customers_text_never_lower_care(
    policy: Policy, seen: e.SignalsDetected, types: set[str]
) -> None:
    more = replace(seen, ticket_types=tuple(sorted({*seen.ticket_types, *types})))
    _, before = seen_ticket(seen, policy)
    _, after = seen_ticket(more, policy)
    assert after.lane >= before.lane
    assert after.risk.points_hundredths >= before.risk.points_hundredths


@given(policies(), perceptions)
def test_law_5_a_hard_rule_holds_whatever_the_weights(policy: Policy, seen: e.SignalsDetected) -> None:
    asked = Condition("signal.human_request", Comparison.AT_LEAST, 60)
    hard = replace(policy, rules=(*policy.rules, Rule("person-asked", escalate_when=((asked,),))), weights={})
    signals = [signal for signal in seen.signals if signal.name != "human_request"]
    asking = replace(seen, signals=(*signals, Signal("human_request", 60)))
    _, decision = seen_ticket(asking, hard)
    assert decision.lane is Lane.ESCALATED
    assert "person-asked" in decision.rule_ids


@given(policies(), perceptions)
def test_law_9_a_flip_is_what_a_decision_without_the_signal_gives(policy: Policy, seen: e.SignalsDetected) -> None:
    observed = {signal.name for signal in seen.signals}
    seen = replace(seen, unknown=tuple(signal for signal in seen.unknown if signal.name not in observed))
    ticket, decision = seen_ticket(seen, policy)
    boards = {
        name: {other: held for other, held in ticket.signals.items() if other != name}
        for name, signal in ticket.signals.items()
        if signal.strength
    }
    lanes = {f"without {name}": decide(policy, ticket, board, 1).proposed for name, board in boards.items()}
    told = {flip.change: flip.lane for flip in decision.flips if flip.change.startswith("without")}
    assert told == {change: lane for change, lane in lanes.items() if lane < decision.proposed}


@given(policies(), perceptions, st.sampled_from(SIGNALS))
def test_law_4_a_relevant_signal_that_cannot_be_read_contains(
    policy: Policy, seen: e.SignalsDetected, name: str
) -> None:
    weighted = replace(policy, weights={**policy.weights, name: 10})
    broken = replace(seen, unknown=(UnknownSignal(name, "it broke"),))
    _, decision = seen_ticket(broken, weighted)
    assert decision.lane >= Lane.CONTAINED
    assert any(reason.kind is ReasonKind.UNKNOWN_SIGNAL for reason in decision.reasons)


def _policy(*rules: Rule) -> Policy:
    return Policy(
        digest="d",
        name="p",
        ticket_types={UNKNOWN_TYPE: TicketType(UNKNOWN_TYPE, -40), "billing": TicketType("billing", 0)},
        weights={"repetition": 40},
        rules=rules,
        automated=Authority(tuple(Act), every_tool=True),
        contained=Authority((Act.ACKNOWLEDGE, Act.GATHER)),
    )


def _after(policy: Policy, *events: e.Event) -> Decision:
    ticket = new_ticket("t", "1")
    for event in (e.TicketOpened(), *events):
        ticket = fold(ticket, e.Recorded(ticket.position + 1, 1, event))
    return decide(policy, ticket, ticket.signals, 1)


UNSURE = Rule("unsure", escalate_when=((Condition("confidence", Comparison.AT_MOST, 40),),))


def test_law_4_a_fact_that_a_rule_asks_for_and_nobody_gave_contains_and_says_which() -> None:
    decision = _after(_policy(UNSURE), e.CustomerWrote("m", "hello"), e.BotWrote("b", "hi"))
    assert decision.lane is Lane.CONTAINED
    assert decision.reasons[0].kind is ReasonKind.UNKNOWN_FACT
    assert "confidence" in decision.reasons[0].sentence


def test_law_4_what_no_rule_asks_for_may_be_missing() -> None:
    assert _after(_policy(), e.CustomerWrote("m", "hello"), e.BotWrote("b", "hi")).lane is Lane.AUTOMATED


def test_a_confidence_is_not_owed_before_the_bot_has_spoken() -> None:
    assert _after(_policy(UNSURE), e.CustomerWrote("m", "hello")).lane is Lane.AUTOMATED


def test_a_missing_fact_is_no_matter_where_another_condition_is_false() -> None:
    rich = (
        Condition("ticket_type", Comparison.IS, "billing"),
        Condition("account.value", Comparison.AT_LEAST, 1000),
    )
    rule_for_rich = Rule("rich", when=rich, escalate_at=NEVER)
    assert _after(_policy(rule_for_rich), e.CustomerWrote("m", "hello")).lane is Lane.AUTOMATED
    declared = _after(_policy(rule_for_rich), e.TypeDeclared("billing"), e.CustomerWrote("m", "hello"))
    assert declared.lane is Lane.CONTAINED


def test_calming_down_lowers_sentiment_only() -> None:
    ticket = new_ticket("t", "1")
    angry = e.SignalsDetected((Signal("sentiment", 90), Signal("human_request", 80)))
    calm = e.SignalsDetected((Signal("sentiment", 5), Signal("human_request", 0)))
    for event in (e.TicketOpened(), e.CustomerWrote("1", "!"), angry, e.CustomerWrote("2", "."), calm):
        ticket = fold(ticket, e.Recorded(ticket.position + 1, 1, event))
    assert ticket.signals["sentiment"].strength == 5
    assert ticket.signals["human_request"].strength == 80


def test_a_decision_says_what_would_have_flipped_it() -> None:
    rule_ = Rule("all", contain_at=-1000, escalate_at=1000)
    seen = e.SignalsDetected((Signal("repetition", 100),))
    decision = _after(_policy(rule_), e.CustomerWrote("m", "again"), seen)
    assert decision.lane is Lane.CONTAINED
    said = {(flip.change, flip.lane) for flip in decision.flips}
    assert said == {("10.00 more points", Lane.ESCALATED), ("without repetition", Lane.AUTOMATED)}
