"""The board: every open ticket's row in memory, kept up to date from the ledger's feed.

Lists, counts and places in a queue are asked for far more often than tickets change, so that each process reads a row
once a change, and not once a page or a claim. The board holds nothing that the ledger does not: it can be dropped and
read again at any time.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from threading import Lock

from trustladder.core.containment import Lane
from trustladder.core.plan import Standing
from trustladder.core.policy import Policy
from trustladder.core.queueing import Places, in_order, rank
from trustladder.core.summary import TicketSummary
from trustladder.ledger.protocol import Ledger, TicketKey

OF_PEOPLE = (Lane.CONTAINED, Lane.ESCALATED, Lane.OWNED)
MOST_AUTOMATED = 2_000
"""How many automated tickets, newest first, a board holds; the API lists them all."""
MOST_RESOLVED = 200
BATCH = 500
MOST_BEHIND = 20
"""How many batches of the feed a board reads on; what is further behind is read again as a whole."""
ORDER_MS = 2_000
"""How long an order of priority is kept, and only what changed is put in its place: priorities grow by the minute."""


class Rows:
    """One tenant's rows by ticket id, with the place in the feed of each ticket's last change of lane that was seen."""

    def __init__(self, rows: Iterable[TicketSummary]) -> None:
        self.by_id = {row.ticket_id: row for row in rows}
        self.sequence = 0
        self._moved_at: dict[str, int] = {}
        self._touched: set[str] = set()
        self._order: tuple[tuple[object, ...], list[TicketSummary]] = ((), [])
        self._places: Places | None = None

    def put(self, row: TicketSummary, sequence: int) -> None:
        """Hold a row as it is after an event of the feed."""
        held = self.by_id.get(row.ticket_id)
        if held is None or held.lane is not row.lane:
            self._moved_at[row.ticket_id] = sequence
        self.by_id[row.ticket_id] = row
        self._touched.add(row.ticket_id)
        if self._places is not None:
            if row.lane is Lane.ESCALATED:
                self._places.put(row)
            else:
                self._places.drop(row.ticket_id)

    def places(self, policy: Policy) -> Places:
        """Return the tickets that wait, by their places under a policy."""
        if self._places is None or self._places.policy.digest != policy.digest:
            self._places = Places(policy, self.of(Lane.ESCALATED))
        return self._places

    def of(self, *lanes: Lane) -> list[TicketSummary]:
        """Return the rows in some lanes, in no order."""
        return [row for row in list(self.by_id.values()) if row.lane in lanes]

    def moved_since(self, sequence: int) -> set[str]:
        """Return the tickets whose lane changed after a place in the feed."""
        return {name for name, at in list(self._moved_at.items()) if at > sequence}

    def waiting(self, policy: Policy, now_ms: int) -> list[TicketSummary]:
        """Return the tickets that wait for a person, in the order in which people should take them."""
        touched, self._touched = self._touched, set()
        order_of, order = (policy.digest, now_ms // ORDER_MS), self._order[1]
        if self._order[0] != order_of:
            order = in_order(policy, self.of(Lane.ESCALATED), now_ms)
        elif touched:
            order = self._mended(order, touched, rank(policy, now_ms))
        self._order = (order_of, order)
        return order

    def _mended(
        self, order: list[TicketSummary], touched: set[str], key: Callable[[TicketSummary], tuple[float, int, str]]
    ) -> list[TicketSummary]:
        """Return an order with the rows that changed in their new places, or gone."""
        mended = [row for row in order if row.ticket_id not in touched]
        for row in (self.by_id.get(name) for name in touched):
            if row is not None and row.lane is Lane.ESCALATED:
                insort(mended, row, key=key)
        return mended

    def trim(self) -> None:
        """Let go of the oldest automated and resolved tickets, once there are twice as many as are shown."""
        for lane, most in ((Lane.AUTOMATED, MOST_AUTOMATED), (Lane.RESOLVED, MOST_RESOLVED)):
            held = self.of(lane)
            if len(held) > 2 * most:
                for row in sorted(held, key=lambda row: row.updated_at_ms)[:-most]:
                    del self.by_id[row.ticket_id]
                    self._moved_at.pop(row.ticket_id, None)


def tail_of(ledger: Ledger) -> int:
    """Return the sequence of the newest event in the feed, 0 when there is none, in a few dozen short reads."""
    high = 1
    while ledger.feed(high, 1):
        high *= 2
    low = 0
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if ledger.feed(middle, 1) else (low, middle)
    return low


class Board:
    """The rows of every tenant that somebody has looked at. Safe to share between threads.

    ``on_change`` hears of every ticket that changed, from whichever thread read it in the feed; of None where so many
    did that they were not counted.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.on_change: Callable[[set[TicketKey] | None], None] = lambda _: None
        self.ledger = ledger
        self._lock = Lock()
        self._tenants: dict[str, Rows] = {}
        self._sequence: int | None = None

    @property
    def sequence(self) -> int:
        """The place in the feed up to which the board has read."""
        return self._sequence or 0

    def refresh(self) -> None:
        """Read what is new in the feed. Raises LedgerUnavailable."""
        with self._lock:
            self._follow()

    def look(self, tenant: str) -> Rows:
        """Return a tenant's rows as the ledger has them now. Raises LedgerUnavailable."""
        with self._lock:
            return self._look(tenant)

    def standing(self, policy: Policy, taken: TicketSummary, person_id: str, now_ms: int) -> Standing:
        """Return how a ticket stands among its tenant's that wait, when a person takes it. Raises LedgerUnavailable."""
        with self._lock:
            return self._look(taken.tenant).places(policy).standing(taken, person_id, now_ms)

    def _look(self, tenant: str) -> Rows:
        self._follow()
        rows = self._tenants.get(tenant) or self._tenants.setdefault(tenant, Rows(self._load(tenant)))
        rows.sequence = self.sequence
        return rows

    def _load(self, tenant: str) -> Iterator[TicketSummary]:
        yield from self._read(tenant, OF_PEOPLE, None)
        yield from self._read(tenant, (Lane.AUTOMATED,), MOST_AUTOMATED)
        yield from self._read(tenant, (Lane.RESOLVED,), MOST_RESOLVED)

    def _read(self, tenant: str, lanes: tuple[Lane, ...], most: int | None) -> Iterator[TicketSummary]:
        cursor, read = "", 0
        while most is None or read < most:
            page = self.ledger.summaries(tenant, lanes=lanes, limit=BATCH, cursor=cursor)
            yield from page.rows
            read += len(page.rows)
            cursor = page.cursor
            if not cursor:
                return

    def _follow(self) -> None:
        """Read the feed on. The place moves only once its tickets were read: a failure is made up for by the next."""
        if self._sequence is None:
            self._sequence = tail_of(self.ledger)
        for _ in range(MOST_BEHIND):
            fed = self.ledger.feed(self._sequence, BATCH)
            if not fed:
                return
            changed = {item.key: item.sequence for item in fed}
            for key, sequence in changed.items():
                self._update(key, sequence)
            self._sequence = fed[-1].sequence
            self.on_change(set(changed))
            for tenant in {key.tenant for key in changed} & self._tenants.keys():
                self._tenants[tenant].trim()
            if len(fed) < BATCH:
                return
        self._sequence, self._tenants = tail_of(self.ledger), {}
        self.on_change(None)

    def _update(self, key: TicketKey, sequence: int) -> None:
        rows = self._tenants.get(key.tenant)
        row = self.ledger.summary(key) if rows is not None else None
        if rows is not None and row is not None:
            rows.put(row, sequence)
