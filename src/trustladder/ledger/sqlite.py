"""The ledger in one SQLite file: one writer with group commit, readers beside it."""

import queue
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from trustladder.errors import LedgerUnavailable
from trustladder.ledger.base import Clock, StoredLedger, not_a_ledger, too_new
from trustladder.ledger.protocol import Due, TicketKey, Transaction
from trustladder.ledger.sqlite_session import BUSY_MS, SqliteSession, connect, in_our_words, prepare_folder
from trustladder.ledger.statements import Session, migrations
from trustladder.ledger.transaction import StoredTransaction, checked_key
from trustladder.ledger.writer import Writer

R = TypeVar("R")
MEMORY = ":memory:"
TIMEOUT_MS = 5_000


def _system_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class SqliteLedger(StoredLedger):
    """An SQLite file, or ``:memory:``, which lasts as long as this object. Several processes may open one file."""

    def __init__(self, path: str, clock: Clock | None = None, timeout_ms: int = TIMEOUT_MS) -> None:
        super().__init__(clock or _system_clock_ms)
        self._path = path
        self._timeout_ms = timeout_ms
        if path != MEMORY:
            prepare_folder(Path(path))
        connection = connect(path)
        migrate(connection, path)
        self.writer = Writer(connection)
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()

    def transact(self, key: TicketKey, work: Callable[[Transaction], R], timeout_ms: int | None = None) -> R:
        """Run ``work`` with the ticket locked; see the protocol."""
        checked_key(key)
        timeout_seconds = (timeout_ms or self._timeout_ms) / 1000
        return self.writer.run(lambda session: work(StoredTransaction(session, key, self._clock_ms())), timeout_seconds)

    def claim_due(self, kinds: Collection[str], limit: int, lease_ms: int) -> list[Due]:
        """Claim rows that are due; see the protocol. Looking for none takes no lock."""
        due = {"kinds": sorted(kinds), "now_ms": self._clock_ms()}
        if not self._read(lambda session: session.rows("any_due", **due)):
            return []
        return super().claim_due(kinds, limit, lease_ms)

    def now_ms(self) -> int:
        """Return the clock: the file has none but this machine's."""
        return (self._clock or _system_clock_ms)()

    def ping(self) -> None:
        """Return when the file can be written to."""
        self._write(lambda _: None)

    def close(self) -> None:
        """Finish what was accepted and close the file."""
        self.writer.close()
        while not self._readers.empty():
            self._readers.get_nowait().close()

    def _write(self, work: Callable[[Session], R]) -> R:
        return self.writer.run(work, self._timeout_ms / 1000)

    def _read(self, look: Callable[[Session], R]) -> R:
        if self.writer.closed:
            raise LedgerUnavailable("the ledger is closed", where=self._path)
        if self._path != MEMORY:
            with self._reader() as connection:
                return look(SqliteSession(connection))
        # A database in memory has one connection, the writer's.
        if self.writer.here:
            return look(SqliteSession(self.writer.connection))
        return self._write(look)

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            connection = connect(self._path)
        try:
            yield connection
        finally:
            self._readers.put(connection)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring a file's schema up to this version. Raises LedgerUnreadable when it is newer, or not a ledger."""
    scripts = migrations("sqlite")
    if _version(connection, path) == len(scripts):
        return
    try:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("BEGIN IMMEDIATE")
        for script in scripts[_version(connection, path) :]:
            for statement in _split(script):
                connection.execute(statement)
        connection.execute("CREATE TABLE IF NOT EXISTS trustladder_schema (version INTEGER NOT NULL)")
        connection.execute("DELETE FROM trustladder_schema")
        connection.execute("INSERT INTO trustladder_schema (version) VALUES (?)", (len(scripts),))
        connection.execute("COMMIT")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    except sqlite3.Error as error:
        raise in_our_words(error, path) from error


def _version(connection: sqlite3.Connection, path: str) -> int:
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "trustladder_schema" not in tables:
            if tables:
                raise not_a_ledger(path)
            return 0
        version = int(connection.execute("SELECT version FROM trustladder_schema").fetchone()[0])
    except sqlite3.Error as error:
        raise in_our_words(error, path) from error
    if version > len(migrations("sqlite")):
        raise too_new(path, version, len(migrations("sqlite")))
    return version


def _split(script: str) -> Iterator[str]:
    """Yield the statements of a script: triggers hold semicolons, and SQLite itself knows where they end."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
