"""Queue Integrity, live: who took what before what, from the record that every taking leaves in the ledger."""

from collections import deque
from dataclasses import dataclass
from threading import Lock

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.queueing import QueueIntegrity, Taking, queue_integrity
from trustladder.core.summary import TicketSummary
from trustladder.ledger.protocol import Ledger

MOST_TAKINGS = 10_000
"""How many takings of a tenant are added up, the newest."""

HIGH_RISK_HUNDREDTHS = 0
"""From this risk on, in hundredths of a point, the next automated step is more likely than not to make it worse."""

BATCH = 500


@dataclass(frozen=True, slots=True)
class QueueReport:
    """Queue Integrity, and the high-risk tickets that automation still has, the riskiest first."""

    integrity: QueueIntegrity
    still_automated: tuple[TicketSummary, ...]


class IntegrityBook:
    """The takings of every tenant that was asked for, read on from the ledger each time. Safe to share."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self._takings: dict[str, deque[Taking]] = {}
        self._read_to: dict[str, int] = {}

    def report(self, tenant: str, since_ms: int = 0) -> QueueReport:
        """Return what the takings since a moment (epoch milliseconds) say, and what automation still holds at risk."""
        with self._lock:
            takings = [taking for taking in self._newest(tenant) if taking.at_ms >= since_ms]
        rows = self._ledger.summaries(tenant, lanes=(Lane.AUTOMATED, Lane.CONTAINED), limit=MOST_TAKINGS).rows
        risky = (row for row in rows if row.risk_points_hundredths >= HIGH_RISK_HUNDREDTHS)
        riskiest = sorted(
            risky, key=lambda row: (-row.risk_points_hundredths, row.waiting_since_ms or row.updated_at_ms)
        )
        return QueueReport(queue_integrity(takings), tuple(riskiest))

    def _newest(self, tenant: str) -> deque[Taking]:
        held = self._takings.setdefault(tenant, deque(maxlen=MOST_TAKINGS))
        while fed := self._ledger.feed(self._read_to.get(tenant, 0), BATCH, tenant, (e.OwnershipTaken.__name__,)):
            self._read_to[tenant] = fed[-1].sequence
            for item in fed:
                event = item.recorded.event
                if isinstance(event, e.OwnershipTaken) and event.standing is not None:
                    held.append(Taking(item.key.ticket_id, event.person_id, item.recorded.at_ms, event.standing))
        return held
