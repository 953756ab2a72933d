"""The article's five failure modes, each injected into a running desk: one run of Learn names it, and only it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.desk.plain import TENANT, perceive, read_acts
from tests.policy.support import changed
from trustladder.core import events as e
from trustladder.core.failure_modes import FailureMode
from trustladder.core.handoff import Handoff, build_handoff
from trustladder.core.policy import Policy
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.core.verdict import Verdict, golden_turn, hindsight
from trustladder.desk import CustomerTurn, Desk, Draft, HumanTurn, Resolution
from trustladder.desk.desk import Perceive
from trustladder.desk.policies import PolicyBook
from trustladder.ledger.protocol import TicketKey
from trustladder.ledger.sqlite import SqliteLedger
from trustladder.policy.load import load_policy
from trustladder.web.learning import Learning

DAY_MS = 86_400_000
START_MS = 1_790_000_000_000
TICKETS = 48
SAMPLED = changed(("messages:", "audit_sample_percent: 100\nmessages:"))
WEIGHTS = "weights: {repetition: 40, rejection: 30, payment: 15, human_request: 30, sentiment: 12, sentiment_drop: 14}"
SENTIMENT_ONLY = (
    SAMPLED.replace(WEIGHTS, "weights: {sentiment: 80, sentiment_drop: 40}")
    .replace("{signal.human_request: {at_least: 60}}", "{signal.sentiment: {at_least: 95}}")
    .replace("because: The customer asks for a person.", "because: The customer is furious.")
)


class RunningDesk:
    """A desk under traffic: half of the customers are served by the bot, the other half ask for a person."""

    def __init__(self, policy: str = SAMPLED, see: Perceive = perceive) -> None:
        self.now_ms = START_MS
        self.ledger = SqliteLedger(":memory:", clock=lambda: self.now_ms)
        loaded = load_policy(policy)
        ids = iter(range(10**6))
        self.desk = Desk(
            self.ledger, PolicyBook(None, lambda _: loaded, loaded), see, read_acts, lambda: f"id-{next(ids)}"
        )
        self.learning = Learning(self.ledger, self.desk.rollouts)
        self.told, self.reviewed = True, True

    def serve(self) -> "RunningDesk":
        """Let every ticket run its course, twenty minutes apart."""
        for number in range(TICKETS):
            self.now_ms += 20 * 60_000
            self._ticket(TicketKey(TENANT, f"T-{number}"), asks_for_person=number % 2 == 0)
        return self

    def _ticket(self, key: TicketKey, *, asks_for_person: bool) -> None:
        says = iter(range(20))

        def customer(text: str) -> str:
            turn = CustomerTurn(f"{key.ticket_id}-{next(says)}", text)
            return self.desk.customer_wrote(key, turn).lane

        def bot() -> None:
            self.desk.bot_wrote(key, Draft(f"{key.ticket_id}-b{next(says)}", "Here is how."))

        customer("My invoice 4711-22 is wrong, payment=60")
        bot()
        if asks_for_person:
            lane = customer("Let me speak to somebody, human_request=90")
            while lane != "escalated" and next(says) < 12:
                bot()
                lane = customer("Are you still there?")
        else:
            customer("Thank you.")
        self._end(key)

    def _end(self, key: TicketKey) -> None:
        lane = self.desk.ticket(key).lane.word
        if lane != "escalated":
            self.desk.resolve(key, Resolution("customer"))
            if self.reviewed:
                self._review(key)
            return
        self.desk.human_wrote(key, HumanTurn(f"{key.ticket_id}-h", "I have it here and put it right.", "ana"))
        self.desk.resolve(key, Resolution("ana"))
        if self.told:
            self.desk.give_satisfaction(key, 80)

    def _review(self, key: TicketKey) -> None:
        episode = next(ep for ep in self.learning.episodes(TENANT) if ep.ticket_id == key.ticket_id)
        golden = golden_turn(episode)
        verdict = Verdict.RIGHTLY_AUTOMATED if golden is None else Verdict.MISSED
        self.desk.review(
            key, e.CaseReviewed(1, "ana", verdict.value, -1 if golden is None else golden.turn, note="read")
        )

    def found(self) -> set[FailureMode]:
        """Return what one run of Learn names."""
        return {finding.mode for finding in self.learning.run_for(TENANT, "ana").findings}


@pytest.fixture
def closing() -> Iterator[list[RunningDesk]]:
    made: list[RunningDesk] = []
    yield made
    for running in made:
        running.ledger.close()


def late_by_a_turn() -> Perceive:
    """Perception whose answers come a turn late, each about the turn that it was asked about."""
    pending: dict[str, tuple[int, e.SignalsDetected]] = {}

    def see(ticket: Ticket, turn: Turn, policy: Policy) -> e.SignalsDetected:
        if turn.role is not Role.CUSTOMER:
            return e.SignalsDetected()
        held = pending.get(ticket.ticket_id)
        if held is None or held[0] != turn.index:
            before = held[1] if held is not None else e.SignalsDetected()
            pending[ticket.ticket_id] = (turn.index, perceive(ticket, turn, policy))
            return before
        return e.SignalsDetected()

    return see


def test_a_healthy_desk_is_accused_of_nothing(closing: list[RunningDesk]) -> None:
    running = RunningDesk().serve()
    closing.append(running)
    assert running.found() == set()
    judged = [hindsight(episode).verdict for episode in running.learning.episodes(TENANT)]
    assert set(judged) == {Verdict.ON_TIME, Verdict.RIGHTLY_AUTOMATED}


def test_escalation_a_turn_late_is_named(closing: list[RunningDesk]) -> None:
    running = RunningDesk(see=late_by_a_turn()).serve()
    closing.append(running)
    assert running.found() == {FailureMode.DELAY}
    finding = running.learning.run_for(TENANT, "ana").findings[0]
    assert (
        "24 (100 %) got one late or not at all (0 never); in the middle one the bot went on for 1 turn"
        in finding.sentence
    )
    assert len(finding.tickets) == TICKETS // 2


def test_emptied_packets_are_named(closing: list[RunningDesk], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = build_handoff

    def emptied(policy: Policy, ticket: Ticket) -> Handoff:
        packet = replace(whole(policy, ticket), customer_wants=(), established=(), tried=(), why=(), signals=())
        return replace(packet, do_not_ask_again=(), suggested_next_step="", authority_needed="")

    monkeypatch.setattr("trustladder.desk.climb.build_handoff", emptied)
    running = RunningDesk().serve()
    closing.append(running)
    assert running.found() == {FailureMode.NO_CONTEXT}
    sentence = running.learning.run(TENANT).findings[0].sentence
    assert sentence == "24 of 24 handoff packets (100 %) were less than half complete."


def test_a_policy_that_waits_for_sentiment_is_named(closing: list[RunningDesk]) -> None:
    running = RunningDesk(policy=SENTIMENT_ONLY).serve()
    closing.append(running)
    found = running.found()
    assert FailureMode.SENTIMENT_ONLY in found
    assert found <= {FailureMode.SENTIMENT_ONLY, FailureMode.DELAY}, "what it waits for, it is late for"
    sentence = next(f.sentence for f in running.learning.run(TENANT).findings if f.mode is FailureMode.SENTIMENT_ONLY)
    assert "reacts to sentiment, sentiment_drop and to nothing else" in sentence
    assert "payment (24)" in sentence


def test_missing_satisfaction_is_named(closing: list[RunningDesk]) -> None:
    running = RunningDesk()
    closing.append(running)
    running.told = False
    assert running.serve().found() == {FailureMode.METRIC_BLINDNESS}


def test_reviews_that_stopped_are_named(closing: list[RunningDesk]) -> None:
    running = RunningDesk()
    closing.append(running)
    running.reviewed = False
    running.serve()
    assert running.found() == set(), "nothing is overdue yet"
    running.now_ms += 8 * DAY_MS
    assert running.found() == {FailureMode.NO_LEARNING}
