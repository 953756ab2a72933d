"""Earned authority: the evidence, by ticket type, for and against the next level of what automation may do.

The levels are those of the article: acknowledge, gather, inform, resolve. A type rises one level where enough tickets
that automation had went well, and falls one where clearly too many did not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scipy.stats import beta

from trustladder.core.containment import Act, Authority
from trustladder.core.episode import Episode
from trustladder.core.policy import UNKNOWN_TYPE, Policy
from trustladder.core.threshold import Rule
from trustladder.core.verdict import Verdict, hindsight, went_badly, went_well
from trustladder.policy.implication import on_type_alone, types_of

LEVELS = (Act.ACKNOWLEDGE, Act.GATHER, Act.INFORM, Act.RESOLVE)
"""The acts that mark a level, lowest first; a level holds all acts up to its own in the ladder's order."""

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Bar:
    """What a type must show: at least ``tickets`` with a known end, of which at most a share went badly.

    ``rise_below`` bounds the upper end of the bad share (one-sided 95 %) for promotion, ``fall_above`` its lower end
    for demotion. Where trust hangs on the answer, both are halved.
    """

    tickets: int = 100
    rise_below: float = 0.05
    fall_above: float = 0.15

    def on(self, trust_critical: bool) -> "Bar":
        """Return the bar for a type."""
        return Bar(self.tickets, self.rise_below / 2, self.fall_above / 2) if trust_critical else self


@dataclass(frozen=True, slots=True)
class Earned:
    """One ticket type's record: the level it holds, tickets with a known end, how many went badly, and the bounds.

    ``reviewed`` counts those that a person reviewed. ``next`` is the level that the record speaks for, the present one
    where it speaks for neither; ``because`` says it in a sentence.
    """

    ticket_type: str
    level: Act
    next: Act
    tickets: int
    bad: int
    reviewed: int
    low: float
    high: float
    because: str


def bad_share(bad: int, tickets: int) -> tuple[float, float]:
    """Return one-sided 95 % bounds of the share that goes badly (Clopper and Pearson, Biometrika 26, 1934)."""
    low = 0.0 if bad == 0 else float(beta.ppf(1 - CONFIDENCE, bad, tickets - bad + 1))
    high = 1.0 if bad == tickets else float(beta.ppf(CONFIDENCE, bad + 1, tickets - bad))
    return low, high


def records(policy: Policy, episodes: Iterable[Episode], bar: Bar | None = None) -> list[Earned]:
    """Return the record of each ticket type of the policy that automation had any ticket of.

    A ticket counts where its end is known or a person reviewed it, and the bot spoke. It went badly when hindsight
    calls it late or missed, or it ended badly without a person.
    """
    by_type: dict[str, list[Episode]] = {}
    for episode in episodes:
        known = episode.review is not None or went_badly(episode) or went_well(episode)
        if episode.bot_turns and known:
            by_type.setdefault(episode.ticket_type or UNKNOWN_TYPE, []).append(episode)
    held = bar or Bar()
    return [_record(policy, name, by_type[name], held) for name in policy.ticket_types if name in by_type]


def _record(policy: Policy, name: str, found: list[Episode], bar: Bar) -> Earned:
    bad = sum(hindsight(episode).verdict in {Verdict.LATE, Verdict.MISSED} for episode in found)
    low, high = bad_share(bad, len(found))
    level = level_of(authority_of(policy, name))
    own = bar.on(policy.ticket_types[name].trust_critical)
    following, because = _next(level, len(found), (low, high), own)
    reviewed = sum(episode.review is not None for episode in found)
    return Earned(name, level, following, len(found), bad, reviewed, low, high, because)


def _next(level: Act, tickets: int, bounds: tuple[float, float], bar: Bar) -> tuple[Act, str]:
    place, (low, high) = LEVELS.index(level), bounds
    if tickets < bar.tickets:
        return level, f"Known ends: {tickets:,}; {bar.tickets:,} are asked for."
    if low > bar.fall_above and place > 0:
        return LEVELS[place - 1], f"At least {low:.1%} go badly, and {bar.fall_above:.1%} is the most for this level."
    if high < bar.rise_below and place + 1 < len(LEVELS):
        return LEVELS[
            place + 1
        ], f"At most {high:.1%} go badly, below the {bar.rise_below:.1%} that the next level asks."
    if high < bar.rise_below:
        return level, "It holds the highest level, and its record keeps it there."
    return level, f"Between {low:.1%} and {high:.1%} go badly: enough for this level, too much for the next."


def authority_of(policy: Policy, ticket_type: str) -> Authority:
    """Return what automation may do on a type while nothing asks for care, by the rules on the type alone."""
    held = policy.automated
    for rule in holding(policy, ticket_type):
        if rule.authority is not None:
            held = held.intersect(rule.authority)
    return held


def holding(policy: Policy, ticket_type: str) -> Iterator[Rule]:
    """Yield the rules that limit the authority on a type and ask for nothing but the type."""
    for rule in policy.rules:
        if rule.authority is not None and ticket_type in types_of(policy, rule.when) and on_type_alone(rule.when):
            yield rule


def level_of(authority: Authority) -> Act:
    """Return the highest level that an authority reaches."""
    return next((level for level in reversed(LEVELS) if level in authority.acts), LEVELS[0])


def acts_at(level: Act) -> tuple[str, ...]:
    """Return the acts of a level: its own and all that are milder."""
    order = tuple(Act)
    return tuple(act.value for act in order[: order.index(level) + 1])
