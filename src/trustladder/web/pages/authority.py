"""How far a person may decide, and where a ticket goes when that is not far enough."""

from dataclasses import dataclass

from trustladder.core.policy import Policy, Queue
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


def chain_above(policy: Policy, queue_id: str) -> list[Queue]:
    """Return the queues above one, nearest first: its escalation chain, each once."""
    chain: list[Queue] = []
    here = policy.queues.get(queue_id)
    while here is not None and (above := policy.queues.get(here.escalates_to)) is not None:
        if above.id == queue_id or above in chain:
            break
        chain.append(above)
        here = above
    return chain


def queue_that_may(policy: Policy, queue_id: str, amount: float) -> str:
    """Return the nearest queue, from this one up the chain, with a person who may decide on an amount.

    Where nobody may, the top of the chain: it is for them to find somebody. "" when there is no other queue at all.
    """
    chain = [*([policy.queues[queue_id]] if queue_id in policy.queues else []), *chain_above(policy, queue_id)]
    for queue in chain:
        people = [policy.people[name] for name in queue.people if name in policy.people]
        if any(person.authority.get("refund", 0.0) >= amount for person in people):
            return queue.id
    return chain[-1].id if len(chain) > 1 else ""
