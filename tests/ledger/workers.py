"""Processes that the tests start, and some of which they kill: ``python -m tests.ledger.workers VERB URL …``."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.ledger import lives

from trustladder.core import events as e
from trustladder.ledger import open_ledger
from trustladder.ledger.protocol import TicketKey, Transaction

ROOT = Path(__file__).parents[2]


def start(verb: str, url: str, *more: object) -> "subprocess.Popen[str]":
    """Start a worker; what it says is on its ``stdout``."""
    command = [sys.executable, "-m", "tests.ledger.workers", verb, url, *map(str, more)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def say(word: str) -> None:
    print(word, flush=True)


def append(url: str, tickets: str, times: str) -> None:
    """Append to some tickets in turn, each time one event after the last."""
    ledger = open_ledger(url, timeout_ms=30_000)
    for number in range(int(times)):
        key = TicketKey("acme", f"T-{number % int(tickets)}")
        [recorded] = lives.write(ledger, key, e.SystemNoted(str(number)))
        say(f"{key.ticket_id}:{recorded.position}")
    ledger.close()


def claim(url: str, until: str) -> None:
    """Claim and finish due rows in small batches until none has come for a while."""
    ledger = open_ledger(url, timeout_ms=30_000)
    idle_since = time.monotonic()
    while time.monotonic() - idle_since < float(until):
        for due in ledger.claim_due(["clock"], 7, 60_000):
            idle_since = time.monotonic()
            say(f"claimed={due.uniq}")
            if ledger.finish_due(due):
                say(f"done={due.uniq}")
    ledger.close()


def lease(url: str, lease_ms: str) -> None:
    """Claim one row and hang."""
    [due] = open_ledger(url).claim_due(["clock"], 1, int(lease_ms))
    say(due.uniq)
    time.sleep(60)


def hang(url: str) -> None:
    """Write inside a transaction and hang before it ends."""

    def work(transaction: Transaction) -> None:
        transaction.append([lives.ESCALATED], transaction.position)
        say("written")
        time.sleep(60)

    open_ledger(url).transact(lives.KEY, work)


VERBS: dict[str, Callable[..., None]] = {"append": append, "claim": claim, "lease": lease, "hang": hang}

if __name__ == "__main__":
    VERBS[sys.argv[1]](*sys.argv[2:])
