"""Connections to PostgreSQL that never keep a caller longer than it is willing to wait.

The driver waits for its server for ever when packets vanish on the way. So every connection in use has a deadline,
and one watchdog thread shuts the socket of a connection that has passed it, which wakes whoever waits on it. New
connections are made in a thread of their own, for the same reason: a caller in a hurry leaves it behind.
"""

import heapq
import itertools
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from trustladder.errors import LedgerUnavailable
from trustladder.ledger.postgres_session import in_our_words
from trustladder.ledger.statements import Row

Connection = psycopg.Connection[Row]

CONNECT_SECONDS = 10
"""How long one attempt to connect may last; whoever waits for it may leave earlier."""


@dataclass(slots=True, order=True)
class _Watch:
    deadline: float
    number: int
    connection: Connection | None = field(compare=False)


class Watchdog:
    """Shuts the sockets of connections whose deadline (in `time.monotonic` seconds) has passed."""

    def __init__(self) -> None:
        self._watches: list[_Watch] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        threading.Thread(target=self._run, name="ledger-watchdog", daemon=True).start()

    @contextmanager
    def guard(self, connection: Connection, deadline: float) -> Iterator[None]:
        """Let the block use the connection until the deadline."""
        watch = _Watch(deadline, next(self._numbers), connection)
        with self._changed:
            heapq.heappush(self._watches, watch)
            if self._watches[0] is watch:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                watch.connection = None

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                self._changed.wait(self._shut_the_late())

    def _shut_the_late(self) -> float | None:
        """Shut what is late; return the seconds until the next deadline, None when nothing is guarded."""
        while self._watches:
            watch = self._watches[0]
            left = watch.deadline - time.monotonic()
            if watch.connection is not None and left > 0:
                return left
            heapq.heappop(self._watches)
            if watch.connection is not None:
                _shut(watch.connection)
        return None


def _shut(connection: Connection) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


class Pool:
    """At most ``size`` connections, made when wanted, kept for the next, lent first come, first served.

    Safe to share between threads.
    """

    def __init__(self, url: str, size: int, timeout_ms: int) -> None:
        self._conninfo = _conninfo(url, timeout_ms)
        self._size = size
        self._open = 0
        self._closed = False
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._waiting: deque[Future[Connection]] = deque()
        self._watchdog = Watchdog()

    @contextmanager
    def connection(self, deadline: float) -> Iterator[Connection]:
        """Lend a connection until the deadline. Raises LedgerUnavailable when none can be had by then."""
        connection = self._take(deadline)
        try:
            with self._watchdog.guard(connection, deadline):
                yield connection
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close what lies idle; what is in use is closed when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        self._watchdog.stop()
        for connection in idle:
            connection.close()

    def _take(self, deadline: float) -> Connection:
        with self._lock:
            if self._closed:
                raise LedgerUnavailable("the ledger is closed")
            if self._idle:
                return self._idle.pop()
            turn: Future[Connection] = Future()
            self._waiting.append(turn)
            self._connect_if_wanted()
        try:
            return turn.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            return self._leave(turn)
        except psycopg.Error as error:
            raise _unreachable(error) from error

    def _leave(self, turn: "Future[Connection]") -> Connection:
        """Stop waiting, unless a connection came at the last moment."""
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                raise LedgerUnavailable(
                    "PostgreSQL did not answer in time, or all connections are in use",
                    fix="send nothing, and ask again",
                ) from None
        try:
            return turn.result()
        except psycopg.Error as error:
            raise _unreachable(error) from error

    def _connect_if_wanted(self) -> None:
        """Start making one more connection when somebody waits and there is room. The lock is held."""
        if self._open < self._size and self._waiting and not self._closed:
            self._open += 1
            threading.Thread(target=self._connect, name="ledger-connect", daemon=True).start()

    def _connect(self) -> None:
        try:
            connection: Connection = psycopg.connect(self._conninfo, autocommit=True)
            connection.execute(_DURABLE)
        except psycopg.Error as error:
            with self._lock:
                self._open -= 1
                if self._waiting:
                    self._waiting.popleft().set_exception(error)
                self._connect_if_wanted()
        else:
            self._give_back(connection)

    def _give_back(self, connection: Connection) -> None:
        usable = not connection.closed and connection.info.transaction_status is TransactionStatus.IDLE
        with self._lock:
            if usable and not self._closed:
                if self._waiting:
                    self._waiting.popleft().set_result(connection)
                else:
                    self._idle.append(connection)
                return
            self._open -= 1
            self._connect_if_wanted()
        connection.close()


def _unreachable(error: psycopg.Error) -> LedgerUnavailable:
    return LedgerUnavailable(
        f"PostgreSQL cannot be reached: {str(error).strip().splitlines()[0]}",
        fix="check the URL, and that the server runs and accepts connections",
    )


# An answer means that the commit is on disk; a stricter setting of the server's (a replica's word) is left alone.
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"


def _conninfo(url: str, timeout_ms: int) -> str:
    """Add to a URL what a ledger needs. The server's own limits are a backstop for locks that nobody waits for."""
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error as error:
        raise in_our_words(error) from error
    limits = f"-c statement_timeout={timeout_ms} -c idle_in_transaction_session_timeout={timeout_ms * 2}"
    given["options"] = f"{given.get('options', '')} {limits}".strip()
    given.setdefault("connect_timeout", str(CONNECT_SECONDS))
    given.setdefault("application_name", "trustladder")
    return make_conninfo(**{**given, "client_encoding": "UTF8"})
