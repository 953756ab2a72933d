"""A storm: worker processes do everything at once to a few tickets, badly, and are killed in between.

Run by itself it prints what it did and what the checker found. Each run is bounded in steps and in time, has a ledger
of its own (on loopback or in a file, removed afterwards) and may add its line to a file; ``--total`` adds the lines up:

    python -m tests.desk.storm --store sqlite --steps 100000 --seconds 500 --seed 1 --log storm.jsonl
    python -m tests.desk.storm --store postgresql --steps 100000 --seconds 500 --seed 2 --log storm.jsonl
    python -m tests.desk.storm --store simulated --steps 100000 --seconds 500 --seed 3 --log storm.jsonl
    python -m tests.desk.storm --total storm.jsonl

``simulated`` is one process that draws from the seed who goes next (tests/desk/simulation.py).
"""

import argparse
import json
import multiprocessing
import os
import random
import signal as unix_signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.desk.checker import Answered, Violation, check
from tests.desk.steps import TENANT, Worker, storm_desk
from trustladder.ledger import open_ledger
from trustladder.ledger.protocol import TicketKey

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

THREADS = 4
"""Threads of each worker process: they share a desk, its cache and, on SQLite, the commits."""
STEPS_A_TICKET = 60
KILL_EVERY_SECONDS = 4.0
HANDFUL = 10


