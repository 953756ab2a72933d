"""Columns: a sweep over thresholds, weights and bases gives what `decide` gives, turn by turn."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.strategies import SIGNALS, perceptions, points, policies
from tests.learn.made_up import bot, customer, human, told

from trustladder.core import events as e
from trustladder.core.conditions import Comparison, Condition
from trustladder.core.policy import Policy
from trustladder.core.risk import NEVER
from trustladder.core.ticket import Ticket, Turn
from trustladder.learn.columns import columns_of
from trustladder.learn.conversation import Conversation, Said
from trustladder.learn.past import PastConversation
from trustladder.learn.seen import SeenOnce

said: st.SearchStrategy[Said] = st.sampled_from(
    [
        customer("hello"),
        customer("again"),
        bot("Here."),
        bot("There."),
        human("I take this."),
        e.Resolved("customer"),
        e.ToolReturned("look_up", "{}"),
    ]
)


def past(lines: Sequence[Said], seen: Sequence[e.SignalsDetected]) -> PastConversation:
    """A conversation in which turn n shows the n-th perception, whatever its text."""
    conversation: Conversation = told(customer("hi"), *lines, bot("bye"))

    def perceive(ticket: Ticket, turn: Turn, policy: Policy) -> e.SignalsDetected:
        del ticket, policy
        return seen[turn.index % len(seen)]

    return PastConversation(conversation, SeenOnce(perceive))


@st.composite
def other_points(draw: st.DrawFn, policy: Policy) -> Policy:
    """The policy with other thresholds, weights and bases."""
    bars = st.one_of(st.just(NEVER), points)
    rules = tuple(
        replace(rule, contain_at=draw(bars), notify_at=draw(bars), escalate_at=draw(bars)) for rule in policy.rules
    )
    kinds = {n: replace(k, base=draw(st.integers(-60, 40))) for n, k in policy.ticket_types.items()}
    weights = {name: draw(st.integers(0, 60)) for name in SIGNALS}
    return replace(policy, rules=rules, ticket_types=kinds, weights=weights, digest="other")


@settings(max_examples=150)
@given(st.data(), policies(), st.lists(said, max_size=8), st.lists(perceptions, min_size=1, max_size=6))
def test_columns_give_what_decide_gives(
    data: st.DataObject, policy: Policy, lines: list[Said], seen: list[e.SignalsDetected]
) -> None:
    other = data.draw(other_points(policy))
    one = past(lines, seen)
    columns = columns_of(policy, [one.under(policy)])
    for asked in (policy, other):
        played = one.under(asked)
        kept = [r for r in played.readings if r.in_automation]
        assert columns.handoff_turns(asked) == [r.episode.policy_escalate_turn for r in kept]
        proposed = {d.decision.turn: d.decision.proposed for d in played.decided if not d.held_by_people}
        risks = {d.decision.turn: d.decision.risk.points_hundredths for d in played.decided}
        assert dict(zip(columns.turns.tolist(), columns.proposed(asked).tolist(), strict=True)) == {
            turn: proposed[turn] for turn in columns.turns.tolist()
        }
        assert all(risks[t] == p for t, p in zip(columns.turns.tolist(), columns.points(asked).tolist(), strict=True))


def test_a_policy_that_differs_in_more_than_points_is_refused() -> None:
    from trustladder.policy.profiles import default_policy

    policy = default_policy()
    columns = columns_of(policy, [past([], [e.SignalsDetected()]).under(policy)])
    more = replace(policy, rules=(*policy.rules, replace(policy.rules[0], id="more")))
    with pytest.raises(ValueError, match="differ in rules"):
        columns.proposed(more)
    waiting = replace(policy.rules[0], when=(Condition("minutes_waiting", Comparison.AT_LEAST, 5),))
    asking = replace(policy, rules=(waiting,))
    with pytest.raises(ValueError, match="minutes_waiting"):
        columns_of(asking, []).proposed(replace(asking, digest="x"))
