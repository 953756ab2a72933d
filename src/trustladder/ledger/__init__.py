"""The append-only event log: one protocol, two stores."""

from collections.abc import Callable

from trustladder.errors import BadInput
from trustladder.ledger.chain import verify, verify_all
from trustladder.ledger.protocol import Ledger
from trustladder.ledger.rebuild import rebuild

__all__ = ["Ledger", "open_ledger", "rebuild", "verify", "verify_all"]


def open_ledger(url: str, clock: Callable[[], int] | None = None, timeout_ms: int = 5_000) -> Ledger:
    """Open the ledger at a URL, and build its schema where there is none.

    ``sqlite:///relative``, ``sqlite:////absolute``, ``sqlite://:memory:``, ``postgresql://…``, or a path.
    ``clock`` gives milliseconds since the Unix epoch in place of the store's clock, for tests and simulations.
    Every call must be answered within ``timeout_ms``. Raises LedgerUnavailable when the store cannot be reached,
    LedgerUnreadable when it is none of ours or too new, BadInput for another kind of URL.
    """
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgresql", "postgres"} and separator:
        from trustladder.ledger.postgres import PostgresLedger

        return PostgresLedger(url, clock, timeout_ms)
    from trustladder.ledger.sqlite import SqliteLedger

    if not separator:
        return SqliteLedger(url, clock, timeout_ms)
    if scheme != "sqlite":
        raise BadInput(f"{scheme}:// is no ledger", fix="use sqlite:///path or postgresql://user@host/database")
    return SqliteLedger(_path(url, rest), clock, timeout_ms)


def _path(url: str, rest: str) -> str:
    if rest in {":memory:", "/:memory:"}:
        return ":memory:"
    if not rest.startswith("/") or rest == "/":
        raise BadInput(f"{url} names no file", fix="use sqlite:///relative/path or sqlite:////absolute/path")
    return rest[1:]
