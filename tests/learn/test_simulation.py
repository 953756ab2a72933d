"""Simulated worlds whose truth is known, and whether Learn finds it; `learn.simulation` as a module runs more."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from trustladder.core import events as e
from trustladder.core.indicators import five_indicators
from trustladder.core.ticket import fold_all, new_ticket
from trustladder.core.verdict import Verdict
from trustladder.errors import BadInput
from trustladder.learn.simulation.population import Population, contacts, simulate
from trustladder.learn.simulation.recovery import (
    Finding,
    guarantees,
    judged_by_truth,
    misses,
    pool_of_labels,
    verdicts,
)
from trustladder.learn.simulation.world import NEEDS, World
from trustladder.learn.spillover import trust_spillover
from trustladder.policy.profiles import default_policy

SMALL = World(accounts=60, review_percents=dict.fromkeys([need.ticket_type for need in NEEDS], 50.0))


@pytest.fixture(scope="module")
def small() -> Population:
    return simulate(SMALL)


def test_the_same_settings_give_the_same_events(small: Population) -> None:
    assert simulate(SMALL) == small
    assert simulate(replace(SMALL, seed=1)) != small


def test_its_histories_are_the_products_own(small: Population) -> None:
    for ticket_id, history in small.histories.items():
        ticket = fold_all(new_ticket("t", ticket_id), history)
        assert ticket.position == len(history)
        assert all(a.at_ms <= b.at_ms for a, b in pairwise(history))


def test_truth_and_events_agree_on_the_handoff(small: Population) -> None:
    first = [episode for episode in small.episodes() if episode.number == 1]
    assert {episode.ticket_id: episode.handoff_turn for episode in first} == {
        ticket_id: truth.handoff_turn for ticket_id, truth in small.truths.items()
    }
    kinds = Counter(truth.verdict for truth in small.truths.values())
    assert set(kinds) >= {Verdict.RIGHTLY_AUTOMATED, Verdict.MISSED, Verdict.ON_TIME, Verdict.LATE}


def test_reviews_tell_the_truth_of_tickets_that_automation_kept(small: Population) -> None:
    reviewed = [episode for episode in small.episodes() if episode.review is not None]
    assert len(reviewed) > 30
    for episode in reviewed:
        assert episode.review is not None and not episode.handed_off
        assert (episode.review.golden_turn >= 0) is (small.truths[episode.ticket_id].golden_turn is not None)


def test_a_better_bot_misses_less_and_more_people_are_faster() -> None:
    def missed(skill: float) -> float:
        truths = simulate(World(accounts=100, bot_skill=skill)).truths.values()
        return sum(truth.verdict is Verdict.MISSED for truth in truths) / len(truths)

    assert missed(0.95) < missed(0.4) - 0.05

    def hours(people: int) -> float:
        world = World(accounts=200, people=people, hours_each=12.0, days=60)
        value = five_indicators(list(simulate(world).episodes()))[3].value
        assert value is not None
        return value

    assert hours(1) > 1.25 * hours(30)


def test_the_ladder_hands_over_only_where_it_may() -> None:
    policy = default_policy()
    never = World(accounts=40, transfers=0.0)
    shadow = simulate(replace(never, policy=policy))
    acting = simulate(replace(never, policy=policy, policy_acts=True))
    assert all(truth.handoff_turn is None for truth in shadow.truths.values())
    assert any(truth.handoff_turn is not None for truth in acting.truths.values())
    decided = [r.event for history in shadow.histories.values() for r in history if isinstance(r.event, e.Decided)]
    assert decided and {event.decision.policy_digest for event in decided} == {policy.digest}


def test_a_twin_is_the_same_account_until_the_muted_ticket_ends() -> None:
    world = World(accounts=30, spillover=3.0)
    population = simulate(world)
    shaken = 0
    for truth in population.truths.values():
        if truth.is_bad:
            own = contacts(world, truth.account_id)
            twin = contacts(world, truth.account_id, truth.ticket_id)
            until = [ticket for ticket, _ in own].index(truth.ticket_id) + 1
            assert own[:until] == twin[:until]
            shaken += own != twin
    assert shaken > 5


def test_a_world_that_does_not_add_up_is_an_error() -> None:
    with pytest.raises(BadInput, match=r"add up to 0\.45"):
        World(needs=NEEDS[:1])
    with pytest.raises(BadInput, match="at least one account"):
        World(people=0)


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_misses_are_found_by_the_weighted_sample_and_by_nothing_else() -> None:
    found = by_name(misses(runs=20, accounts=120))
    assert found["misses: 95 % interval holds the truth"].value >= 0.80  # three Monte-Carlo errors below 0.95
    assert found["misses: estimate minus truth"].holds  # within three Monte-Carlo errors of 0
    assert found["the same without the weights"].value > 3 * found["the same without the weights"].error
    assert found["the same by hindsight without reviews"].value < -0.05


def test_the_guarantee_of_the_real_ladders_thresholds_is_kept() -> None:
    pool = pool_of_labels(default_policy(), accounts=150)
    kept, given = guarantees(pool, runs=200, alpha=0.25, delta=0.1, labels=150)
    assert kept.holds, kept
    assert given.value > 0.9
    broken, _ = guarantees(pool, runs=200, alpha=0.25, delta=0.9, labels=150)
    assert broken.value > 0.3  # without the caution the promise would be broken


def test_a_planted_spillover_is_found_and_none_is_claimed_where_none_is() -> None:
    def found(effect: float) -> list[str]:
        world = World(seed=5, accounts=900, spillover=effect)
        compared = trust_spillover(judged_by_truth(simulate(world)))
        assert not compared.missing
        return [outcome.name for outcome in compared.outcomes if outcome.is_associated]

    assert "contacts" in found(1.5)
    assert found(0.0) == []


def test_verdicts_find_what_customers_tell() -> None:
    told, silent = (by_name(verdicts(accounts=120, told=told)) for told in (1.0, 0.2))
    right = next(finding for name, finding in told.items() if name.endswith("right"))
    assert right.value > 0.9
    found = [next(f.value for name, f in part.items() if "found as bad" in name) for part in (told, silent)]
    assert found[0] > 0.85
    assert found[1] < 0.6  # what nobody tells, no rule on hindsight finds
