"""Folded tickets in memory, so that a fold reads only the events that are new."""

from collections import OrderedDict
from threading import Lock

from trustladder.core.ticket import Ticket, new_ticket
from trustladder.ledger.protocol import TicketKey

CACHED_TICKETS = 20_000


class TicketCache:
    """Committed states of tickets by key, least recently used first out. Safe to share between threads."""

    def __init__(self, size: int = CACHED_TICKETS) -> None:
        self._size = size
        self._held: OrderedDict[TicketKey, Ticket] = OrderedDict()
        self._lock = Lock()

    def get(self, key: TicketKey) -> Ticket:
        """Return the newest state known of a ticket, or the ticket before its first event."""
        with self._lock:
            ticket = self._held.get(key)
            if ticket is not None:
                self._held.move_to_end(key)
        return ticket if ticket is not None else new_ticket(key.tenant, key.ticket_id)

    def put(self, key: TicketKey, ticket: Ticket) -> None:
        """Keep a committed state, unless a newer one is there."""
        with self._lock:
            held = self._held.get(key)
            if held is None or held.position < ticket.position:
                self._held[key] = ticket
            self._held.move_to_end(key)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
