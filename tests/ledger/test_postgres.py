"""What is PostgreSQL's own: a server that hangs, restarts or drops connections."""

import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from signal import SIGQUIT

import psycopg
import pytest
from tests.ledger import lives, raw
from tests.ledger.lives import KEY, write
from tests.support import postgres

from trustladder.errors import LedgerUnavailable, LedgerUnreadable
from trustladder.ledger import open_ledger
from trustladder.ledger.protocol import Due, TicketKey, Transaction

PATIENCE_MS = 400
SLACK_SECONDS = 1.5
"""What a busy machine may add to a timeout; the driver alone would wait for minutes."""


class Wire:
    """A line to the server that can be made to swallow everything, as a firewall does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.swallows = threading.Event()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._closed:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with (
            suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self._port)) as server,
            selectors.DefaultSelector() as waiting,
        ):
            waiting.register(client, selectors.EVENT_READ, server)
            waiting.register(server, selectors.EVENT_READ, client)
            while not self._closed:
                for key, _ in waiting.select(0.1):
                    assert isinstance(key.fileobj, socket.socket)
                    data = key.fileobj.recv(65_536)
                    if not data:
                        return
                    if not self.swallows.is_set():
                        key.data.sendall(data)

    def close(self) -> None:
        self._closed = True
        self._listener.close()


@contextmanager
def wire_to(url: str) -> Iterator[tuple[Wire, str]]:
    port = int(psycopg.conninfo.conninfo_to_dict(url)["port"] or 0)
    wire = Wire(port)
    yield wire, url.replace(f":{port}/", f":{wire.port}/")
    wire.close()


def test_a_black_holed_database_is_unavailable_within_the_timeout(postgres_url: str) -> None:
    with wire_to(postgres_url) as (wire, url):
        ledger = open_ledger(url, timeout_ms=PATIENCE_MS * 5)
        write(ledger, KEY, lives.OPENED)
        wire.swallows.set()
        for _ in range(3):  # the first finds a connection that is there, the others must make one
            began = time.monotonic()
            with pytest.raises(LedgerUnavailable):
                ledger.transact(KEY, lambda t: t.append([lives.ASKED], t.position), timeout_ms=PATIENCE_MS)
            assert time.monotonic() - began < PATIENCE_MS / 1000 + SLACK_SECONDS
        wire.swallows.clear()
        write(ledger, KEY, lives.ASKED)
        assert len(ledger.history(KEY)) == 2
        ledger.close()


def test_a_database_that_never_answers_cannot_be_opened(postgres_url: str) -> None:
    with wire_to(postgres_url) as (wire, url):
        wire.swallows.set()
        began = time.monotonic()
        with pytest.raises(LedgerUnavailable):
            open_ledger(url, timeout_ms=PATIENCE_MS)
        assert time.monotonic() - began < PATIENCE_MS / 1000 + SLACK_SECONDS


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(LedgerUnavailable, match="cannot be reached"):
        open_ledger(f"postgresql://postgres@127.0.0.1:{port}/x")
    assert time.monotonic() - began < SLACK_SECONDS


def test_a_locked_ticket_is_unavailable_within_the_timeout_and_others_go_on(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    write(ledger, KEY, lives.OPENED)
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT 1 FROM tickets FOR UPDATE")
        began = time.monotonic()
        with pytest.raises(LedgerUnavailable):
            ledger.transact(KEY, lambda t: t.append([lives.ASKED], t.position), timeout_ms=PATIENCE_MS)
        assert time.monotonic() - began < PATIENCE_MS / 1000 + SLACK_SECONDS
        write(ledger, TicketKey("acme", "T-2"), lives.OPENED)
    write(ledger, KEY, lives.ASKED)
    assert len(ledger.history(KEY)) == 2
    ledger.close()


def test_a_row_that_another_worker_is_taking_is_passed_over(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url, timeout_ms=PATIENCE_MS * 5)
    for due_ms, uniq in ((1, "first"), (2, "second")):
        due = Due("clock", KEY, due_ms, uniq)
        ledger.transact(KEY, lambda transaction, due=due: transaction.schedule(due))  # type: ignore[misc]
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT 1 FROM due WHERE uniq = 'first' FOR UPDATE")
        assert [due.uniq for due in ledger.claim_due(["clock"], 1, 60_000)] == ["second"]
    assert [due.uniq for due in ledger.claim_due(["clock"], 1, 60_000)] == ["first"]
    ledger.close()


def disconnect_all(url: str) -> None:
    raw.run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trustladder'")


def test_dropped_connections_are_made_again(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    together = threading.Barrier(6)
    spread = [
        threading.Thread(target=ledger.transact, args=(TicketKey("acme", f"T-{n}"), lambda _: together.wait(20)))
        for n in range(6)
    ]
    for thread in spread:
        thread.start()
    for thread in spread:
        thread.join()
    disconnect_all(postgres_url)
    write(ledger, KEY, lives.OPENED)
    disconnect_all(postgres_url)
    assert len(ledger.history(KEY)) == 1
    ledger.close()


def test_work_is_run_again_when_its_connection_is_lost(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    runs = []

    def work(transaction: Transaction) -> None:
        runs.append(transaction.position)
        transaction.append([lives.OPENED], 0)
        if len(runs) == 1:
            disconnect_all(postgres_url)
        transaction.append([lives.ASKED], 1)

    ledger.transact(KEY, work)
    assert runs == [0, 0]
    assert [row.event for row in ledger.history(KEY)] == [lives.OPENED, lives.ASKED]
    ledger.close()


def test_an_answer_lost_while_committing_is_not_tried_again(postgres_url: str) -> None:
    ledger = open_ledger(postgres_url)
    runs = []

    def work(transaction: Transaction) -> None:
        runs.append(transaction.append([lives.OPENED], transaction.position))
        disconnect_all(postgres_url)

    with pytest.raises(LedgerUnavailable, match="while committing"):
        ledger.transact(KEY, work)
    assert len(runs) == 1
    ledger.close()


def restart(server: postgres.PostgresServer) -> None:
    server.process.send_signal(SIGQUIT)  # as good as pulling the plug: the log is replayed at the start
    server.process.wait(timeout=30)
    command = server.process.args
    assert isinstance(command, list)
    server.process = subprocess.Popen(command, cwd=server.folder, **postgres._as(postgres._owner()))


def test_the_ledger_outlives_its_server() -> None:
    server = postgres.start()
    try:
        ledger = open_ledger(server.new_database())
        write(ledger, KEY, lives.OPENED)
        restart(server)
        deadline = time.monotonic() + 30
        while True:  # while it is away every call says so; as soon as it is back, calls succeed
            try:
                write(ledger, KEY, lives.ASKED)
                break
            except LedgerUnavailable:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert [row.event for row in ledger.history(KEY)] == [lives.OPENED, lives.ASKED]
        ledger.close()
    finally:
        server.stop()


def test_a_latin_database_is_refused(postgres_server: postgres.PostgresServer) -> None:
    with psycopg.connect(postgres_server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(LedgerUnreadable, match="encoded in LATIN1"):
        open_ledger(postgres_server.url("latin"))
    postgres_server.drop_database(postgres_server.url("latin"))
