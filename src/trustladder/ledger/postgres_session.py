"""Speaking to PostgreSQL: named statements on a connection, errors in our words."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import errors

from trustladder.errors import BadInput, LedgerUnavailable, PositionConflict, SilenceViolation, TrustladderError
from trustladder.ledger.statements import Row, statement

R = TypeVar("R")

SILENCE = "TL001"
"""The SQLSTATE of the trigger that keeps law 1."""


class TryAgain(LedgerUnavailable):
    """Nothing was committed, and another attempt may succeed: a deadlock, a lost connection."""


class PostgresSession:
    """Runs named statements on one connection. ``broken`` is the first error: after it, nothing can be committed."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self.broken: TrustladderError | None = None

    def rows(self, name: str, filters: str = "", /, **values: object) -> list[Row]:
        """Run a named statement and return its rows."""
        text = _bytes(statement("postgres", name, filters))
        return self._attempt(lambda: self._connection.execute(text, values).fetchall())

    def change(self, name: str, /, **values: object) -> int:
        """Run a named statement and return how many rows it changed."""
        text = _bytes(statement("postgres", name))
        return self._attempt(lambda: self._connection.execute(text, values).rowcount)

    def change_many(self, name: str, batch: list[dict[str, object]], /) -> None:
        """Run a named statement once for each set of values, in order and in one round trip."""
        if len(batch) == 1:
            self.change(name, **batch[0])
            return
        with self._connection.cursor() as cursor:
            self._attempt(lambda: cursor.executemany(_bytes(statement("postgres", name)), batch))

    def command(self, text: str) -> None:
        """Run a command of our own that has no values."""
        self._attempt(lambda: self._connection.execute(_bytes(text)))

    def commit(self) -> None:
        """Commit. Raises LedgerUnavailable, and never TryAgain, when the answer is lost: the outcome is open."""
        try:
            self._connection.execute("COMMIT")
        except psycopg.Error as error:
            raise LedgerUnavailable(
                f"the connection was lost while committing: {_first_line(error)}",
                fix="send nothing, and ask again with the same idempotency key",
            ) from error

    def roll_back(self) -> None:
        """Undo what was begun, as far as the connection still lives; without one the server undoes it."""
        if not self._connection.closed:
            try:
                self._connection.execute("ROLLBACK")
            except psycopg.Error:
                self._connection.close()

    def _attempt(self, run: Callable[[], R]) -> R:
        try:
            return run()
        except psycopg.Error as error:
            self.broken = self.broken or in_our_words(error)
            raise self.broken from error


def in_our_words(error: psycopg.Error) -> TrustladderError:
    """Return the error of ours that an error of PostgreSQL or of its driver stands for."""
    if error.sqlstate == SILENCE:
        return SilenceViolation("automation may not speak on this ticket: people hold it")
    if isinstance(error, errors.UniqueViolation):
        return PositionConflict("somebody else wrote to the ticket first", fix="read it again and retry")
    if isinstance(error, psycopg.DataError):
        return BadInput(f"PostgreSQL cannot hold this: {_first_line(error)}")
    lost = isinstance(error, psycopg.OperationalError) and (error.sqlstate is None or error.sqlstate[:2] in _LOST)
    if lost or isinstance(error, errors.SerializationFailure | errors.DeadlockDetected):
        return TryAgain(f"PostgreSQL: {_first_line(error)}", fix="send nothing, and ask again")
    return LedgerUnavailable(f"PostgreSQL: {_first_line(error)}", fix="send nothing, and ask again")


_LOST = frozenset({"08", "57"})
"""Classes of SQLSTATE: connection exceptions, and the operator's intervention (shutdown, cancelled statements)."""


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _bytes(text: str) -> bytes:
    """Psycopg asks for literal text, to keep users' words out of it; ours comes from files of this package."""
    return text.encode()
