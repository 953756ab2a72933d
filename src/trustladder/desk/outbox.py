"""The outbox: what people are told about a ticket, owed as rows in the transaction that made it true.

One row a channel. Whoever works delivers them, as often as it takes: a receiver tells a repeated delivery by its id.
What cannot be delivered becomes a dead letter, which a person reads and brings back.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from trustladder.core import events as e
from trustladder.core.ticket import Ticket, running_clock
from trustladder.errors import NotAllowed
from trustladder.ledger.protocol import Due, DueState, Ledger, TicketKey, Transaction

KIND = "notify:"
"""The kinds of due row that notifications are begin so; the channel follows."""

WAITS_SECONDS = (5, 30, 120, 600, 1_800, 7_200, 18_000)
"""How long after each failure a delivery is tried again; after the last it is dead. Together about eight hours."""

BATCH = 5
LEASE_MS = 90_000
"""How long a worker may take for a batch: a delivery that it does not live to finish is made by another one then."""


class Occasion(StrEnum):
    """What people are told about: handed to them, a deadline missed, to watch, or a law that had been broken."""

    ESCALATED = "escalated"
    BREACHED = "breached"
    WATCH = "watch"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing to tell. ``id`` is the same in every delivery of it; times in epoch milliseconds.

    ``sentence`` is ours and the policy's words; nothing of the conversation leaves the ledger by this way but the
    reason that a bot or a colleague gave for a handoff.
    """

    id: str
    occasion: Occasion
    tenant: str
    ticket_id: str
    position: int
    at_ms: int
    queue: str
    sentence: str
    due_ms: int | None = None
    owner: str = ""


