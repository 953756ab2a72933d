"""Many timers due at once, and workers that are killed: each fires once in effect, and none is lost.

Run by itself it says how late they were: ``python -m tests.desk.timers --timers 10000 --kills 2 [--ledger URL]``
"""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.desk.office import CLOCKS, MINUTE_MS, POLICY, office_desk
from tests.desk.plain import TENANT, key
from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.policy import Person
from trustladder.desk import CustomerTurn, Desk
from trustladder.desk.clocks import CLOCK
from trustladder.desk.outbox import Occasion
from trustladder.desk.rounds import LEASE_MS, run_due_clocks
from trustladder.ledger import Ledger, open_ledger
from trustladder.ledger.protocol import DueState

ROOT = Path(__file__).parents[2]
ALWAYS = {
    name: replace(queue, hours="", clocks=replace(CLOCKS, claim_minutes=1 if name == "support" else 600))
    for name, queue in POLICY.queues.items()
}
OPEN = replace(POLICY, queues=ALWAYS, people={"ana": Person("ana"), "ben": Person("ben"), "lea": Person("lea")})
CHANNELS = {Occasion.BREACHED: ("webhook",)}


def shifted(by_ms: int) -> Callable[[], int]:
    """Return this machine's clock, so many milliseconds ahead."""
    return lambda: time.time_ns() // 1_000_000 + by_ms


def open_desk(url: str, ahead_ms: int = 0) -> Desk:
    """Return a desk that is always open, over a ledger whose clock runs ahead."""
    return office_desk(open_ledger(url, shifted(ahead_ms), timeout_ms=30_000), CHANNELS, OPEN)


def escalate(url: str, timers: int) -> None:
    """Escalate tickets, each with a claim clock of one minute."""
    desk = open_desk(url)
    for number in range(timers):
        desk.customer_wrote(key(f"T-{number}"), CustomerTurn(f"m{number}", "human_request=90"))
    desk.ledger.close()


def work(url: str, ahead_ms: int, lease_ms: int) -> None:
    """Run due timers until killed."""
    desk = open_desk(url, ahead_ms)
    while True:
        if not run_due_clocks(desk, lease_ms):
            time.sleep(0.05)


class Breaches:
    """Counts the breaches that were recorded, reading each once: who looks must not slow down what is looked at."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._after = 0
        self._found = 0

    def count(self) -> int:
        """Return how many there are by now."""
        while fed := self._ledger.feed(self._after, 10_000, TENANT, ("ClockBreached",)):
            self._after = fed[-1].sequence
            self._found += len(fed)
        return self._found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: how many fired never, once, more often; how many were told; who has no timer; how late.

    Late is counted from when a timer was due, or from when the first worker was started where that is later.
    """

    by_times_fired: dict[int, int]
    told: int
    without_timer: int
    latest_ms: int
    seconds: float


def run(url: str, timers: int, kills: int, ahead_ms: int, lease_ms: int) -> Outcome:
    """Let workers run the timers, kill one after another on the way, and look what came of it."""
    ledger = open_ledger(url, shifted(ahead_ms), timeout_ms=30_000)
    breaches = Breaches(ledger)
    began, began_ms = time.monotonic(), ledger.now_ms()
    worker = start(url, ahead_ms, lease_ms)
    try:
        for kill in range(1, kills + 1):
            _await(lambda share=kill: breaches.count() >= timers * share // (kills + 1))  # type: ignore[misc]
            worker.kill()
            worker.wait()
            worker = start(url, ahead_ms, lease_ms)
        _await(lambda: breaches.count() >= timers)
        seconds = time.monotonic() - began
        time.sleep(1)  # long enough for one that would fire twice
    finally:
        worker.kill()
        worker.wait()
    return _outcome(ledger, timers, began_ms, seconds)


def start(url: str, ahead_ms: int, lease_ms: int) -> "subprocess.Popen[bytes]":
    """Start a worker in a process of its own."""
    command = [sys.executable, "-m", "tests.desk.timers", "--work", "--ledger", url]
    return subprocess.Popen([*command, "--ahead-ms", str(ahead_ms), "--lease-ms", str(lease_ms)], cwd=ROOT)


def _await(true: Callable[[], bool], seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)


def _outcome(ledger: Ledger, timers: int, began_ms: int, seconds: float) -> Outcome:
    fired: Counter[str] = Counter()
    latest_ms = 0
    for number in range(timers):
        for recorded in ledger.history(key(f"T-{number}")):
            if isinstance(recorded.event, e.ClockBreached):
                fired[f"T-{number}"] += 1
                latest_ms = max(latest_ms, recorded.at_ms - max(began_ms, recorded.event.due_ms))
    told = len(ledger.list_due(DueState.WAITING, kinds=["notify:webhook"], limit=10 * timers))
    unwatched = len(ledger.without_due(CLOCK, (Lane.ESCALATED, Lane.OWNED), limit=timers))
    ledger.close()
    times = dict(Counter(fired[f"T-{number}"] for number in range(timers)))
    return Outcome(times, told, unwatched, latest_ms, seconds)


def main() -> None:
    """Run it from the command line, or be one of its workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", default="")
    parser.add_argument("--timers", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--work", action="store_true")
    parser.add_argument("--ahead-ms", type=int, default=0)
    parser.add_argument("--lease-ms", type=int, default=LEASE_MS)
    given = parser.parse_args()
    if given.work:
        work(given.ledger, given.ahead_ms, given.lease_ms)
    with TemporaryDirectory() as folder:
        url = given.ledger or f"sqlite:///{Path(folder) / 'timers.db'}"
        began = time.monotonic()
        escalate(url, given.timers)
        print(f"{given.timers} tickets escalated in {time.monotonic() - began:.1f} s, each to be claimed in a minute")
        # The last of them is due a minute after it was made: with the clock ahead all are due within that time.
        outcome = run(url, given.timers, given.kills, given.ahead_ms or MINUTE_MS, given.lease_ms)
    print(f"worker killed {given.kills} times with SIGKILL; all had fired after {outcome.seconds:.1f} s")
    print(f"fired this often: {outcome.by_times_fired}; notifications owed: {outcome.told}")
    print(f"tickets without a timer afterwards: {outcome.without_timer}")
    print(f"the latest was {outcome.latest_ms / 1000:.1f} s late")


if __name__ == "__main__":
    main()
