"""How far a person may decide, and where a ticket goes when that is not far enough."""

from dataclasses import dataclass

from trustladder.core.policy import Policy
from trustladder.core.routing import chain_above
from trustladder.core.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Limit:
    """What a person may decide on, in the policy's currency (None: no amount), and the queue above."""

    amount: float | None
    currency: str
    above: str

    @property
    def words(self) -> str:
        """The limit in words."""
        return "no amount" if self.amount is None else f"amounts up to {self.amount:g} {self.currency}".rstrip()

    def exceeded_by(self, amount: float) -> bool:
        """Return whether an amount is beyond the limit."""
        return amount > 0 and (self.amount is None or amount > self.amount)


def limit_of(policy: Policy, person_id: str, ticket: Ticket) -> Limit:
    """Return how far a person may decide on a ticket."""
    person = policy.people.get(person_id)
    amount = person.authority.get("refund") if person is not None else None
    above = chain_above(policy, ticket.handoff.queue if ticket.handoff is not None else "")
    return Limit(amount, policy.currency, above[0].id if above else "")
