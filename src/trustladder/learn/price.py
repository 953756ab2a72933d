"""What a handoff and a bad automated stretch cost, in the policy's currency, where the policy says so."""

from collections.abc import Mapping
from dataclasses import dataclass

from trustladder.core.episode import Episode
from trustladder.core.policy import UNKNOWN_TYPE, Policy
from trustladder.core.threshold import Costs
from trustladder.core.verdict import golden_turn, went_badly
from trustladder.policy.implication import on_type_alone, types_of


@dataclass(frozen=True, slots=True)
class Spent:
    """The cost of some episodes: people's minutes, and the spillover of bot turns after the golden turn."""

    people: float = 0.0
    spillover: float = 0.0

    @property
    def total(self) -> float:
        """Both together."""
        return self.people + self.spillover

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.people + other.people, self.spillover + other.spillover)


def prices_of(policy: Policy) -> dict[str, Costs]:
    """Return the costs by ticket type, of the strictest rule that gives costs for the type; types without are left out.

    Only rules that ask for nothing but the type count: the others hold for some tickets of a type only.
    """
    found: dict[str, Costs] = {}
    for rule in policy.rules:
        if rule.costs is None or not on_type_alone(rule.when):
            continue
        for name in types_of(policy, rule.when):
            if name not in found or rule.costs.escalate_at < found[name].escalate_at:
                found[name] = rule.costs
    return found


def price_for(prices: Mapping[str, Costs], ticket_type: str) -> Costs | None:
    """Return the costs of a ticket of this type, or of an unknown one, or None."""
    return prices.get(ticket_type or UNKNOWN_TYPE, prices.get(UNKNOWN_TYPE))


def harm_share(episode: Episode, handoff_turn: int | None) -> float:
    """Return which share of the harm of automation happened where people came at ``handoff_turn`` (None: never).

    Of a ticket with a golden turn it is the share of the bot's turns after it that still came. Of one that ended badly
    without a golden turn it is all or nothing: whether people came. Any other ticket came to no harm.
    """
    golden = golden_turn(episode)
    if golden is None:
        return float(went_badly(episode) and handoff_turn is None)
    after = [turn for turn in episode.bot_turns if turn > golden.turn]
    still = [turn for turn in after if handoff_turn is None or turn <= handoff_turn]
    if not after:
        return float(handoff_turn is None)
    return len(still) / len(after)


def cost_of(episode: Episode, handoff_turn: int | None, costs: Costs) -> Spent:
    """Return what an episode costs where people come at ``handoff_turn`` (None: never)."""
    people = 0.0 if handoff_turn is None else costs.person_minutes * costs.person_minute
    return Spent(people, costs.spillover * harm_share(episode, handoff_turn))
