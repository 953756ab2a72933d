"""Group commit: one thread writes, and many callers share each of its commits.

A commit waits for the disk, and the disk takes as long for a hundred transactions as for one. So whatever has
arrived while the disk was busy goes into the next SQLite transaction, each caller under a savepoint of its own; all
are answered after the commit. One that fails is rolled back alone.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from trustladder.errors import LedgerUnavailable
from trustladder.ledger.sqlite_session import SqliteSession, busy, in_our_words

R = TypeVar("R")

LARGEST_BATCH = 256
LONGEST_BATCH_SECONDS = 0.05


@dataclass(slots=True)
class _Job:
    work: Callable[[SqliteSession], Any]
    deadline: float
    future: "Future[Any]" = field(default_factory=Future)
    result: Any = None
    error: BaseException | None = None

    def answer(self) -> None:
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """The one thread of this process that writes to an SQLite file. Safe to call from any other thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    @property
    def here(self) -> bool:
        """Whether the caller is the writer's own thread: work that is inside a transaction."""
        return threading.current_thread() is self._thread

    @property
    def closed(self) -> bool:
        """Whether nothing more is accepted."""
        return self._closed

    @property
    def queued(self) -> int:
        """How many transactions wait for the next commit, about: a gauge for whoever watches the service."""
        return self._jobs.qsize()

    def run(self, work: Callable[[SqliteSession], R], timeout_seconds: float) -> R:
        """Run work in a transaction and return its result after the commit.

        Raises LedgerUnavailable after the timeout. Work that has not begun by then never runs, work that ends
        later is rolled back; only where the commit itself hangs does the outcome stay open.
        """
        if self.here:
            raise RuntimeError("work inside a transaction must not open another one on the same ledger")
        job = _Job(work, time.monotonic() + timeout_seconds)
        with self._gate:
            if self._closed:
                raise LedgerUnavailable("the ledger is closed")
            self._jobs.put(job)
        try:
            error = job.future.exception(timeout_seconds)
        except TimeoutError:
            job.future.cancel()
            raise _late(timeout_seconds) from None
        if error is not None:
            raise error
        result: R = job.future.result()
        return result

    def close(self) -> None:
        """Finish what was accepted, then let go of the file."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            if self._begin(first):
                self._commit(self._batch(first))
        self.connection.close()

    def _begin(self, first: _Job) -> bool:
        """Take the file's lock; False when the job gave up before another process let it go."""
        while not first.future.cancelled():
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                if not busy(error):
                    first.future.set_running_or_notify_cancel()
                    first.error = in_our_words(error)
                    first.answer()
                    return False
            else:
                return True
        return False

    def _batch(self, first: _Job) -> Iterator[_Job]:
        yield first
        end = time.monotonic() + LONGEST_BATCH_SECONDS
        for _ in range(LARGEST_BATCH - 1):
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is None:
                self._jobs.put(None)  # closing: this batch is the last
                return
            yield job
            if time.monotonic() > end:
                return

    def _commit(self, jobs: Iterable[_Job]) -> None:
        """Run a batch and commit it. Nobody is answered before that: even a refusal may rest on a neighbour's write."""
        ran: list[_Job] = []
        try:
            for job in jobs:
                if job.future.set_running_or_notify_cancel():
                    ran.append(job)
                    self._run_alone(job)
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(ran, error)
        for job in ran:
            job.answer()

    def _run_alone(self, job: _Job) -> None:
        """Run a job under a savepoint; what it raises is its own affair, unless the whole transaction is gone."""
        session = SqliteSession(self.connection)
        self.connection.execute("SAVEPOINT job")
        try:
            job.result = job.work(session)
            if session.broken is not None:
                raise session.broken
            if time.monotonic() > job.deadline:
                raise _late(0)
        except BaseException as error:
            job.error = error
            # SQLite ends the transaction by itself when, say, the disk is full: then this fails, and all is undone.
            self.connection.execute("ROLLBACK TO job")
        self.connection.execute("RELEASE job")

    def _give_up(self, ran: Iterable[_Job], error: sqlite3.Error) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        for job in ran:
            job.error = in_our_words(error)


def _late(seconds: float) -> LedgerUnavailable:
    within = f" within {seconds:g} s" if seconds else " in time"
    return LedgerUnavailable(f"the ledger did not answer{within}", fix="send nothing, and ask again")
