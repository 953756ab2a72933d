"""What pays: candidates for one lever of the policy, priced on past tickets, chosen on some and judged on others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from trustladder.core.policy import UNKNOWN_TYPE, Policy
from trustladder.core.risk import NEVER, points_hundredths_of, probability_of
from trustladder.core.threshold import Costs, strictest
from trustladder.core.verdict import golden_turn
from trustladder.learn.columns import Columns, Whole
from trustladder.learn.measures_outcome import folds_by_group
from trustladder.learn.price import cost_of, price_for, prices_of
from trustladder.learn.resample import RESAMPLES, ratio_interval
from trustladder.learn.risk_training import Numbers
from trustladder.policy.edit import set_escalate_at, set_points
from trustladder.policy.implication import on_type_alone, types_of

FEWEST_TICKETS = 100
"""A lever that touches fewer past tickets is left alone: what paid on them would be chance."""

PERCENTS = tuple(range(20, 99, 3))
"""The thresholds that are tried, in percent of risk."""

STEPS = (-40, -30, -20, -15, -10, -5, 5, 10, 15, 20, 30)
"""The changes of a type's base that are tried, in points: downwards hands over later."""

STEADY_AT = 0.5
"""A price is assumed where a policy gives neither costs nor a threshold: a handoff costs half of a bad ticket."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What a handoff and a bad ticket cost, by ticket type. ``source`` says in a sentence where that comes from."""

    by_type: Mapping[str, Costs]
    currency: str
    source: str

    def of(self, ticket_type: str) -> Costs:
        """Return the costs of a ticket of this type."""
        found = price_for(self.by_type, ticket_type)
        return found if found is not None else next(iter(self.by_type.values()))


