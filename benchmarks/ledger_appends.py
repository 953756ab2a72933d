"""How many events a second the ledger takes, durably: one commit an event, many callers to a commit, PostgreSQL.

``nice uv run python -m benchmarks.ledger_appends [--seconds 2] [--postgres URL]``

Prints events a second and the ratio to plain inserts with a commit each, on the same disk and in the same run: absolute
figures of a shared machine mean little. Without a URL, PostgreSQL is the one of the tests, on disk and with its
durability switched on. With SQLAlchemy at hand (``uv run --with sqlalchemy …``), the time of one transaction's
statements through it is printed too.
"""

import argparse
import contextlib
import importlib
import importlib.util
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from tests.support import postgres

from trustladder.core.events import CustomerWrote
from trustladder.ledger import Ledger, open_ledger
from trustladder.ledger.protocol import TicketKey, Transaction

EVENT = CustomerWrote("m1", "x" * 1_000)
CLIENTS = (1, 16, 64)
Once = Callable[[int], object]


class Rate(NamedTuple):
    """Calls a second, and the 99th percentile of one call in milliseconds."""

    per_second: float
    p99_ms: float


def rate(clients: int, seconds: float, once: Once) -> Rate:
    """Call ``once`` from so many threads for so long."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        while (began := time.perf_counter()) < end:
            once(number)
            took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Rate(len(took) / (time.perf_counter() - began), statistics.quantiles(took, n=100)[98] * 1_000)


def append(transaction: Transaction) -> None:
    """Append one event of about 1 KB."""
    transaction.append([EVENT], transaction.position)


def own_tickets(ledger: Ledger) -> Once:
    """Return one append; each client fills tickets of its own."""
    number = count()
    return lambda client: ledger.transact(TicketKey("acme", f"{client}-{next(number) // 1_000}"), append)


def one_ticket(ledger: Ledger) -> Once:
    """Return one append to the ticket that everybody wants."""
    return lambda _: ledger.transact(TicketKey("acme", "hot"), append)


def plain_inserts(folder: Path) -> Once:
    """Return one insert with a commit of its own: what one writer without group commit gets."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (text)")
    return lambda _: connection.execute("INSERT INTO rows VALUES (?)", (EVENT.text,))


def fsync_ms(folder: Path) -> float:
    """Return the median time of an fsync after a write of 4 KB, in milliseconds."""
    took = []
    with (folder / "probe").open("wb") as probe:
        for _ in range(50):
            probe.write(b"x" * 4_096)
            probe.flush()
            began = time.perf_counter()
            os.fsync(probe.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1_000


@contextlib.contextmanager
def postgres_url(given: str) -> Iterator[str]:
    """Lend the given database, or one of a durable server of our own."""
    if given:
        yield given
        return
    postgres.SETTINGS.update(fsync="on", full_page_writes="on")
    postgres.MEMORY_BYTES = 1 << 62  # no memory is that roomy: the data goes to the disk
    server = postgres.start()
    try:
        yield server.new_database()
    finally:
        server.stop()


def measure(table: Table, name: str, seconds: float, plain: float, ledger: Ledger) -> None:
    """Add one store's rows to the table."""
    for what, once in ((f"{name}", own_tickets(ledger)), (f"{name}, all to one ticket", one_ticket(ledger))):
        for clients in CLIENTS:
            found = rate(clients, seconds, once)
            ratio = f"{found.per_second / plain:.2f}"
            table.add_row(what, str(clients), f"{found.per_second:,.0f}", ratio, f"{found.p99_ms:.1f}")


def statements_us(run: Callable[[], object], times: int = 5_000) -> float:
    """Return the microseconds of one call, the best of five rounds."""
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            run()
        rounds.append((time.perf_counter() - began) / times * 1e6)
    return min(rounds)


LOOK = "SELECT position, lane FROM tickets WHERE tenant = :tenant AND ticket_id = :ticket_id"
MOVE = "UPDATE tickets SET position = position + 1 WHERE tenant = :tenant AND ticket_id = :ticket_id"
MAKE = "CREATE TABLE tickets (tenant TEXT, ticket_id TEXT, position INTEGER, lane INTEGER)"
FILL = "INSERT INTO tickets VALUES ('acme', 'T-1', 0, 0)"
KEY = {"tenant": "acme", "ticket_id": "T-1"}


def plain_statements() -> float:
    """Return the microseconds of looking at a ticket and moving it, by the driver."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(MAKE)
    connection.execute(FILL)
    return statements_us(lambda: (connection.execute(LOOK, KEY).fetchall(), connection.execute(MOVE, KEY)))


def sqlalchemy_statements() -> float:
    """Return the microseconds of the same through SQLAlchemy Core, with its statement cache warm."""
    sa = importlib.import_module("sqlalchemy")  # not among our dependencies
    engine = sa.create_engine("sqlite://", isolation_level="AUTOCOMMIT")
    tickets = sa.Table("tickets", sa.MetaData(), *map(sa.Column, ("tenant", "ticket_id", "position", "lane")))
    mine = (tickets.c.tenant == sa.bindparam("of_tenant")) & (tickets.c.ticket_id == sa.bindparam("of_ticket"))
    look = sa.select(tickets.c.position, tickets.c.lane).where(mine)
    move = sa.update(tickets).where(mine).values(position=tickets.c.position + 1)
    key = {"of_tenant": "acme", "of_ticket": "T-1"}
    with engine.connect() as connection:
        connection.execute(sa.text(MAKE))
        connection.execute(sa.text(FILL))
        return statements_us(lambda: (connection.execute(look, key).fetchall(), connection.execute(move, key)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--postgres", default="")
    asked = parser.parse_args()
    console = Console()
    table = Table("what", "clients", "events/s", "× plain", "p99 ms")
    with tempfile.TemporaryDirectory() as name, console.status("measuring"):
        folder = Path(name)
        plain = rate(1, asked.seconds, plain_inserts(folder))
        table.add_row(
            "SQLite, plain inserts, a commit each", "1", f"{plain.per_second:,.0f}", "1.00", f"{plain.p99_ms:.1f}"
        )
        ledger = open_ledger(str(folder / "ledger.db"))
        measure(table, "SQLite ledger", asked.seconds, plain.per_second, ledger)
        ledger.close()
        with postgres_url(asked.postgres) as url:
            ledger = open_ledger(url)
            measure(table, "PostgreSQL ledger", asked.seconds, plain.per_second, ledger)
            ledger.close()
        console.print(f"fsync {fsync_ms(folder):.2f} ms, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    console.print(table)
    line = f"two statements in memory: {plain_statements():.1f} µs by the driver"
    if importlib.util.find_spec("sqlalchemy") is not None:
        line += f", {sqlalchemy_statements():.1f} µs through SQLAlchemy Core"
    console.print(line)


if __name__ == "__main__":
    main()