@dataclass(frozen=True, slots=True)
class Weather:
    """How hard it blows: steps in all, worker processes, tickets at hand at a time, whether workers are killed."""

    url: str
    steps: int
    workers: int = 4
    tickets: int = 40
    kill: bool = True
    seed: int = 1
    seconds: float = 600.0
    journals: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a storm did and what was found after it. ``steps`` are those that were begun and told."""

    store: str
    seed: int
    steps: int
    processes: int
    killed: int
    seconds: int
    answers: int
    events: dict[str, int]
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        count = self.events
        lines = [
            f"{self.store}, seed {self.seed}: {self.steps} steps by {self.processes} workers in {self.seconds} s, "
            f"{self.killed} killed",
            f"{sum(count.values())} events: {count.get('CustomerWrote', 0)} turns, {count.get('DraftJudged', 0)} "
            f"drafts judged, {count.get('PermitRedeemed', 0)} messages sent, {count.get('Escalated', 0)} handoffs, "
            f"{count.get('HandedBack', 0)} hand-backs; {self.answers} answers compared with the ledger",
            f"{len(self.violations)} violations",
        ]
        return "\n".join([*lines, *(f"  {violation}" for violation in self.violations[:20])])


def work(weather: Weather, number: int, done: "Synchronized[int]") -> None:
    """Work with some threads until the storm as a whole has taken its steps."""
    desk = storm_desk(open_ledger(weather.url))
    journal = os.open(Path(weather.journals) / f"{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def at_hand() -> range:
        first = done.value // STEPS_A_TICKET
        return range(first, first + weather.tickets)

    def told(key: TicketKey, position: int, lane: str) -> None:
        os.write(journal, f"{key.ticket_id} {position} {lane}\n".encode())

    def steps(seed: int) -> None:
        worker = Worker(desk, seed, at_hand, told)
        while done.value < weather.steps:
            for _ in range(HANDFUL):
                worker.step()
            with done.get_lock():
                done.value += HANDFUL

    threads = [threading.Thread(target=steps, args=(number * THREADS + i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.ledger.close()


def storm(weather: Weather) -> tuple[int, int]:
    """Let workers loose until their steps or the time are over; return the steps taken and how many were killed."""
    open_ledger(weather.url).close()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.desk.steps"])
    done = context.Value("q", 0)
    deadline = time.monotonic() + weather.seconds

    def start(number: int) -> BaseProcess:
        process = context.Process(target=work, args=(weather, number, done), daemon=True)
        process.start()
        return process

    first = weather.seed * 10_000
    running = [start(first + i) for i in range(weather.workers)]
    chance, killed, last, seen = random.Random(weather.seed), 0, time.monotonic(), 0
    while done.value < weather.steps and time.monotonic() < deadline and any(p.is_alive() for p in running):
        time.sleep(0.1)
        moved = done.value - seen > weather.steps // 50
        # The first goes by steps alone: on a quick machine a short storm is over before any time has passed.
        is_time = not killed or time.monotonic() - last > min(KILL_EVERY_SECONDS, weather.seconds / 50)
        if weather.kill and moved and is_time:
            victim = chance.randrange(weather.workers)
            _end(running[victim])
            killed += 1
            running[victim] = start(first + weather.workers + killed)
            last, seen = time.monotonic(), done.value
    taken = done.value
    for process in running:
        process.join(timeout=30 if taken >= weather.steps else 0)
        killed += _end(process)
    return taken, killed


def _end(process: BaseProcess) -> bool:
    if not process.is_alive():
        return False
    os.kill(process.pid or 0, unix_signal.SIGKILL)
    process.join()
    return True


def answered(folder: str) -> Iterator[Answered]:
    """Read what all workers were answered; a line that a kill cut short is left out."""
    for journal in Path(folder).iterdir():
        for line in journal.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                ticket, position, lane = line.split()
                yield Answered(TicketKey(TENANT, ticket), int(position), lane)


def storm_and_check(store: str, weather: Weather) -> Report:
    """Let a storm loose on an empty ledger and check what it left."""
    with TemporaryDirectory(prefix="tl-storm-") as journals:
        began = time.monotonic()
        taken, killed = storm(replace(weather, journals=journals))
        seconds = round(time.monotonic() - began)
        told = list(answered(journals))
    ledger = open_ledger(weather.url)
    kinds: Counter[str] = Counter()
    found = check(ledger, TENANT, told, kinds)
    ledger.close()
    lines = [in_words(violation) for violation in found]
    return Report(store, weather.seed, taken, weather.workers, killed, seconds, len(told), dict(kinds), lines)


def simulate(steps: int, seed: int, seconds: float) -> Report:
    """Run the simulation in rounds that keep its memory small."""
    from tests.desk.simulation import Simulation

    began, rounds = time.monotonic(), []
    for number in range(max(1, steps // 20_000)):
        rounds.append(Simulation(seed * 1000 + number))
        found = rounds[-1].run(min(steps, 20_000))
        if found or time.monotonic() - began > seconds:
            break
        rounds[-1].forget()
    events = sum((round_.kinds for round_ in rounds), Counter[str]())
    taken, deaths, told = (sum(getattr(r, name) for r in rounds) for name in ("steps", "deaths", "answers"))
    seconds = round(time.monotonic() - began)
    return Report("simulated", seed, taken, 6, deaths, seconds, told, dict(events), [in_words(item) for item in found])


def in_words(violation: Violation) -> str:
    """Return a violation in a line."""
    return f"law {violation.law}: {violation.key.ticket_id} at {violation.position}: {violation.how}"


@contextmanager
def empty_ledger(store: str) -> Iterator[str]:
    """Make an empty ledger of a kind and remove it afterwards."""
    if store == "sqlite":
        with TemporaryDirectory(prefix="tl-storm-") as folder:
            yield f"sqlite:///{Path(folder) / 'storm.db'}"
        return
    from tests.support import postgres

    server = postgres.start()
    try:
        yield server.new_database()
    finally:
        server.stop()


def total(path: Path) -> int:
    """Print the sums of a log by store; 1 when a law was broken."""
    runs = [json.loads(line) for line in path.read_text().splitlines()]
    for store in sorted({run["store"] for run in runs}):
        mine = [run for run in runs if run["store"] == store]
        steps, killed, sent, handoffs = (
            sum(map(get, mine))
            for get in (
                lambda run: run["steps"],
                lambda run: run["killed"],
                lambda run: run["events"].get("PermitRedeemed", 0),
                lambda run: run["events"].get("Escalated", 0),
            )
        )
        broken = sum(len(run["violations"]) for run in mine)
        print(f"{store}: {len(mine)} runs, {steps} steps, {killed} workers killed, {sent} sent, {handoffs} handoffs")
        print(f"  {broken} violations")
    print(f"in all: {sum(run['steps'] for run in runs)} steps")
    return int(any(run["violations"] for run in runs))


def main() -> int:
    """Run a storm from the command line, print what it did and what was found; 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=("sqlite", "postgresql", "simulated"), default="sqlite")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=500.0)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--tickets", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--total", type=Path)
    given = parser.parse_args()
    if given.total:
        return total(given.total)
    if given.store == "simulated":
        report = simulate(given.steps, given.seed, given.seconds)
    else:
        with empty_ledger(given.store) as url:
            weather = Weather(url, given.steps, given.workers, given.tickets, True, given.seed, given.seconds)
            report = storm_and_check(given.store, weather)
    print(report)
    if given.log:
        with given.log.open("a") as log:
            log.write(json.dumps(asdict(report)) + "\n")
    return int(bool(report.violations))


if __name__ == "__main__":
    sys.exit(main())
