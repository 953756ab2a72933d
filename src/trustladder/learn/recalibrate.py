"""New weights and the thresholds that go with them: a risk that comes true, at what handoffs are worth.

A refit moves weights and bases so that a risk of 30 % comes true in three cases of ten. Thresholds set on the old scale
would then mean something else; so all of them move by one number of points, chosen by cost. What both together are
worth is judged on accounts that neither the refit nor the choice has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trustladder.core.policy import Policy
from trustladder.core.risk import ALWAYS, HUNDREDTHS, NEVER, points_hundredths_of, probability_of
from trustladder.core.threshold import Rule
from trustladder.learn.labels import Labelled
from trustladder.learn.refit import Refit, refit
from trustladder.learn.sweep import Sweep
from trustladder.policy.edit import set_points, set_thresholds

SHIFTS = tuple(range(-40, 41, 5))
"""By how many points thresholds are moved beyond the shift of the bases."""

RUNGS = ("contain_at", "notify_at", "escalate_at")
_STEEPEST = 200


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """A refit with thresholds moved by ``shift`` points; ``saving`` is what both save a ticket, with its interval.

    Savings are those of tickets whose account took no part in the refit nor in the choice of the shift.
    """

    found: Refit
    shift: int
    saving: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def is_better(self) -> bool:
        """True when the risk comes true more exactly, and handoffs by it do not clearly cost more."""
        return self.found.is_better and self.high >= 0


def recalibrate(policy: Policy, sweep: Sweep, labels: Sequence[Labelled | None], seed: int = 0) -> Recalibrated:
    """Return new weights and thresholds. ``labels`` has an entry an episode of the sweep, None where it is no label."""
    found = refit(policy.weights, [label for label in labels if label is not None], seed)
    if found.missing:
        return Recalibrated(found, 0)
    now = sweep.costs(policy)
    saved = np.zeros(len(now))
    for part, rest in sweep.folds(seed):
        own = refit(policy.weights, [label for place in rest if (label := labels[place]) is not None], seed)
        if not own.missing:
            costs = sweep.costs(moved(policy, own, _cheapest(policy, own, sweep, rest)))
            saved[part] = now[part] - costs[part]
    shift = _cheapest(policy, found, sweep, np.arange(len(now)))
    return Recalibrated(found, shift, *sweep.saved(saved, seed=seed))


def _cheapest(policy: Policy, found: Refit, sweep: Sweep, places: "np.typing.NDArray[np.int64]") -> int:
    return min(SHIFTS, key=lambda shift: (float(sweep.costs(moved(policy, found, shift))[places].sum()), abs(shift)))


def moved(policy: Policy, found: Refit, shift: int) -> Policy:
    """Return the policy with a refit's weights and bases, every threshold moved by its shift and ``shift`` points."""
    kinds = {name: replace(policy.ticket_types[name], base=base) for name, base in _bases(policy, found).items()}
    bars = _bars(policy, found, shift)
    rules = tuple(_with_bars(rule, bars.get(rule.id, {})) for rule in policy.rules)
    weights = {**policy.weights, **_weights(found)}
    return replace(policy, ticket_types=kinds, weights=weights, rules=rules, digest="")


def moved_text(text: str, policy: Policy, found: Refit, shift: int) -> str:
    """Return the policy file with the same change. Costs become the threshold that they gave, moved like the others."""
    bars = {
        name: {rung: f"{share:g}%" for rung, share in held.items()}
        for name, held in _bars(policy, found, shift).items()
    }
    return set_thresholds(set_points(text, _weights(found), _bases(policy, found)), bars)


def _weights(found: Refit) -> dict[str, int]:
    return {change.signal: min(_STEEPEST, change.after) for change in found.changes}


def _bases(policy: Policy, found: Refit) -> dict[str, int]:
    bases = {name: kind.base + found.base_shift for name, kind in policy.ticket_types.items()}
    return {name: max(-_STEEPEST, min(_STEEPEST, base)) for name, base in bases.items()}


def _bars(policy: Policy, found: Refit, shift: int) -> Mapping[str, Mapping[str, float]]:
    """Return each rule's thresholds in percent, to a tenth, moved; those that always or never hold stay."""
    by = (found.base_shift + shift) * HUNDREDTHS
    return {
        rule.id: {
            rung: min(99.9, max(0.1, round(probability_of(bar + by) * 100, 1)))
            for rung in RUNGS
            if (bar := getattr(rule, rung)) not in (NEVER, ALWAYS)
        }
        for rule in policy.rules
    }


def _with_bars(rule: Rule, bars: Mapping[str, float]) -> Rule:
    if not bars:
        return rule
    return replace(rule, costs=None, **{rung: points_hundredths_of(share / 100) for rung, share in bars.items()})  # type: ignore[arg-type]
