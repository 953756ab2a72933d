"""Speaking to SQLite: connections with the settings that durability needs, named statements, errors in our words."""

import json
import sqlite3
from pathlib import Path

from trustladder.errors import LedgerUnavailable, LedgerUnreadable, PositionConflict, SilenceViolation, TrustladderError
from trustladder.ledger.statements import Row, statement

BUSY_MS = 250
"""How long one attempt to take the file's lock lasts before it is seen whether the caller still waits."""


def connect(database: str, *, uri: bool = False) -> sqlite3.Connection:
    """Open a database file for durable writes. Raises LedgerUnavailable when it cannot be opened.

    ``synchronous=FULL``: with NORMAL, a power cut may take commits that were already answered.
    """
    try:
        connection = sqlite3.connect(
            database, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False, uri=uri
        )
        connection.execute("PRAGMA busy_timeout = 10000")  # several processes may be turning to WAL at once
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    except sqlite3.Error as error:
        raise in_our_words(error, database) from error
    return connection


def busy(error: sqlite3.Error) -> bool:
    """Return whether another process holds the file's lock: worth another attempt."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def in_our_words(error: sqlite3.Error, where: str = "") -> TrustladderError:
    """Return the error of ours that an error of SQLite stands for."""
    text = str(error)
    if "silence:" in text:
        return SilenceViolation("automation may not speak on this ticket: people hold it", where=where)
    if isinstance(error, sqlite3.IntegrityError) and "events." in text:
        return PositionConflict("somebody else wrote to the ticket first", where=where, fix="read it again and retry")
    if getattr(error, "sqlite_errorname", "") in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
        return LedgerUnreadable(f"SQLite: {text}", where=where, fix="name a ledger's file, or restore it from a backup")
    return LedgerUnavailable(f"SQLite: {text}", where=where, fix="check the file, its folder and the free disk space")


class SqliteSession:
    """Runs named statements on one connection. ``broken`` is the first error: after it, nothing may be committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.broken: TrustladderError | None = None

    def rows(self, name: str, filters: str = "", /, **values: object) -> list[Row]:
        """Run a named statement and return its rows."""
        try:
            return self._connection.execute(statement("sqlite", name, filters), _bound(values)).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def change(self, name: str, /, **values: object) -> int:
        """Run a named statement and return how many rows it changed."""
        try:
            return self._connection.execute(statement("sqlite", name), values).rowcount
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def change_many(self, name: str, batch: list[dict[str, object]], /) -> None:
        """Run a named statement once for each set of values, in order."""
        try:
            self._connection.executemany(statement("sqlite", name), batch)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> TrustladderError:
        self.broken = self.broken or in_our_words(error)
        return self.broken


def _bound(values: dict[str, object]) -> dict[str, object]:
    return {name: json.dumps(value) if isinstance(value, list) else value for name, value in values.items()}


def prepare_folder(path: Path) -> None:
    """Make the folder of a database file. Raises LedgerUnavailable when that is not allowed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnavailable(f"the ledger's folder cannot be made: {error}", where=str(path)) from error
