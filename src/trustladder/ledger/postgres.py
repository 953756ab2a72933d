"""The ledger in a PostgreSQL database: a row lock a ticket, many processes and machines at once."""

import threading
import time
from collections.abc import Callable, Collection
from typing import TypeVar

import psycopg

from trustladder.errors import LedgerUnavailable, LedgerUnreadable
from trustladder.ledger import reading
from trustladder.ledger.base import Clock, StoredLedger, not_a_ledger, too_new
from trustladder.ledger.postgres_pool import Pool
from trustladder.ledger.postgres_session import PostgresSession, TryAgain
from trustladder.ledger.protocol import Fed, TicketKey, Transaction
from trustladder.ledger.statements import Session, migrations
from trustladder.ledger.transaction import StoredTransaction, checked_key

R = TypeVar("R")

TIMEOUT_MS = 5_000
CONNECTIONS = 16
ATTEMPTS = CONNECTIONS + 4
"""After a restart of the server every pooled connection is dead: that many attempts find them all, and some."""
PAUSE_SECONDS = 0.005
MIGRATION_LOCK = 21_580


class PostgresLedger(StoredLedger):
    """A database of PostgreSQL 15 or newer."""

    def __init__(self, url: str, clock: Clock | None = None, timeout_ms: int = TIMEOUT_MS) -> None:
        super().__init__(clock)
        self._timeout_ms = timeout_ms
        self._here = threading.local()
        self._pool = Pool(url, CONNECTIONS, timeout_ms)
        try:
            self._with_session(_migrate, self._deadline())
        except BaseException:
            self._pool.close()
            raise

    def transact(self, key: TicketKey, work: Callable[[Transaction], R], timeout_ms: int | None = None) -> R:
        """Run ``work`` with the ticket locked; see the protocol."""
        checked_key(key)
        if getattr(self._here, "inside", False):
            raise RuntimeError("work inside a transaction must not open another one on the same ledger")
        patience_ms = timeout_ms or self._timeout_ms

        def locked(session: PostgresSession) -> R:
            if patience_ms > self._timeout_ms:
                session.command(f"SET LOCAL statement_timeout = {int(patience_ms)}")
            self._here.inside = True
            try:
                return work(StoredTransaction(session, key, self._clock_ms()))
            finally:
                self._here.inside = False

        return self._with_session(lambda session: _transaction(session, locked), self._deadline(patience_ms))

    def feed(self, after: int, limit: int = 500, tenant: str | None = None, types: Collection[str] = ()) -> list[Fed]:
        """Return committed events in global order, up to the first that is numbered but not yet committed.

        The three statements must be three: what the last one sees is younger than the two limits.
        """

        def look(session: PostgresSession) -> list[Fed]:
            last = session.rows("feed_last")[0][0]
            held = session.rows("feed_held")[0][0]
            return reading.feed(session, after, limit, tenant, types, last if held is None else min(last, held))

        return self._with_session(look, self._deadline())

    def now_ms(self) -> int:
        """Return the server's clock."""
        given = self._clock_ms()
        return given if given is not None else int(self._read(lambda session: session.rows("now_ms"))[0][0])

    def ping(self) -> None:
        """Return when the server answers and takes writes."""
        if self._read(lambda session: session.rows("now_ms"))[0][1]:
            raise LedgerUnavailable("PostgreSQL is a standby and takes no writes", fix="point the URL at the primary")

    def close(self) -> None:
        """Close all connections; one in use is closed when it comes back."""
        self._pool.close()

    def _read(self, look: Callable[[Session], R]) -> R:
        return self._with_session(look, self._deadline())

    def _write(self, work: Callable[[Session], R]) -> R:
        return self._with_session(lambda session: _transaction(session, work), self._deadline())

    def _deadline(self, timeout_ms: int | None = None) -> float:
        return time.monotonic() + (timeout_ms or self._timeout_ms) / 1000

    def _with_session(self, use: Callable[[PostgresSession], R], deadline: float) -> R:
        """Give a session to ``use``, again after a deadlock or on another connection when one was lost."""
        for attempt in range(ATTEMPTS):
            try:
                with self._pool.connection(deadline) as connection:
                    return use(PostgresSession(connection))
            except TryAgain as error:
                if time.monotonic() >= deadline:
                    raise LedgerUnavailable(
                        "PostgreSQL did not answer in time", fix="send nothing, and ask again"
                    ) from error
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(PAUSE_SECONDS)
        raise AssertionError("unreachable")


def _transaction(session: PostgresSession, work: Callable[[PostgresSession], R]) -> R:
    session.command("BEGIN ISOLATION LEVEL READ COMMITTED")
    try:
        result = work(session)
        if session.broken is not None:
            raise session.broken
    except BaseException:
        session.roll_back()
        raise
    session.commit()
    return result


def _migrate(session: PostgresSession) -> None:
    """Bring the schema up to this version. Raises LedgerUnreadable when it is newer, or another's."""
    scripts = migrations("postgres")
    if _version(session) == len(scripts):
        return
    _transaction(session, _build)


def _build(session: PostgresSession) -> None:
    scripts = migrations("postgres")
    session.command(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")  # others may be opening it at this moment
    version = _version(session)
    try:
        for script in scripts[version:]:
            session.command(script)
    except LedgerUnavailable as error:
        if isinstance(error.__cause__, psycopg.errors.DuplicateObject | psycopg.errors.DuplicateTable):
            raise not_a_ledger("PostgreSQL") from error
        raise
    session.command("CREATE TABLE IF NOT EXISTS trustladder_schema (version integer NOT NULL)")
    session.command("DELETE FROM trustladder_schema")
    session.change("set_schema_version", version=len(scripts))


def _version(session: PostgresSession) -> int:
    encoding, table = session.rows("database")[0]
    if encoding != "UTF8":
        raise LedgerUnreadable(
            f"the database is encoded in {encoding}", where="PostgreSQL", fix="create it with ENCODING 'UTF8'"
        )
    if table is None:
        return 0
    version, known = int(session.rows("schema_version")[0][0]), len(migrations("postgres"))
    if version > known:
        raise too_new("PostgreSQL", version, known)
    return version
