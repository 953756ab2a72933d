"""What is SQLite's own: group commit, a file that is locked or full, URLs."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from operator import attrgetter
from pathlib import Path

import pytest
from tests.ledger import lives
from tests.ledger.lives import KEY, write

from trustladder.core import events as e
from trustladder.errors import BadInput, LedgerUnavailable, LedgerUnreadable
from trustladder.ledger import open_ledger, verify_all
from trustladder.ledger.protocol import TicketKey, Transaction
from trustladder.ledger.sqlite import SqliteLedger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "down" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    opened = SqliteLedger(str(path))
    yield opened
    opened.close()


def tickets(ledger: SqliteLedger) -> list[str]:
    return sorted(map(attrgetter("ticket_id"), ledger.keys()))


class Held:
    """Keeps the writer inside one transaction, so that others gather behind it."""

    def __init__(self, ledger: SqliteLedger, threads: ThreadPoolExecutor) -> None:
        self._inside, self._release = threading.Event(), threading.Event()
        self._done = threads.submit(ledger.transact, TicketKey("acme", "held"), self._wait)
        assert self._inside.wait(20)

    def _wait(self, transaction: Transaction) -> None:
        transaction.append([e.SystemNoted("held")], transaction.position)
        self._inside.set()
        self._release.wait(20)

    def release(self, gathered: int, ledger: SqliteLedger) -> None:
        deadline = time.monotonic() + 20
        while ledger.writer.queued < gathered and time.monotonic() < deadline:
            time.sleep(0.001)
        self._release.set()
        self._done.result()


def test_callers_that_arrive_together_share_commits_and_fail_alone(ledger: SqliteLedger) -> None:
    commits: list[str] = []
    ledger.writer.connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    def work(number: int) -> None:
        key = TicketKey("acme", f"T-{number}")
        if number % 5:
            write(ledger, key, e.SystemNoted(str(number)))
        else:
            with pytest.raises(ZeroDivisionError):
                ledger.transact(key, lambda transaction: transaction.append([lives.OPENED], 0) and 1 // 0)

    with ThreadPoolExecutor(41) as threads:
        held = Held(ledger, threads)
        waiting = [threads.submit(work, number) for number in range(40)]
        held.release(40, ledger)
        for future in waiting:
            future.result()
    assert len(commits) <= 3
    assert tickets(ledger) == sorted(["held", *(f"T-{n}" for n in range(40) if n % 5)])


def test_a_full_disk_is_told_to_all_whose_writes_are_lost(ledger: SqliteLedger) -> None:
    [(pages,)] = ledger.writer.connection.execute("PRAGMA page_count").fetchall()
    acknowledged: list[str] = []

    def work(number: int) -> None:
        key = TicketKey("acme", f"T-{number}")
        write(ledger, key, e.SystemNoted("x" * 3_000))
        acknowledged.append(key.ticket_id)

    with ThreadPoolExecutor(60) as threads:
        ledger.writer.connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        answers = [threads.submit(work, number) for number in range(60)]
        failures = [answer.exception() for answer in answers]
    refused = [failure for failure in failures if failure is not None]
    assert refused
    assert all(isinstance(failure, LedgerUnavailable) for failure in refused)
    assert tickets(ledger) == sorted(acknowledged)
    ledger.writer.connection.execute("PRAGMA max_page_count = 1000000")
    write(ledger, KEY, lives.OPENED)
    assert verify_all(ledger) == len(acknowledged) + 1


def lock(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_a_file_locked_by_another_process_is_unavailable_in_time(ledger: SqliteLedger, path: Path) -> None:
    write(ledger, KEY, lives.OPENED)
    other = lock(path)
    began = time.monotonic()
    with pytest.raises(LedgerUnavailable, match="did not answer within"):
        ledger.transact(KEY, lambda transaction: transaction.append([lives.ASKED], 1), timeout_ms=300)
    assert time.monotonic() - began < 2
    assert len(ledger.history(KEY)) == 1  # readers are not in the way of writers, nor writers of readers
    other.close()
    ledger.ping()
    assert len(ledger.history(KEY)) == 1  # who was told "not recorded" is not recorded later


def test_a_file_that_is_let_go_in_time_is_written(ledger: SqliteLedger, path: Path) -> None:
    other = lock(path)
    threading.Timer(0.6, other.close).start()
    write(ledger, KEY, lives.OPENED)
    assert len(ledger.history(KEY)) == 1


def test_work_that_ends_too_late_is_rolled_back(ledger: SqliteLedger) -> None:
    def slow(transaction: Transaction) -> None:
        transaction.append([lives.OPENED], 0)
        time.sleep(0.3)

    with pytest.raises(LedgerUnavailable):
        ledger.transact(KEY, slow, timeout_ms=100)
    ledger.ping()
    assert ledger.history(KEY) == ()


@pytest.mark.parametrize("path_or_memory", ["file", ":memory:"])
def test_work_may_read_the_ledger(path: Path, path_or_memory: str) -> None:
    ledger = SqliteLedger(str(path) if path_or_memory == "file" else path_or_memory)
    write(ledger, TicketKey("acme", "T-2"), lives.OPENED)
    seen = ledger.transact(KEY, lambda _: len(ledger.history(TicketKey("acme", "T-2"))))
    assert seen == 1
    ledger.close()


def test_closing_finishes_what_was_accepted(path: Path) -> None:
    ledger = SqliteLedger(str(path))
    with ThreadPoolExecutor(9) as threads:
        held = Held(ledger, threads)
        waiting: list[Future[object]] = [
            threads.submit(write, ledger, TicketKey("acme", f"T-{number}"), lives.OPENED) for number in range(8)
        ]
        held.release(8, ledger)
        ledger.close()
        for future in waiting:
            future.result()


def test_a_clock_of_one_s_own(path: Path) -> None:
    now = [1_000]
    ledger = SqliteLedger(str(path), clock=lambda: now[0])
    write(ledger, KEY, lives.OPENED)
    now[0] = 500
    [recorded] = write(ledger, KEY, lives.ASKED)
    assert recorded.at_ms == 1_000  # a clock that was set back does not take a ticket back
    ledger.close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database" * 100)
    with pytest.raises(LedgerUnreadable, match="not a database"):
        open_ledger(f"sqlite:///{tmp_path}/notes.txt")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnavailable, match="folder cannot be made"):
        open_ledger(str(tmp_path / "file" / "ledger.db"))


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///", "sqlite://host/path"])
def test_a_url_of_another_kind_is_bad_input(url: str) -> None:
    with pytest.raises(BadInput):
        open_ledger(url)


def test_urls_name_files_relative_absolute_and_bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///one.db", f"sqlite:///{tmp_path}/two.db", "three.db"):
        open_ledger(url).close()
    assert sorted(file.name for file in tmp_path.glob("*.db")) == ["one.db", "three.db", "two.db"]
