"""One ticket under two policies: when each hands over, and what the change does to it.

A conversation is perceived once and decided on under both by the same `decide` that runs live. It is a shadow: what
customers, bots and people did stays as it happened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from trustladder.core import events as e
from trustladder.core.episode import Episode
from trustladder.core.indicators import SMALL_N
from trustladder.core.policy import Policy
from trustladder.core.verdict import GoldenTurn, Verdict, golden_turn, verdict_on
from trustladder.learn.case import EpisodeReading, Played
from trustladder.learn.conversation import Conversation
from trustladder.learn.past import Past, PastConversation, PastTicket
from trustladder.learn.replay import Perceive
from trustladder.learn.resample import ratio_interval
from trustladder.learn.seen import SeenOnce

NOT_IN_TIME = frozenset({Verdict.LATE, Verdict.MISSED})


class Effect(StrEnum):
    """What a change of the policy does to one ticket, gravest first."""

    NO_LONGER_CAUGHT = "no_longer_caught"
    NEWLY_CAUGHT = "newly_caught"
    NEWLY_UNNECESSARY = "newly_unnecessary"
    NO_LONGER_UNNECESSARY = "no_longer_unnecessary"
    LATER = "later"
    EARLIER = "earlier"
    CONTAINED = "contained"


@dataclass(frozen=True, slots=True)
class Tried:
    """One episode under two policies. What happened in it is the same in both readings."""

    conversation: str
    source: str
    line: int
    before: EpisodeReading
    after: EpisodeReading

    @property
    def episode(self) -> Episode:
        """What happened."""
        return self.before.episode

    @property
    def golden(self) -> GoldenTurn | None:
        """The golden turn by hindsight."""
        return golden_turn(self.episode)

    @property
    def turns(self) -> tuple[int | None, int | None]:
        """When each policy hands over, None for never."""
        return self.before.episode.policy_escalate_turn, self.after.episode.policy_escalate_turn

    @property
    def verdicts(self) -> tuple[Verdict, Verdict]:
        """How well each policy chose the moment, against the golden turn."""
        old, new = (verdict_on(self.episode, self.golden, turn).verdict for turn in self.turns)
        return old, new

    @property
    def group(self) -> str:
        """What must not be torn apart when tickets are drawn again: the account, else the ticket."""
        return self.episode.account_id or self.conversation

    @property
    def shift(self) -> int | None:
        """How many bot turns later (negative: earlier) the new policy hands over; None where one of them never does."""
        old, new = self.turns
        if old is None or new is None:
            return None
        between = sum(1 for turn in self.episode.bot_turns if min(old, new) < turn <= max(old, new))
        return between if new >= old else -between

    @property
    def effect(self) -> Effect | None:
        """What the change does to the ticket, None for nothing."""
        old, new = self.verdicts
        if new in NOT_IN_TIME and old is Verdict.ON_TIME:
            return Effect.NO_LONGER_CAUGHT
        if old in NOT_IN_TIME and new is Verdict.ON_TIME:
            return Effect.NEWLY_CAUGHT
        if Verdict.UNNECESSARY in (old, new) and old is not new:
            return Effect.NEWLY_UNNECESSARY if new is Verdict.UNNECESSARY else Effect.NO_LONGER_UNNECESSARY
        if self.turns[0] != self.turns[1]:
            return Effect.EARLIER if _sooner(self.turns[1], self.turns[0]) else Effect.LATER
        moved = self.before.episode.policy_contain_turn != self.after.episode.policy_contain_turn
        return Effect.CONTAINED if moved else None


Figure = Callable[[Tried, int], float]
"""A figure of one episode under the old policy (0) or the new one (1)."""


def _sooner(one: int | None, other: int | None) -> bool:
    return one is not None and (other is None or one < other)


def try_both(conversation: Conversation, old: Policy, new: Policy, perceive: Perceive) -> tuple[Tried, ...]:
    """Return the episodes of a past conversation under both policies, perceived once."""
    past = PastConversation(conversation, SeenOnce(perceive))
    return paired(past, past.under(old), past.under(new))


def try_recorded(ticket_id: str, history: Sequence[e.Recorded], old: Policy, new: Policy) -> tuple[Tried, ...]:
    """Return the episodes of a ticket of the ledger under both policies, from the signals that were recorded."""
    past = PastTicket(ticket_id, tuple(history))
    return paired(past, past.under(old), past.under(new))


def paired(past: Past, before: Played, after: Played) -> tuple[Tried, ...]:
    """Return the episodes of a past ticket as two policies would have treated them."""
    pairs = zip(before.readings, after.readings, strict=True)
    return tuple(Tried(past.name, past.source, past.line, old, new) for old, new in pairs)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure before and after, with the 95 % interval of the change (accounts drawn again); ``n`` tickets."""

    before: float
    after: float
    low: float
    high: float
    n: int

    @property
    def change(self) -> float:
        """After minus before."""
        return self.after - self.before

    @property
    def is_clear(self) -> bool:
        """True when the interval leaves out 0 and there are enough tickets: only then is the change a finding."""
        return self.n >= SMALL_N and (self.low > 0 or self.high < 0)


def difference(tried: Sequence[Tried], figure: Figure) -> Difference:
    """Return the mean of a figure under both policies and the interval of the change, accounts drawn again."""
    if not tried:
        return Difference(0.0, 0.0, 0.0, 0.0, 0)
    before, after = (np.array([float(figure(one, side)) for one in tried]) for side in (0, 1))
    low, high = ratio_interval([one.group for one in tried], after - before, np.ones(len(tried)), seed=0)
    return Difference(float(before.mean()), float(after.mean()), low, high, len(tried))
