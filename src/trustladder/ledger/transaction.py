"""A ticket's transaction, the same on both stores: it speaks to whatever session its store gives it."""

from collections.abc import Sequence

from trustladder.core.containment import Lane
from trustladder.core.events import Event, Recorded
from trustladder.core.summary import TicketSummary
from trustladder.errors import BadInput, IdempotencyConflict, PositionConflict
from trustladder.ledger.chain import seal
from trustladder.ledger.codec import decode_event, encode_event, encode_summary
from trustladder.ledger.guard import lane_after, releases
from trustladder.ledger.protocol import Due, Remembered, TicketKey
from trustladder.ledger.statements import Session

NAME_CHARACTERS = 500


def checked_name(what: str, text: str) -> str:
    """Return text that may serve as a name or key in both stores. Raises BadInput for what either refuses."""
    if len(text) > NAME_CHARACTERS:
        raise BadInput(f"a {what} of {len(text)} characters is too long", fix=f"use at most {NAME_CHARACTERS}")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput(f"the {what} {text!r} holds a NUL or a lone surrogate", fix="use plain Unicode text")
    return text


def checked_key(key: TicketKey) -> TicketKey:
    """Return a key that both stores can hold. Raises BadInput for an empty or an unusable part."""
    for what, text in (("tenant", key.tenant), ("ticket id", key.ticket_id)):
        if not checked_name(what, text):
            raise BadInput(f"the {what} is empty")
    return key


class StoredTransaction:
    """See `trustladder.ledger.protocol.Transaction`. The store has opened it and will commit it or roll it back."""

    def __init__(self, session: Session, key: TicketKey, clock_ms: int | None) -> None:
        self.key = key
        self._session = session
        self._name = {"tenant": key.tenant, "ticket_id": key.ticket_id}
        self.position, lane, last_at_ms, self._head, now_ms = self._lock(clock_ms)
        self._lane = Lane(lane)
        self.now_ms: int = max(now_ms, last_at_ms)

    def _lock(self, clock_ms: int | None) -> tuple[int, int, int, bytes, int]:
        for _ in range(2):
            for position, lane, last_at_ms, head, now_ms in self._session.rows(
                "lock_ticket", now_ms=clock_ms, **self._name
            ):
                return position, lane, last_at_ms, bytes(head), now_ms
            self._session.change("start_ticket", **self._name)
        raise PositionConflict(f"the row of ticket {self.key.ticket_id} vanished while it was being locked")

    def history(self, after: int = 0) -> tuple[Recorded, ...]:
        """Return the ticket's events above ``after``; those appended here are among them."""
        return read_history(self._session, self.key, after)

    def append(self, events: Sequence[Event], expected: int) -> tuple[Recorded, ...]:
        """Append events after position ``expected``; see the protocol."""
        if expected != self.position:
            raise PositionConflict(
                f"ticket {self.key.ticket_id} stands at {self.position}, not at {expected}",
                fix="read the ticket again and retry",
            )
        encoded = [encode_event(event) for event in events]
        first = self.position + 1
        batch: list[dict[str, object]] = []
        for event, (kind, payload) in zip(events, encoded, strict=True):
            if releases(event):  # the guard in the database must see the lane as it stands before this event
                self._save(batch)
                batch = []
            batch.append(self._sealed(event, kind, payload))
        self._save(batch)
        return tuple(Recorded(first + index, self.now_ms, event) for index, event in enumerate(events))

    def _sealed(self, event: Event, kind: str, payload: bytes) -> dict[str, object]:
        self.position += 1
        self._head = seal(self._head, self.key, self.position, self.now_ms, kind, payload)
        self._lane = lane_after(self._lane, event)
        return {
            **self._name,
            "position": self.position,
            "at_ms": self.now_ms,
            "type": kind,
            "payload": payload.decode(),
            "released": releases(event),
            "digest": self._head,
        }

    def _save(self, batch: list[dict[str, object]]) -> None:
        if not batch:
            return
        self._session.change_many("append_event", batch)
        self._session.change(
            "move_ticket",
            position=self.position,
            lane=int(self._lane),
            last_at_ms=self.now_ms,
            head=self._head,
            **self._name,
        )

    def remembered(self, idempotency_key: str) -> Remembered | None:
        """Return what this key was answered on this ticket, or None."""
        checked_name("idempotency key", idempotency_key)
        found = self._session.rows("remembered", idempotency_key=idempotency_key, **self._name)
        return Remembered(found[0][0], bytes(found[0][1])) if found else None

    def remember(self, idempotency_key: str, fingerprint: str, response: bytes) -> None:
        """Keep the answer to a key; see the protocol."""
        kept = self._session.change(
            "remember",
            idempotency_key=checked_name("idempotency key", idempotency_key),
            fingerprint=checked_name("fingerprint", fingerprint),
            response=response,
            at_ms=self.now_ms,
            **self._name,
        )
        if not kept:
            raise IdempotencyConflict(f"the idempotency key {idempotency_key!r} has an answer already")

    def project(self, summary: TicketSummary) -> None:
        """Write the ticket's row for lists; see the protocol."""
        shown = (summary.tenant, summary.ticket_id, summary.position, summary.lane)
        stands = (self.key.tenant, self.key.ticket_id, self.position, self._lane)
        if shown != stands:
            raise BadInput(f"the summary is of {shown}, the ledger stands at {stands}")
        self._session.change(
            "project_ticket",
            queue=checked_name("queue", summary.queue),
            account_id=checked_name("account id", summary.account_id),
            owner=checked_name("owner", summary.owner),
            summary=encode_summary(summary),
            **self._name,
        )

    def schedule(self, due: Due) -> None:
        """Owe a timer or effect of this ticket; see the protocol."""
        if due.key != self.key:
            raise BadInput(f"{due.uniq!r} is of ticket {due.key.ticket_id}, the lock is on {self.key.ticket_id}")
        self._session.change(
            "schedule",
            uniq=checked_name("name of a due row", due.uniq),
            kind=checked_name("kind of a due row", due.kind),
            due_ms=due.due_ms,
            payload=due.payload,
            fence=draw_fence(self._session),
            **self._name,
        )

    def withdraw(self, uniq_prefix: str) -> None:
        """Drop this ticket's rows whose ``uniq`` starts so and that are not done."""
        self._session.change("withdraw", uniq_prefix=checked_name("name of a due row", uniq_prefix), **self._name)


def draw_fence(session: Session) -> int:
    """Return a number that no due row has had as its fence."""
    return int(session.rows("draw_fence")[0][0])


def read_history(session: Session, key: TicketKey, after: int) -> tuple[Recorded, ...]:
    """Return the events of a ticket above position ``after`` as the session sees them, oldest first."""
    found = session.rows("history", tenant=key.tenant, ticket_id=key.ticket_id, after=after)
    return tuple(
        Recorded(position, at_ms, decode_event(kind, payload.encode())) for position, at_ms, kind, payload in found
    )
