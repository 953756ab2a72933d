"""Backtest: what a change of the policy does to past tickets, perceived once, from files and from a ledger."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desk.plain import TENANT, key, perceive, plain_desk
from tests.learn.made_up import MINUTE_MS, bot, customer, human, told
from typer.testing import CliRunner

from trustladder.cli import app
from trustladder.core import events as e
from trustladder.core.conditions import Comparison, Condition
from trustladder.core.policy import Hours, Policy, Queue, Shift
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.core.verdict import Verdict
from trustladder.desk.commands import CustomerTurn, Draft, HumanTurn, Resolution
from trustladder.errors import TrustladderError
from trustladder.learn.backtest import Backtest, Backtester
from trustladder.learn.conversation import Conversation, Ending, Said
from trustladder.learn.load import WEEK_HOURS, Assumed, Handed, handling_time, hour_name, loads
from trustladder.learn.recorded import decide_again
from trustladder.learn.seen import SeenOnce
from trustladder.learn.tried import Effect, try_both, try_recorded
from trustladder.ledger import open_ledger
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import default_policy, profile_text

EXAMPLES = sorted(str(p) for p in (Path(__file__).parents[2] / "examples" / "conversations").glob("*.jsonl"))


def with_rules(**limits: int) -> Policy:
    """The default policy in which only these signals hand over, each from its strength on."""
    when = tuple((Condition(f"signal.{name}", Comparison.AT_LEAST, value),) for name, value in limits.items())
    policy = default_policy()
    rule = replace(policy.rules[0], id="only", escalate_when=when, contain_at=10**9, escalate_at=10**9)
    return replace(policy, rules=(replace(rule, max_bot_turns=None),), digest="-".join(limits) or "none")


NONE, REJECTION = with_rules(), with_rules(rejection=50)


def ended(outcome: str, *said: Said) -> Conversation:
    return told(*said, ending=Ending(outcome=outcome))


REJECTED = (customer("hello"), bot("Try this."), customer("no rejection=90"), bot("Try that."), bot("And this."))


def backtest(old: Policy, new: Policy, *conversations: Conversation) -> Backtest:
    tester = Backtester(old, new)
    for number, conversation in enumerate(conversations):
        tester.add(try_both(replace(conversation, id=f"t{number}"), old, new, perceive))
    return tester.finish(["made up"], (), 0.0)


EFFECTS: dict[str, tuple[Conversation, Policy, Policy, Effect | None]] = {
    "a missed ticket is caught": (ended("failed", *REJECTED), NONE, REJECTION, Effect.NEWLY_CAUGHT),
    "a caught ticket is missed": (ended("failed", *REJECTED), REJECTION, NONE, Effect.NO_LONGER_CAUGHT),
    "a good ticket is taken away": (ended("solved", *REJECTED), NONE, REJECTION, Effect.NEWLY_UNNECESSARY),
    "a good ticket is left": (ended("solved", *REJECTED), REJECTION, NONE, Effect.NO_LONGER_UNNECESSARY),
    "nothing changes": (ended("solved", customer("hi"), bot("hi")), NONE, REJECTION, None),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_what_a_change_does_to_a_ticket(name: str) -> None:
    conversation, old, new, effect = EFFECTS[name]
    (one,) = try_both(conversation, old, new, perceive)
    assert one.effect is effect
    found = backtest(old, new, conversation)
    assert found.effects == {other.value: int(other is effect) for other in Effect}
    assert found.changed_in_all == len(found.changed) == int(effect is not None)


def test_how_much_sooner_is_counted_in_turns_of_the_bot() -> None:
    conversation = ended("failed", *REJECTED, customer("churn_threat=90"), bot("Sorry."))
    (one,) = try_both(conversation, with_rules(churn_threat=50), REJECTION, perceive)
    assert one.shift == -2
    assert one.verdicts == (Verdict.LATE, Verdict.ON_TIME)


def test_the_same_policy_twice_changes_nothing() -> None:
    found = backtest(REJECTION, REJECTION, ended("failed", *REJECTED), ended("solved", *REJECTED))
    assert not found.changes
    assert found.changed_in_all == 0
    assert found.late_or_missed.change == found.unnecessary.change == 0


def test_conversations_without_a_bot_are_no_automation() -> None:
    found = backtest(NONE, REJECTION, ended("solved", customer("hi"), human("Anna here")))
    assert (found.conversations, found.tickets, found.strategies) == (1, 0, ())


def test_simpler_ways_stand_beside_both_policies() -> None:
    found = backtest(NONE, REJECTION, ended("failed", *REJECTED))
    assert [row.key for row in found.strategies] == ["actual", "old", "new", "always", "never", "on_request"]
    caught = {row.key: row.caught for row in found.strategies}
    assert caught == {"actual": 0, "old": 0, "new": 1, "always": 1, "never": 0, "on_request": 0}
    assert (found.ends.bad, found.ends.caught_before, found.ends.caught_after) == (1, 0, 1)


def test_few_tickets_are_no_finding_and_many_are() -> None:
    few = backtest(NONE, REJECTION, *[ended("failed", *REJECTED)] * 5).late_or_missed
    many = backtest(NONE, REJECTION, *[ended("failed", *REJECTED)] * 40).late_or_missed
    assert (few.change, few.is_clear) == (-1.0, False)
    assert (many.change, many.is_clear) == (-1.0, True)


def test_a_turn_is_perceived_once_for_both_policies() -> None:
    calls = []

    def counting(ticket: Ticket, turn: Turn, policy: Policy) -> e.SignalsDetected:
        calls.append(turn.index)
        return perceive(ticket, turn, policy)

    try_both(ended("failed", *REJECTED), NONE, REJECTION, counting)
    assert calls == list(range(len(REJECTED)))


def test_a_policy_with_other_examples_is_perceived_anew() -> None:
    policy = default_policy()
    kinds = {name: replace(kind, examples=()) for name, kind in policy.ticket_types.items()}
    seen = SeenOnce(perceive)
    ticket, turn = Ticket("t", "t"), Turn(0, Role.CUSTOMER, "hello", 0)
    for other in (
        policy,
        replace(policy, weights={}),
        replace(policy, ticket_types=kinds),
        replace(policy, high_value=1.0),
    ):
        seen(ticket, turn, other)
    assert seen.readings == 3


# -- from a ledger -----------------------------------------------------------------------------------------------

acts = st.lists(
    st.tuples(
        st.sampled_from(("customer", "customer", "draft", "person", "hand_back", "resolve")),
        st.sampled_from(("", "rejection=90", "repetition=60", "human_request=90", "payment=80 policy_ambiguity=80")),
    ),
    min_size=1,
    max_size=9,
)


def lived(acts: Sequence[tuple[str, str]], policy: Policy) -> tuple[e.Recorded, ...]:
    """The history of one ticket of a real desk."""
    ledger = open_ledger("sqlite://:memory:")
    desk = plain_desk(ledger, policy)
    for number, (act, text) in enumerate([("customer", ""), *acts]):
        try:
            match act:
                case "customer":
                    desk.customer_wrote(key("t"), CustomerTurn(f"m{number}", text or "hello"))
                case "draft":
                    desk.bot_drafted(key("t"), Draft(f"d{number}", text or "Here you are."))
                case "person":
                    desk.human_wrote(key("t"), HumanTurn(f"h{number}", "I take this.", "anna"))
                case "hand_back":
                    desk.hand_back(key("t"), "anna")
                case "resolve":
                    desk.resolve(key("t"), Resolution("anna", "solved"))
        except TrustladderError:
            continue
    history = ledger.history(key("t"))
    ledger.close()
    return history


@settings(max_examples=40)
@given(acts)
def test_a_ledger_decided_again_under_its_own_policy_gives_its_own_decisions(acts: Sequence[tuple[str, str]]) -> None:
    """Law 9, for a backtest: the old policy's side is what was decided in fact."""
    policy = default_policy()
    history = lived(acts, policy)
    recorded = [r.event.decision for r in history if isinstance(r.event, e.Decided)]
    assert [d.decision for d in decide_again("t", history, policy).decided] == recorded


