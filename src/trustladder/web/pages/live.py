"""Live pages: one poller a process reads the feed; every open page hears what it needs, and presence is who listens.

Who listens in other processes comes through the store, at most one poll later.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import structlog
from anyio import to_thread
from fastapi.sse import ServerSentEvent

from trustladder.desk.board import Board
from trustladder.errors import LedgerUnavailable
from trustladder.ledger.protocol import TicketKey
from trustladder.web.pages.elsewhere import Elsewhere, Present

log = structlog.get_logger()

POLL_SECONDS = 0.4
"""How long after its commit a change reaches an open page, at most, besides the network."""
AFTER_FAILURE_SECONDS = 5.0
WRITING_SECONDS = 6.0
"""How long after a key was pressed somebody counts as writing."""
_ALL_NEWS = ("tl-tickets", "tl-ticket")


@dataclass(eq=False, slots=True)
class Listener:
    """One open page: whose it is, the ticket that it shows ("" for a list), and what it has to be told."""

    tenant: str
    person_id: str
    ticket_id: str
    news: set[str] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, *news: str) -> None:
        """Let the page know; what was not yet fetched is told once."""
        self.news.update(news)
        self.wake.set()


class Hub:
    """Who has which page open, and the poller that tells them. Lives in the event loop of the server."""

    def __init__(self, board: Board) -> None:
        self.board = board
        board.on_change = self._heard
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[Listener] = set()
        self._poller: asyncio.Task[None] | None = None
        self._closed = False
        self._writing: dict[tuple[str, str, str], float] = {}
        self._elsewhere = Elsewhere(board.ledger)

    def close(self) -> None:
        """End every stream: the server stops. Browsers come back by themselves when it is there again."""
        self._closed = True
        for listener in self._listeners:
            listener.wake.set()

    def present(self, key: TicketKey, besides: str = "") -> tuple[Present, ...]:
        """Return the people who have a ticket open, by name; who writes there in any of their pages is writing."""
        found: dict[str, Present] = {}
        for one in sorted(self._here() | self._elsewhere.present):
            if (one.tenant, one.ticket_id) == _pair(key) and one.person_id != besides:
                found[one.person_id] = one  # of two pages the one that is written in comes last
        return tuple(found.values())

    def _here(self) -> frozenset[Present]:
        open_pages = {(item.tenant, item.ticket_id, item.person_id) for item in list(self._listeners)}
        return frozenset(Present(*page, self._is_writing(page)) for page in open_pages if page[1] and page[2])

    def _is_writing(self, who: tuple[str, str, str]) -> bool:
        return self._writing.get(who, 0.0) > time.monotonic()

    async def writes(self, key: TicketKey, person_id: str) -> None:
        """Hear that somebody is writing on a ticket; others who have it open are told now, and when it is over."""
        who = (*_pair(key), person_id)
        began = not self._is_writing(who)
        self._writing[who] = time.monotonic() + WRITING_SECONDS
        if began:
            self._tell_others(*who)
            asyncio.get_running_loop().call_later(WRITING_SECONDS, self._fade, who)

    def _fade(self, who: tuple[str, str, str]) -> None:
        left = self._writing.get(who, 0.0) - time.monotonic()
        if left > 0 and not self._closed:
            asyncio.get_running_loop().call_later(left, self._fade, who)
        else:
            self._writing.pop(who, None)
            self._tell_others(*who)

    async def listen(self, tenant: str, person_id: str, ticket_id: str, at: int) -> AsyncIterator[ServerSentEvent]:
        """Yield what a page is to be told, as long as it stays open. It was made at the place ``at`` in the feed."""
        listener = Listener(tenant, person_id, ticket_id)
        self._listeners.add(listener)
        self._loop = asyncio.get_running_loop()
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        self._tell_presence(listener)
        if at < self.board.sequence:
            listener.tell(*_ALL_NEWS)
        if self.present(TicketKey(tenant, ticket_id), besides=person_id):
            listener.tell("tl-presence")
        try:
            yield ServerSentEvent(comment="listening")
            while not self._closed:
                await listener.wake.wait()
                listener.wake.clear()
                news, listener.news = sorted(listener.news), set()
                for name in news:
                    yield ServerSentEvent(event=name, data="")
        finally:
            self._listeners.discard(listener)
            self._tell_presence(listener)

    def _tell_presence(self, changed: Listener) -> None:
        if changed.person_id and changed.ticket_id:
            self._tell_others(changed.tenant, changed.ticket_id, changed.person_id)

    def _tell_others(self, tenant: str, ticket_id: str, person_id: str) -> None:
        for other in self._listeners:
            if (other.tenant, other.ticket_id) == (tenant, ticket_id) and other.person_id != person_id:
                other.tell("tl-presence")

    async def _poll(self) -> None:
        """Follow the feed, and who is elsewhere, while anybody listens; the last look takes back who was here."""
        while not self._closed:
            try:
                await to_thread.run_sync(self.board.refresh)
                for tenant, ticket_id in await to_thread.run_sync(self._elsewhere.exchange, self._here()):
                    self._tell_others(tenant, ticket_id, "")
                pause = POLL_SECONDS
            except LedgerUnavailable as error:
                log.warning("live pages could not read the ledger, it will be tried again", error=str(error))
                pause = AFTER_FAILURE_SECONDS
            if not self._listeners:
                self._elsewhere.forget()
                return
            await asyncio.sleep(pause)

    def _heard(self, changed: set[TicketKey] | None) -> None:
        """Hear of changes, in whichever thread they were read."""
        if self._loop is not None and self._listeners and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, changed)

    def _tell(self, changed: Iterable[TicketKey] | None) -> None:
        if changed is None:
            for listener in self._listeners:
                listener.tell(*_ALL_NEWS)
            return
        tickets = {_pair(key) for key in changed}
        tenants = {tenant for tenant, _ in tickets}
        for listener in self._listeners:
            if listener.tenant in tenants:
                own = (listener.tenant, listener.ticket_id) in tickets
                listener.tell(*(_ALL_NEWS if own else _ALL_NEWS[:1]))


def _pair(key: TicketKey) -> tuple[str, str]:
    return key.tenant, key.ticket_id