class DeliveryFailed(Exception):
    """A channel did not take a notification. ``for_good`` where trying again cannot help; else it will be."""

    def __init__(self, why: str, *, for_good: bool = False, wait_seconds: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good
        self.wait_seconds = wait_seconds


Send = Callable[[Notification], None]
"""Delivers one notification, or raises `DeliveryFailed`."""

CHANNELS = ("email", "slack", "webhook")
"""Every channel there is."""

Channels = Mapping[Occasion, tuple[str, ...]]
"""The channels that an occasion is told through."""

NOBODY: Channels = {}


def owe(transaction: Transaction, channels: Channels, before: Ticket, after: Ticket, events: list[e.Event]) -> None:
    """Owe what these events give to tell, in the transaction that records them."""
    if not channels:
        return
    for offset, event in enumerate(events, start=1):
        told = _told(event, after)
        if told is None:
            continue
        occasion, queue, sentence = told
        note = _notification(transaction, before.position + offset, after, occasion, queue, sentence)
        for channel in channels.get(occasion, ()):
            due = Due(KIND + channel, transaction.key, transaction.now_ms, f"{KIND}{channel}:{note.id}", encode(note))
            transaction.schedule(due)


def _told(event: e.Event, after: Ticket) -> tuple[Occasion, str, str] | None:
    match event:
        case e.Escalated():
            return Occasion.ESCALATED, event.queue, f"Escalated to {event.queue}: {event.reason}"
        case e.SentUp():
            why = f"{event.amount:g} is above what {event.person_id} may decide on"
            return Occasion.ESCALATED, event.queue, f"Sent up to {event.queue}: {why}"
        case e.ClockBreached():
            return Occasion.BREACHED, event.queue, f"The {event.clock} deadline passed; it is with {event.queue} now"
        case e.OwnershipReturned(returned_by=by) if by:
            queue = after.handoff.queue if after.handoff is not None else event.queue
            return Occasion.BREACHED, queue, f"Back in {queue}: {event.reason}"
        case e.PersonNotified():
            return Occasion.WATCH, event.queue, f"A ticket to watch, for {event.queue}: {_first_reason(after)}"
        case e.ClockRestored():
            queue = after.handoff.queue if after.handoff is not None else ""
            return Occasion.ALARM, queue, "An escalated ticket had no timer; the watchdog has set it again"
        case _:
            return None


def _first_reason(ticket: Ticket) -> str:
    reasons = ticket.decision.reasons if ticket.decision is not None else ()
    told = next((reason.sentence for reason in reasons if reason.notify), "")
    return told or next((reason.sentence for reason in reasons), "the policy asks for it")


def _notification(
    transaction: Transaction, position: int, after: Ticket, occasion: Occasion, queue: str, sentence: str
) -> Notification:
    key, clock = transaction.key, running_clock(after)
    seed = msgspec.json.encode((key.tenant, key.ticket_id, position, occasion))
    return Notification(
        id="msg_" + hashlib.sha256(seed).hexdigest()[:32],
        occasion=occasion,
        tenant=key.tenant,
        ticket_id=key.ticket_id,
        position=position,
        at_ms=transaction.now_ms,
        queue=queue,
        sentence=sentence,
        due_ms=clock[1] if clock is not None else None,
        owner=after.owner or "",
    )


def encode(note: Notification) -> bytes:
    """Return a notification as its due row holds it."""
    return msgspec.json.encode(note)


def decode(payload: bytes) -> Notification:
    """Return the notification of a due row. Raises msgspec.DecodeError for what is none."""
    return msgspec.json.decode(payload, type=Notification)


def deliver_due(
    ledger: Ledger,
    senders: Mapping[str, Send],
    jitter: Callable[[], float] = random.random,
    lease_ms: int = LEASE_MS,
) -> int:
    """Deliver what is due, a batch; return how many rows were looked at.

    A delivery that fails is tried again after `WAITS_SECONDS`, up to a quarter later by ``jitter`` (0 to 1), so that
    what failed together does not come back together.
    """
    batch = ledger.claim_due([KIND + channel for channel in senders], BATCH, lease_ms) if senders else []
    for due in batch:
        try:
            senders[due.kind.removeprefix(KIND)](decode(due.payload))
        except DeliveryFailed as failed:
            _try_later(ledger, due, failed, jitter)
        except msgspec.DecodeError as error:
            ledger.dead_due(due, f"the row cannot be read: {error}")
        else:
            ledger.finish_due(due)
    return len(batch)


def _try_later(ledger: Ledger, due: Due, failed: DeliveryFailed, jitter: Callable[[], float]) -> None:
    if failed.for_good or due.attempts > len(WAITS_SECONDS):
        ledger.dead_due(due, failed.why)
        return
    wait_ms = max(WAITS_SECONDS[due.attempts - 1], failed.wait_seconds) * 1000
    ledger.retry_due(due, ledger.now_ms() + int(wait_ms * (1 + jitter() / 4)), failed.why)


@dataclass(frozen=True, slots=True)
class Letter:
    """A notification in the outbox: its channel, its row's name, how often it was tried, and why it failed last."""

    channel: str
    name: str
    notification: Notification
    attempts: int
    due_ms: int
    why: str


def dead_letters(ledger: Ledger, tenant: str | None = None, limit: int = 100) -> tuple[Letter, ...]:
    """Return the notifications that were given up, the oldest first, of one tenant or of all."""
    return letters(ledger, DueState.DEAD, tenant, limit)


def letters(ledger: Ledger, state: DueState, tenant: str | None = None, limit: int = 100) -> tuple[Letter, ...]:
    """Return the notifications in a state, the oldest first, of one tenant or of all."""
    kinds = [KIND + channel for channel in CHANNELS]
    return tuple(_letters(ledger.list_due(state, tenant=tenant, kinds=kinds, limit=limit)))


def _letters(rows: list[Due]) -> Iterator[Letter]:
    for due in rows:
        try:
            note = decode(due.payload)
        except msgspec.DecodeError:
            sentence = "the row cannot be read"
            note = Notification("", Occasion.ALARM, due.key.tenant, due.key.ticket_id, 0, due.due_ms, "", sentence)
        yield Letter(due.kind.removeprefix(KIND), due.uniq, note, due.attempts, due.due_ms, due.note)


def bring_back(ledger: Ledger, key: TicketKey, name: str) -> None:
    """Let a dead letter be delivered again from now on. Raises NotAllowed when it is none (any more)."""
    for due in ledger.list_due(DueState.DEAD, key=key, limit=1_000):
        if due.uniq == name and due.kind.startswith(KIND):
            if ledger.retry_due(due, ledger.now_ms(), f"brought back; before: {due.note}"):
                return
            break
    raise NotAllowed(f"ticket {key.ticket_id} has no dead letter {name!r}", fix="look at the dead letters again")