def test_a_ledger_under_a_stricter_policy_hands_over_sooner() -> None:
    history = lived(
        [("draft", ""), ("customer", "rejection=90"), ("draft", ""), ("customer", "human_request=90")], NONE
    )
    (one,) = try_recorded("t", history, with_rules(human_request=50), REJECTION)
    assert one.effect in {Effect.EARLIER, Effect.NEWLY_CAUGHT}
    assert one.after.escalate is not None
    assert one.after.escalate.rule_id == "only"


def test_what_people_did_is_not_undone_by_a_looser_policy() -> None:
    history = lived([("customer", "human_request=90"), ("person", ""), ("customer", "rejection=90")], default_policy())
    (one,) = try_recorded("t", history, default_policy(), NONE)
    assert one.episode.handed_off
    assert one.turns[1] is None
    tester = Backtester(default_policy(), NONE)
    for side in (one.before, one.after):
        side.episode.bot_turns.append(1)
    tester.add([one])
    assert tester.finish(["ledger"], (), 0.0).unheard == 1


# -- the load ----------------------------------------------------------------------------------------------------

OFFICE = Hours("office", "Europe/Berlin", tuple(Shift(day, 9 * 60, 17 * 60) for day in range(5)))
MONDAY_MS = 1_788_739_200_000  # 2026-09-07 00:00 UTC, a Monday


