"""Projections from the log: the rows that lists read can be thrown away and made again, equal to the live ones."""

from trustladder.core.summary import summarise
from trustladder.core.ticket import fold_all, new_ticket
from trustladder.ledger.protocol import Ledger, TicketKey, Transaction


def rebuild(ledger: Ledger, tenant: str | None = None) -> int:
    """Write the row of every ticket anew from its events; return how many.

    It may run beside live traffic: each ticket is locked in its turn.
    """
    count = 0
    for count, key in enumerate(ledger.keys(tenant), start=1):  # noqa: B007  # the last number is the answer
        rebuild_ticket(ledger, key)
    return count


def rebuild_ticket(ledger: Ledger, key: TicketKey) -> None:
    """Write the row of one ticket anew from its events."""

    def project(transaction: Transaction) -> None:
        ticket = fold_all(new_ticket(key.tenant, key.ticket_id), transaction.history())
        transaction.project(summarise(ticket))

    ledger.transact(key, project)