def prices(policy: Policy, given: Costs | None = None) -> Prices:
    """Return the prices: those given, else the policy's costs, else those that its thresholds imply.

    A threshold of 78 % says that a handoff costs 0.78 of a bad ticket (Elkan, IJCAI 2001, eq. 2): then costs are in
    bad tickets and not in money.
    """
    names = {*policy.ticket_types, UNKNOWN_TYPE}
    if given is not None:
        return Prices(dict.fromkeys(names, given), policy.currency, "The prices are those that were given.")
    stated = prices_of(policy)
    if stated:
        usual = sorted(stated.values(), key=lambda costs: costs.escalate_at)[len(stated) // 2]
        told = "The prices are the policy's costs; a type without costs is priced as the middle one of the others."
        return Prices({name: stated.get(name, usual) for name in names}, policy.currency, told)
    implied = {name: Costs(1.0, _share(escalates_at(policy, name))) for name in names}
    told = (
        "The policy gives no costs: a handoff is priced as its own threshold says, so that 78 % means 0.78 of a bad "
        "ticket. Amounts are in bad tickets. Give costs in the policy for amounts in money."
    )
    return Prices(implied, "bad tickets", told)


def _share(escalate_at: int) -> float:
    share = probability_of(escalate_at)
    return share if 0 < share < 1 and escalate_at != NEVER else STEADY_AT


def escalates_at(policy: Policy, ticket_type: str) -> int:
    """Return the threshold (hundredths of a point) from which a type is handed over whatever else, or `NEVER`."""
    rules = (rule for rule in policy.rules if ticket_type in types_of(policy, rule.when) and on_type_alone(rule.when))
    bound = strictest(rules).escalate_at
    return NEVER if bound is None else bound.value


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of points: a rule's threshold in percent of risk, or the base of a ticket type in points."""

    rule_id: str = ""
    percent: int = 0
    ticket_type: str = ""
    base: int = 0

    def of_text(self, text: str) -> str:
        """Return the policy file with the change."""
        if self.ticket_type:
            return set_points(text, {}, {self.ticket_type: self.base})
        return set_escalate_at(text, self.rule_id, self.percent)

    def of_policy(self, policy: Policy) -> Policy:
        """Return the policy with the same change; its digest is left empty."""
        if self.ticket_type:
            kind = replace(policy.ticket_types[self.ticket_type], base=self.base)
            return replace(policy, ticket_types={**policy.ticket_types, self.ticket_type: kind}, digest="")
        bar = points_hundredths_of(self.percent / 100)
        moved = (replace(rule, escalate_at=bar) if rule.id == self.rule_id else rule for rule in policy.rules)
        return replace(policy, rules=tuple(moved), digest="")

    def __str__(self) -> str:
        """What it sets, in words."""
        return f"{self.base:+d} points" if self.ticket_type else f"{self.percent} %"


@dataclass(frozen=True, slots=True)
class Lever:
    """Something to set: ``kind`` is ``threshold`` or ``type``, ``subject`` a rule's id or a ticket type."""

    kind: str
    subject: str
    edits: tuple[Edit, ...]


def levers(policy: Policy) -> list[Lever]:
    """Return what can be set: each threshold that hands over and follows from no costs, and each type's base.

    In points a type's base is its own threshold: 20 points more hand it over at half the odds.
    """
    found = [
        Lever("threshold", rule.id, tuple(Edit(rule_id=rule.id, percent=percent) for percent in PERCENTS))
        for rule in policy.rules
        if rule.escalate_at != NEVER and rule.costs is None
    ]
    for name, kind in policy.ticket_types.items():
        bases = [kind.base + step for step in STEPS if -200 <= kind.base + step <= 200]
        found.append(Lever("type", name, tuple(Edit(ticket_type=name, base=base) for base in bases)))
    return found


@dataclass(frozen=True, slots=True)
class Pays:
    """What setting a lever is worth, in the currency of the prices.

    ``chosen`` is best on all tickets. ``saving`` is the mean saving a ticket on tickets that did not take part in the
    choice, with its interval (``low``, ``high``) at ``confidence``; ``touched`` counts tickets that any setting moves.
    ``settings`` is the range of what would be chosen if other tickets had come (95 % of resamples).
    """

    lever: Lever
    chosen: Edit
    saving: float
    low: float
    high: float
    confidence: float
    tickets: int
    touched: int
    settings: tuple[str, str]

    @property
    def is_clear(self) -> bool:
        """True when the whole interval lies above 0 and enough tickets are touched."""
        return self.low > 0 and self.touched >= FEWEST_TICKETS


class Sweep:
    """Prices settings on the columns of past tickets. What a handoff at each turn costs is worked out once."""

    def __init__(self, columns: Columns, priced: Prices) -> None:
        self.columns = columns
        episodes = [reading.episode for reading in columns.readings]
        self.groups = [episode.account_id or episode.ticket_id for episode in episodes]
        self.bad = np.array([golden_turn(episode) is not None for episode in episodes], dtype=float)
        costs = [priced.of(episode.ticket_type) for episode in episodes]
        self._never = np.array([cost_of(e, None, c).total for e, c in zip(episodes, costs, strict=True)], dtype=float)
        self._at = np.zeros(len(columns.turns))
        for place, (episode, cost) in enumerate(zip(episodes, costs, strict=True)):
            for row in range(columns.starts[place], columns.starts[place + 1]):
                self._at[row] = cost_of(episode, int(columns.turns[row]), cost).total

    def costs(self, policy: Policy) -> Numbers:
        """Return what each episode costs under a policy that differs in points only."""
        rows = self.columns.handoff_rows(policy)
        if not len(self._at):
            return self._never
        return np.where(rows >= 0, self._at[rows], self._never)

    def folds(self, seed: int = 0) -> list[tuple[Whole, Whole]]:
        """Return places of tickets in five parts, each with all others: accounts are never in a part and its rest."""
        every = np.arange(len(self.groups))
        parts = [np.array(fold, dtype=np.int64) for fold in folds_by_group(self.groups, self.bad, seed) if fold]
        return [(part, np.setdiff1d(every, part)) for part in parts]

    def saved(self, saved: Numbers, confidence: float = 0.95, seed: int = 0) -> tuple[float, float, float]:
        """Return the mean of what each ticket saves with its interval, accounts drawn again."""
        return float(saved.mean()), *ratio_interval(self.groups, saved, np.ones(len(saved)), seed, confidence)

    def pays(self, policy: Policy, lever: Lever, confidence: float = 0.95, seed: int = 0) -> Pays | None:
        """Return what setting a lever of the policy is worth, None where no setting moves enough tickets."""
        now = self.costs(policy)
        table = np.array([self.costs(edit.of_policy(policy)) for edit in lever.edits])
        touched = int((table != now).any(axis=0).sum())
        if touched < FEWEST_TICKETS:
            return None
        saved = np.zeros(len(now))
        for fold, rest in self.folds(seed):
            best = table[int(np.argmin(table[:, rest].sum(axis=1)))]
            if best[rest].sum() < now[rest].sum():  # else nothing pays there, and the setting in force stays
                saved[fold] = now[fold] - best[fold]
        chosen = lever.edits[int(np.argmin(table.sum(axis=1)))]
        worth, settings = self.saved(saved, confidence, seed), self._settings(table, lever, seed)
        return Pays(lever, chosen, *worth, confidence, len(now), touched, settings)

    def _settings(self, table: Numbers, lever: Lever, seed: int) -> tuple[str, str]:
        _, place = np.unique(np.asarray(self.groups), return_inverse=True)
        sums = np.array([np.bincount(place, row) for row in table])
        groups = sums.shape[1]
        draws = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), RESAMPLES)
        best = np.sort(np.argmin(draws @ sums.T, axis=1))
        ends = best[[round(0.025 * (RESAMPLES - 1)), round(0.975 * (RESAMPLES - 1))]]
        return str(lever.edits[ends[0]]), str(lever.edits[ends[1]])
