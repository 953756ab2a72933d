"""Perception once for several policies: what a turn shows depends on the policy in few things only.

These are the ticket types with their examples, the revenue from which an account counts as valuable, and, in an
episode after a reopening, how high the earlier ones rose. Where none of them differs, a turn is not read again.
"""

from trustladder.core import events as e
from trustladder.core.policy import Policy
from trustladder.core.ticket import Ticket, Turn
from trustladder.learn.replay import Perceive


def what_perception_asks(policy: Policy) -> tuple[object, ...]:
    """Return all of a policy that perception reads: policies that agree in it see the same in every turn."""
    kinds = tuple((kind.name, kind.examples) for kind in policy.ticket_types.values())
    return kinds, policy.high_value


class SeenOnce:
    """Perception of one conversation that remembers what it saw. ``readings`` counts how often it really read.

    It may be sent to another process without its perception, which `resume_with` gives back.
    """

    def __init__(self, perceive: Perceive) -> None:
        self._perceive: Perceive | None = perceive
        self._held: dict[tuple[object, ...], e.SignalsDetected] = {}
        self.readings = 0

    def __call__(self, ticket: Ticket, turn: Turn, policy: Policy) -> e.SignalsDetected:
        """Return what the turn shows; ``ticket`` is the state before it."""
        risen = tuple(past.highest_lane for past in ticket.past)
        key = (turn.index, risen, *what_perception_asks(policy))
        seen = self._held.get(key)
        if seen is None:
            assert self._perceive is not None, "what came from another process is given its perception back"  # noqa: S101
            self.readings += 1
            seen = self._held[key] = self._perceive(ticket, turn, policy)
        return seen

    def resume_with(self, perceive: Perceive) -> None:
        """Read with this perception what was not seen yet."""
        self._perceive = perceive

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_perceive": None}
