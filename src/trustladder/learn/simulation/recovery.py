"""Does Learn find the truth? Its estimates over many simulated worlds, beside what is true in each of them.

Every figure comes with its Monte-Carlo error: the standard error that the number of runs leaves.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from trustladder.core.episode import Episode, episodes_of
from trustladder.core.policy import DAY_MS, Policy
from trustladder.core.spillover import Judged, followed_accounts
from trustladder.core.verdict import BAD_VERDICTS, GoldenTurn, Verdict, golden_turn, hindsight, verdict_on
from trustladder.learn.guarantee import guarantee
from trustladder.learn.labels import Labelled, labelled
from trustladder.learn.misses import drawn_of, missed_rate
from trustladder.learn.simulation.population import Population, contacts, simulate
from trustladder.learn.simulation.world import World
from trustladder.learn.spillover import Spillover, trust_spillover

REVIEW_PERCENTS = {"how_to": 5.0, "billing": 15.0, "technical": 15.0, "account_access": 40.0}
"""Unequal on purpose: what is risky is drawn more often, and a plain share of the reviews is far off."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table: a figure over ``runs`` worlds, its Monte-Carlo error, and what it should be."""

    name: str
    runs: int
    value: float
    error: float
    should: str
    holds: bool


def _share(name: str, hits: int, runs: int, should: str, holds: Callable[[float, float], bool]) -> Finding:
    value = hits / runs
    error = math.sqrt(max(value * (1 - value), 0.25 / runs) / runs)
    return Finding(name, runs, value, error, should, holds(value, error))


def _mean(name: str, values: Sequence[float], should: str, holds: Callable[[float, float], bool]) -> Finding:
    value, error = float(np.mean(values)), float(np.std(values) / math.sqrt(len(values)))
    return Finding(name, len(values), value, error, should, holds(value, error))


def misses(runs: int, accounts: int = 300) -> list[Finding]:
    """Estimate the missed share from the reviewed audit sample, and from the reviews as if all were drawn alike."""
    covered, gaps, crude, silent = 0, [], [], []
    for seed in range(runs):
        population = simulate(World(seed, accounts, days=90, contacts_a_month=1.5, review_percents=REVIEW_PERCENTS))
        kept = [episode for episode in _first(population) if not episode.handed_off]
        true = _missed_share(population.truths[episode.ticket_id].golden_turn is not None for episode in kept)
        found = missed_rate(drawn_of(kept), len(kept))
        if found.rate is None or found.low is None or found.high is None:
            continue
        covered += found.low <= true <= found.high
        gaps.append(found.rate - true)
        crude.append(found.missed / found.reviewed - true)
        silent.append(_missed_share(golden_turn(_unreviewed(episode)) is not None for episode in kept) - true)
    return [
        _share("misses: 95 % interval holds the truth", covered, len(gaps), "0.95 ± 0.02", _within(0.95, 0.02)),
        _mean("misses: estimate minus truth", gaps, "0", _is_none),
        _mean("the same without the weights", crude, "off", _far),
        _mean("the same by hindsight without reviews", silent, "off", _far),
    ]


def _missed_share(missed: Iterable[bool]) -> float:
    return float(np.mean(list(missed)))


def _unreviewed(episode: Episode) -> Episode:
    episode.review = None
    return episode


def _first(population: Population) -> Iterator[Episode]:
    return (episode for episode in population.episodes() if episode.number == 1)


def _within(aim: float, distance: float) -> Callable[[float, float], bool]:
    return lambda value, _error: abs(value - aim) <= distance + 1e-9  # 0.97 is within 0.02 of 0.95


def _is_none(value: float, error: float) -> bool:
    return abs(value) <= 3 * error


def _far(value: float, error: float) -> bool:
    return abs(value) > 3 * error


def pool_of_labels(policy: Policy, accounts: int = 1_000) -> list[Labelled]:
    """Return tickets that needed a person, with the real ladder's decisions in the shadow and the true golden turns."""
    population = simulate(World(accounts=accounts, policy=policy))
    labels = []
    for ticket_id, history in population.histories.items():
        episode = episodes_of(ticket_id, history)[0]
        golden = population.truths[ticket_id].golden_turn
        if golden is not None:
            labels.append(labelled(episode, history, golden))
    return labels


def guarantees(
    pool: Sequence[Labelled], runs: int, alpha: float = 0.2, delta: float = 0.1, labels: int = 200
) -> list[Finding]:
    """Draw labelled tickets again and again, and count how often the promised threshold breaks the promise.

    The pool is the truth: a threshold's rate over it is known. Drawing with replacement makes the labels independent.
    """
    limits = np.array([label.on_time_up_to for label in pool])
    rng = np.random.default_rng(0)
    promised = broken = refused = 0
    for _ in range(runs):
        sample = [pool[place] for place in rng.integers(0, len(pool), labels)]
        found = guarantee(sample, alpha, delta).escalate_at
        if found is None:
            refused += 1
            continue
        promised += 1
        broken += float((limits < found).mean()) > alpha
    words = f"late or missed at most {alpha:.0%}, confidence {1 - delta:.0%}, {labels} labels"
    return [
        _share(f"guarantee broken: {words}", broken, runs, f"at most {delta}", partial(_at_most, delta)),
        _share("guarantee given", promised, runs, "as often as the labels carry it", lambda value, _: value > 0),
    ]