def test_tickets_that_come_at_night_count_at_the_opening() -> None:
    policy = replace(default_policy(), queues={"q": Queue("q", hours="office")}, hours={"office": OFFICE})
    night, noon = MONDAY_MS + 60 * MINUTE_MS, MONDAY_MS + 10 * 60 * MINUTE_MS
    (load,) = loads(policy, [Handed("q", night), Handed("q", noon)], night, night + 14 * 86_400_000, Assumed())
    hours = {hour_name(hour): n for hour, n in enumerate(load.per_hour) if n}
    assert hours == {"Mon 09:00": pytest.approx(1 / 2), "Mon 12:00": pytest.approx(1 / 2)}
    assert load.out_of_hours == 0.5
    assert load.agent_hours == 2
    assert load.work_hours == pytest.approx(2 / 2 * 15 / 60)


@given(st.lists(st.integers(0, 20 * 24 * 60), min_size=1, max_size=40))
def test_no_ticket_is_lost_between_the_hours(minutes: list[int]) -> None:
    policy = replace(default_policy(), queues={"q": Queue("q")}, hours={})
    first, last = MONDAY_MS, MONDAY_MS + 21 * 86_400_000 - 1
    handed = [Handed("q", MONDAY_MS + minute * MINUTE_MS) for minute in minutes]
    (load,) = loads(policy, handed, first, last, Assumed())
    assert sum(load.per_hour) * 3 == pytest.approx(len(minutes))
    assert len(load.per_hour) == len(load.agents) == WEEK_HOURS
    assert all((n > 0) == (people > 0) for n, people in zip(load.per_hour, load.agents, strict=True))


def test_where_the_handling_time_comes_from() -> None:
    policy = default_policy()
    handled = ended("solved", customer("hi"), bot("hm"), human("I look"), customer("ok"), human("done"))
    episodes = [one.episode for one in try_both(handled, policy, policy, perceive)] * 20
    assert handling_time(policy, episodes, 7.0, None, 0.9) == Assumed(7.0, 0.9, None, "given")
    assert handling_time(policy, episodes, None, None, 0.9).handling_minutes == 2.0
    assert "assumption" in handling_time(policy, episodes[:3], None, None, 0.9).source


# -- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def two_policies(tmp_path: Path) -> tuple[str, str]:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    text = profile_text("product-heavy")
    old.write_text(text)
    costs = "costs: {spillover: 90, person_minutes: 12}"
    new.write_text(text.replace("escalate_at: 78%", costs).replace("contain_at: 50%", "contain_at: 10%"))
    assert load_policy(new).rules[0].costs is not None
    return str(old), str(new)


def test_a_backtest_of_the_examples(two_policies: tuple[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    done = CliRunner().invoke(
        app, ["backtest", *two_policies, *EXAMPLES, "--report", str(report), "--format", "json", "--limit", "3"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["conversations"] == 40
    assert sum(found["verdicts"]["before"].values()) == sum(found["verdicts"]["after"].values()) == found["tickets"]
    assert sum(found["effects"].values()) == found["changed_in_all"] >= len(found["changed"]) == 3
    assert {row["key"] for row in found["strategies"]} >= {"always", "never", "on_request"}
    handed = sum(queue["after"]["tickets"] for queue in found["queues"] if queue["after"])
    assert handed == found["handoffs"]["after"] > found["handoffs"]["before"]
    assert found["cost"]["currency"] == "EUR"
    page = report.read_text()
    assert all(ticket["conversation"] in page for ticket in found["changed"])
    assert "<script" not in page


def test_the_summary_on_a_terminal(two_policies: tuple[str, str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["backtest", *two_policies, EXAMPLES[0], "--report", str(tmp_path / "r.html")])
    assert done.exit_code == 0, done.output
    for words in ("everyone now escalates", "Tickets that change", "Always a person", "What it takes in people"):
        assert words in done.stdout


def test_neither_files_nor_a_ledger(two_policies: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["backtest", *two_policies])
    assert done.exit_code == 1
    assert "--ledger URL" in done.stderr


def test_a_backtest_of_a_ledger(two_policies: tuple[str, str], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = open_ledger(url)
    desk = plain_desk(ledger, default_policy())
    for number in range(3):
        ticket = key(f"t{number}")
        desk.customer_wrote(ticket, CustomerTurn(f"m{number}", "rejection=90"))
        permit = desk.bot_drafted(ticket, Draft(f"d{number}", "Here.")).permit
        assert permit is not None
        desk.redeem(ticket, permit.permit_id)
        desk.customer_wrote(ticket, CustomerTurn(f"n{number}", "rejection=90 human_request=90"))
    ledger.close()
    options = ["--ledger", url, "--tenant", TENANT, "--report", str(tmp_path / "r.html"), "--format", "json"]
    done = CliRunner().invoke(app, ["backtest", *two_policies, *options])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["tickets"], found["handoffs"]["before"]) == (3, 3)
    empty = CliRunner().invoke(app, ["backtest", *two_policies, "--ledger", url, "--tenant", "nobody"])
    assert empty.exit_code == 1
    assert "name another with --tenant" in empty.stderr
