"""Escalation Threshold: for this ticket's type, customer state and account, where care must rise.

Every rule whose conditions hold speaks, and the strictest word wins: the lowest thresholds, the tightest
limits, the smallest authority.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trustladder.core.conditions import Group
from trustladder.core.containment import Authority
from trustladder.core.risk import NEVER


@dataclass(frozen=True, slots=True)
class Costs:
    """What a threshold can follow from: the cost of spillover against the cost of a person's minutes.

    ``spillover`` and ``person_minute`` are in the policy's currency. Escalating pays off where
    ``risk × spillover ≥ person_minutes × person_minute`` (expected cost; Elkan, IJCAI 2001, eq. 2).
    """

    spillover: float
    person_minutes: float
    person_minute: float = 1.0

    @property
    def escalate_at(self) -> float:
        """The risk, 0 to 1, from which a person costs less than the expected spillover."""
        return min(1.0, self.person_minutes * self.person_minute / self.spillover)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the policy's thresholds: where it applies and what it then asks for.

    Thresholds are in hundredths of a point. ``escalate_when``, ``notify_when`` and ``contain_when`` hold
    alternatives: each is a group of conditions, and one group that holds is enough. Those are hard: they
    remove an option whatever the risk (law 5).
    """

    id: str
    when: Group = ()
    contain_at: int = NEVER
    notify_at: int = NEVER
    escalate_at: int = NEVER
    contain_when: tuple[Group, ...] = ()
    notify_when: tuple[Group, ...] = ()
    escalate_when: tuple[Group, ...] = ()
    max_bot_turns: int | None = None
    max_minutes: int | None = None
    authority: Authority | None = None
    because: str = ""
    costs: Costs | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A threshold or limit in force with the rule that set it; ``value`` is in the threshold's own unit."""

    value: int
    rule_id: str


@dataclass(frozen=True, slots=True)
class EscalationThreshold:
    """What the matching rules ask for together. Thresholds in hundredths of a point, limits in turns and minutes."""

    contain_at: Bound | None = None
    notify_at: Bound | None = None
    escalate_at: Bound | None = None
    max_bot_turns: Bound | None = None
    max_minutes: Bound | None = None
    rule_ids: tuple[str, ...] = ()


def _lowest(bounds: Iterable[tuple[int | None, str]], never: int | None = None) -> Bound | None:
    given = [(value, rule_id) for value, rule_id in bounds if value is not None and value != never]
    return Bound(*min(given, key=lambda pair: pair[0])) if given else None


def strictest(rules: Iterable[Rule]) -> EscalationThreshold:
    """Return the strictest threshold and limits of the rules that hold; the first rule wins a tie."""
    held = tuple(rules)
    return EscalationThreshold(
        contain_at=_lowest(((r.contain_at, r.id) for r in held), NEVER),
        notify_at=_lowest(((r.notify_at, r.id) for r in held), NEVER),
        escalate_at=_lowest(((r.escalate_at, r.id) for r in held), NEVER),
        max_bot_turns=_lowest((r.max_bot_turns, r.id) for r in held),
        max_minutes=_lowest((r.max_minutes, r.id) for r in held),
        rule_ids=tuple(r.id for r in held),
    )
