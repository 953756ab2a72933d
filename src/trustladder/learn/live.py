"""The episodes of a ledger, kept up to date from its feed: what the dashboard and a run of Learn read."""

from collections import defaultdict
from threading import Lock

from trustladder.core.episode import Episode, EpisodeReader
from trustladder.core.policy import DAY_MS
from trustladder.ledger.protocol import Fed, Ledger

WINDOW_DAYS = 120
"""Tickets on which nothing has happened for so long are let go: indicators look back 28 days and compare."""
BATCH = 2_000


class LiveEpisodes:
    """Every tenant's episodes, as far back as `WINDOW_DAYS`. Safe to share between threads.

    The first look reads the whole feed; each later one reads what is new. About 25 MB for 10,000 tickets of twelve
    events: no text is kept.
    """

    def __init__(self, ledger: Ledger, window_days: int = WINDOW_DAYS) -> None:
        self._ledger = ledger
        self._window_ms = window_days * DAY_MS
        self._readers: dict[str, dict[str, EpisodeReader]] = defaultdict(dict)
        self._sequence = 0
        self._let_go_ms = 0
        self._lock = Lock()

    def episodes(self, tenant: str) -> list[Episode]:
        """Return the tenant's episodes as the ledger has them now. Raises LedgerUnavailable."""
        with self._lock:
            self._read_on()
            readers = self._readers.get(tenant, {})
            return [episode for reader in readers.values() for episode in reader.read_so_far()]

    def _read_on(self) -> None:
        """Read the feed on, and let go on the way: a long history is never held as a whole."""
        while batch := self._ledger.feed(self._sequence, BATCH):
            for fed in batch:
                self._take(fed)
            self._sequence = batch[-1].sequence
            newest_ms = max(fed.recorded.at_ms for fed in batch)
            if newest_ms >= self._let_go_ms + DAY_MS:
                self._let_go_ms = newest_ms
                self._let_go(newest_ms - self._window_ms)

    def _take(self, fed: Fed) -> None:
        readers, name = self._readers[fed.key.tenant], fed.key.ticket_id
        reader = readers.get(name)
        if reader is None:
            reader = readers[name] = EpisodeReader(name)
            if fed.recorded.position > 1:  # it was let go, and something happens again
                for earlier in self._ledger.history(fed.key)[: fed.recorded.position - 1]:
                    reader.read(earlier)
        reader.read(fed.recorded)

    def _let_go(self, before_ms: int) -> None:
        for tenant, readers in list(self._readers.items()):
            for name in [name for name, reader in readers.items() if reader.now.ended_at_ms < before_ms]:
                del readers[name]
            if not readers:
                del self._readers[tenant]