def _at_most(limit: float, value: float, error: float) -> bool:
    return value <= limit + 2 * error


def judged_by_truth(population: Population) -> list[Judged]:
    """Return every episode with its true verdict; a later episode of a ticket has the one of hindsight."""
    found: list[Judged] = []
    for episode in population.episodes():
        if episode.number > 1:
            found.append((episode, hindsight(episode)))
            continue
        at = population.truths[episode.ticket_id].golden_turn
        golden = None if at is None else GoldenTurn(at, "it is so", "truth", 100)
        found.append((episode, verdict_on(episode, golden, episode.handoff_turn)))
    return found


def spillover(runs: int, effect: float, hidden_temper: float = 0.0, accounts: int = 400) -> list[Finding]:
    """Look for a planted effect, or for none, and hold the difference in contacts against the accounts' twins."""
    differences, truths, crude, covered, claimed = [], [], [], 0, 0
    for seed in range(runs):
        world = World(seed, accounts, spillover=effect, hidden_temper=hidden_temper)
        judged = judged_by_truth(simulate(world))
        found = trust_spillover(judged)
        if found.missing or found.crude_contacts is None:
            continue
        true = _true_effect(world, judged) if effect else 0.0
        differences.append(found.outcomes[0].difference)
        truths.append(true)
        crude.append(found.crude_contacts)
        claimed += any(outcome.is_associated for outcome in found.outcomes)
        covered += _covers(found, true)
    n = len(differences)
    words = f"spillover {effect:g} planted" if effect else "no spillover planted"
    words += ", a hidden temper" if hidden_temper else ""
    expected, holds = ("as often as can be", _mostly) if effect else ("at most 0.05", partial(_at_most, 0.05))
    gaps = [difference - true for difference, true in zip(differences, truths, strict=True)]
    unmatched = [difference - true for difference, true in zip(crude, truths, strict=True)]
    return [
        _share(f"{words}: claimed", claimed, n, expected, holds),
        _mean(f"{words}: contacts, true difference", truths, "", lambda *_: True),
        _mean(f"{words}: contacts, estimate minus truth", gaps, "0", _is_none),
        _share(f"{words}: contacts, 95 % interval holds the truth", covered, n, "0.95", _within(0.95, 0.04)),
        _mean(f"{words}: contacts, unmatched minus truth", unmatched, "off", lambda *_: True),
    ]


def _mostly(value: float, _error: float) -> bool:
    return value > 0.5


def _covers(found: Spillover, true: float) -> bool:
    return found.outcomes[0].low <= true <= found.outcomes[0].high


def _true_effect(world: World, judged: Sequence[Judged]) -> float:
    """Return how many more contacts the bad episodes looked at brought, by the twins in which they did not spill over.

    One run's figure carries the chance of its twins; their mean over the runs does not.
    """
    gaps = []
    for one in followed_accounts(judged):
        if one.is_bad:
            twin = dict(contacts(world, one.account_id, one.ticket_id))
            since = twin.pop(one.ticket_id)
            later = sum(since < at <= since + 30 * DAY_MS for at in twin.values())
            gaps.append(one.later.contacts - later)
    return float(np.mean(gaps))


def verdicts(accounts: int = 1_500, told: float = 0.6) -> list[Finding]:
    """Hold the verdict by hindsight, and that by review, against the truth."""
    world = World(accounts=accounts, told=told, review_percents=dict.fromkeys(REVIEW_PERCENTS, 20.0))
    population = simulate(world)
    episodes = list(_first(population))
    alone = [(hindsight(_unreviewed(episode)), population.truths[episode.ticket_id]) for episode in episodes]
    bad = [(judged, truth) for judged, truth in alone if truth.verdict in BAD_VERDICTS]
    fine = [(judged, truth) for judged, truth in alone if truth.verdict is Verdict.RIGHTLY_AUTOMATED]
    near = [
        abs(judged.golden.turn - truth.golden_turn) <= 2
        for judged, truth in alone
        if judged.golden is not None and truth.golden_turn is not None
    ]
    say = f"verdicts by hindsight, {told:.0%} of the failed customers tell"
    shares = (
        (f"{say}: right", [judged.verdict is truth.verdict for judged, truth in alone]),
        (f"{say}: late and missed found as bad", [judged.verdict in BAD_VERDICTS for judged, _ in bad]),
        (f"{say}: rightly automated left as such", [judged.verdict is truth.verdict for judged, truth in fine]),
        ("golden turn within one exchange, where both have one", near),
    )
    return [_share(name, sum(hits), len(hits), "", lambda *_: True) for name, hits in shares]
