"""Many at once: threads, processes, and some that are killed in the middle."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.ledger import lives, workers
from tests.ledger.lives import KEY, write

from trustladder.core import events as e
from trustladder.errors import PositionConflict
from trustladder.ledger import Ledger, open_ledger, verify_all
from trustladder.ledger.protocol import Due, DueState, Fed, TicketKey, Transaction


@contextmanager
def opened(url: str) -> Iterator[Ledger]:
    ledger = open_ledger(url, timeout_ms=30_000)
    yield ledger
    ledger.close()


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_of_two_who_expect_the_same_position_one_wins(ledger: Ledger) -> None:
    write(ledger, KEY, lives.OPENED)
    together = threading.Barrier(8)

    def try_once(number: int) -> bool:
        expected = len(ledger.history(KEY))
        together.wait()
        try:
            ledger.transact(KEY, lambda transaction: transaction.append([e.SystemNoted(str(number))], expected))
        except PositionConflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(try_once, range(8))) == 1
    assert len(ledger.history(KEY)) == 2


def test_the_lock_holds_from_reading_to_writing(ledger: Ledger) -> None:
    """Check, wait, act: without the lock two would see the same count."""

    def count_up(_: int) -> None:
        def work(transaction: Transaction) -> None:
            seen = len(transaction.history())
            time.sleep(0.002)
            transaction.append([e.SystemNoted(str(seen))], seen)

        ledger.transact(KEY, work)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_up, range(40)))
    assert [row.event for row in ledger.history(KEY)] == [e.SystemNoted(str(number)) for number in range(40)]


def test_many_tickets_at_once_lose_nothing(ledger: Ledger) -> None:
    keys = [TicketKey("acme", f"T-{number}") for number in range(25)]
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda number: write(ledger, keys[number % 25], e.SystemNoted(str(number))), range(250)))
    assert [len(ledger.history(key)) for key in keys] == [10] * 25
    assert verify_all(ledger) == 250


def test_processes_share_a_ledger(shared_url: str) -> None:
    with opened(shared_url) as ledger:
        started = [workers.start("append", shared_url, 3, 60) for _ in range(3)]
        said = [line for worker in started for line in worker.communicate(timeout=120)[0].split()]
        assert [worker.returncode for worker in started] == [0, 0, 0]
        assert sorted(said) == sorted(f"T-{ticket}:{position}" for ticket in range(3) for position in range(1, 61))
        assert verify_all(ledger) == 180


def follow(ledger: Ledger, after: int, limit: int) -> list[Fed]:
    """Read the feed to its present end, as a consumer would."""
    seen: list[Fed] = []
    while page := ledger.feed(after, limit):
        seen += page
        after = page[-1].sequence
    return seen


def test_who_follows_the_feed_misses_nothing(shared_url: str) -> None:
    with opened(shared_url) as ledger, ThreadPoolExecutor(8) as threads:

        def write_some(number: int) -> None:
            key = TicketKey("acme", f"T-{number % 12}")
            write(ledger, key, *[e.SystemNoted(f"{number}.{part}") for part in range(1 + number % 4)])

        writing = [threads.submit(write_some, number) for number in range(240)]
        seen: list[Fed] = []
        while not all(future.done() for future in writing):
            seen += follow(ledger, seen[-1].sequence if seen else 0, limit=7)
            time.sleep(0.001)
        for future in writing:
            future.result()
        seen += follow(ledger, seen[-1].sequence if seen else 0, limit=7)
        assert len(seen) == sum(1 + number % 4 for number in range(240))
        assert seen == ledger.feed(0, limit=10_000)
        for key in {fed.key for fed in seen}:
            of_ticket = tuple(fed.recorded for fed in seen if fed.key == key)
            assert of_ticket == ledger.history(key)


def test_the_feed_waits_for_what_is_numbered_but_not_committed(shared_url: str) -> None:
    written, release = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> None:
        transaction.append([e.SystemNoted("first")], 0)
        written.set()
        release.wait(20)

    with opened(shared_url) as ledger, ThreadPoolExecutor(2) as threads:
        first = threads.submit(ledger.transact, KEY, slow)
        assert written.wait(20)
        second = threads.submit(write, ledger, TicketKey("acme", "T-2"), e.SystemNoted("second"))
        time.sleep(0.2)
        early = ledger.feed(0)
        release.set()
        first.result()
        second.result()
        assert early == []
        assert [fed.recorded.event for fed in ledger.feed(0)] == [e.SystemNoted("first"), e.SystemNoted("second")]


def owe(ledger: Ledger, number: int) -> None:
    def work(transaction: Transaction) -> None:
        for index in range(number):
            transaction.schedule(Due("clock", KEY, 1 + index, f"clock:{index}"))

    ledger.transact(KEY, work)


def test_many_workers_do_each_due_row_once(shared_url: str) -> None:
    with opened(shared_url) as ledger:
        owe(ledger, 200)
        started = [workers.start("claim", shared_url, 0.5) for _ in range(3)]
        done = Counter(line for worker in started for line in worker.communicate(timeout=120)[0].split())
        assert done == Counter(f"{what}=clock:{index}" for what in ("claimed", "done") for index in range(200))
        assert ledger.list_due(DueState.WAITING) == []


def test_the_lease_of_a_killed_worker_runs_out(shared_url: str) -> None:
    with opened(shared_url) as ledger:
        owe(ledger, 1)
        worker = workers.start("lease", shared_url, 2_000)
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "clock:0"
        worker.kill()
        worker.communicate()
        assert ledger.claim_due(["clock"], 1, 60_000) == []
        assert eventually(lambda: bool(ledger.claim_due(["clock"], 1, 60_000)))


def test_a_killed_process_leaves_no_write_and_no_lock(shared_url: str) -> None:
    with opened(shared_url) as ledger:
        write(ledger, KEY, lives.OPENED)
        worker = workers.start("hang", shared_url)
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "written"
        worker.kill()
        worker.communicate()
        write(ledger, KEY, lives.REDEEMED)  # the escalation was never committed: automation may still speak
        assert [row.event for row in ledger.history(KEY)] == [lives.OPENED, lives.REDEEMED]


@pytest.mark.parametrize("rounds", [30])
def test_nothing_automated_is_released_after_a_handoff_whoever_comes_first(ledger: Ledger, rounds: int) -> None:
    """Law 1 under a race: the desk is not asked here, the database alone must keep it."""
    for number in range(rounds):
        key = TicketKey("acme", f"T-{number}")
        write(ledger, key, lives.OPENED)
        with ThreadPoolExecutor(2) as threads:
            released = threads.submit(write, ledger, key, lives.REDEEMED)
            write(ledger, key, lives.ESCALATED)
            refused = released.exception() is not None
        expected = [lives.OPENED, lives.ESCALATED] if refused else [lives.OPENED, lives.REDEEMED, lives.ESCALATED]
        assert [row.event for row in ledger.history(key)] == expected
