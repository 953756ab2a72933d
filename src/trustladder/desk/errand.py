"""An errand: one command on one ticket, perceived outside the lock and carried out inside it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from trustladder.core import events as e
from trustladder.core.policy import Policy
from trustladder.core.summary import summarise
from trustladder.core.ticket import Ticket
from trustladder.desk import clocks, outbox, reviews
from trustladder.desk.scribe import Scribe
from trustladder.desk.shadow import decide_beside
from trustladder.errors import IdempotencyConflict
from trustladder.ledger.protocol import Transaction

A = TypeVar("A")

Look = Callable[[Ticket], e.SignalsDetected]
"""Perceives what is coming onto a ticket that stands so."""

Again = Callable[[Ticket, A, int], None]
"""Raises when an answer that was given before, at this state of the ticket and this time, may not be given again."""

Act = Callable[[Scribe, Policy, e.SignalsDetected], A]
"""Records the command's events and returns its answer. It may run more than once; only one run is committed."""

NOTHING_SEEN = e.SignalsDetected()


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What was perceived, and the state of the ticket that it was perceived on."""

    ticket: Ticket
    seen: e.SignalsDetected


@dataclass(frozen=True, slots=True)
class Done(Generic[A]):
    """The answer, and the ticket as committed; None where an earlier answer was given again."""

    answer: A
    ticket: Ticket | None


def fingerprint_of(command: object) -> str:
    """Return the digest by which a repeated request is told from another one under the same key."""
    return hashlib.sha256(msgspec.json.encode(command)).hexdigest()


@dataclass(frozen=True, slots=True)
class Errand(Generic[A]):
    """What to do on one ticket under one policy, and how its answer is remembered. ``shadow`` decides beside it."""

    policy: Policy
    act: Act[A]
    answer_type: type[A]
    fingerprint: str = ""
    idempotency_key: str = ""
    look: Look | None = None
    shadow: Policy | None = None
    again: Again[A] | None = None
    channels: outbox.Channels = field(default_factory=dict)

    def glimpse(self, ticket: Ticket) -> Glimpse:
        """Perceive on the ticket as it is known now; nothing is locked meanwhile."""
        return Glimpse(ticket, self.look(ticket) if self.look is not None else NOTHING_SEEN)

    def carry_out(self, transaction: Transaction, before: Ticket, glimpse: Glimpse, *, patient: bool) -> Done[A] | None:
        """Decide, append and project under the lock.

        Returns None, having done nothing, when the ticket has moved since the glimpse and another look outside the
        lock is still possible (``patient``); otherwise it looks again here.
        """
        known = self._answered_before(transaction, before)
        if known is not None:
            return known
        seen = glimpse.seen
        if self.look is not None and before.position != glimpse.ticket.position:
            if patient:
                return None
            seen = self.look(before)
        scribe = Scribe(before, transaction.now_ms)
        answer = self.act(scribe, self.policy, seen)
        if self.shadow is not None:
            decide_beside(scribe, self.shadow)
        if scribe.events:
            transaction.append(scribe.events, before.position)
            transaction.project(summarise(scribe.ticket))
            clocks.wind(transaction, before, scribe)
            reviews.wind(transaction, before, scribe.ticket)
            outbox.owe(transaction, self.channels, before, scribe.ticket, scribe.events)
        if self.idempotency_key:
            transaction.remember(self.idempotency_key, self.fingerprint, msgspec.json.encode(answer))
        return Done(answer, scribe.ticket)

    def _answered_before(self, transaction: Transaction, ticket: Ticket) -> Done[A] | None:
        known = transaction.remembered(self.idempotency_key) if self.idempotency_key else None
        if known is None:
            return None
        if known.fingerprint != self.fingerprint:
            raise IdempotencyConflict(
                f"{self.idempotency_key!r} was used before on ticket {transaction.key.ticket_id} with other content",
                fix="use a new key, or a new message id, for new content",
            )
        answer: A = msgspec.json.decode(known.response, type=self.answer_type)
        if self.again is not None:
            self.again(ticket, answer, transaction.now_ms)
        return Done(answer, None)
