"""How long the server takes for each act of the workspace while 5,000 tickets wait for a person.

Run: uv run python benchmarks/queue_pages.py [--tickets 5000] [--repeat 200]
Prints one line an act: median and 95th percentile in milliseconds of the whole HTTP exchange on this machine, and of
the processor time that it took (client and server together), which other work on the machine lengthens less.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from trustladder.core.signals import Evidence, Signal
from trustladder.desk import AccountFacts, CustomerTurn, Desk
from trustladder.ledger.protocol import TicketKey
from trustladder.settings import Settings
from trustladder.web.service import build_app
from trustladder.web.serving import server_of

PEOPLE = ("agent", "engineer", "billing_clerk", "support_lead")
TYPES = ("billing", "technical", "how_to", "legal")
TARGET_MS = 100.0


def fill(desk: Desk, tickets: int) -> None:
    """Put tickets into the queue, each with a turn of its own and a request for a person."""
    asked = Signal("human_request", 100, (Evidence(quote="a person"),), "benchmark")
    for number in range(tickets):
        text = f"My order number {10_000 + number} is wrong, and I want to speak to a person, please."
        facts = AccountFacts(value=float(number % 900) * 100, ticket_type=TYPES[number % len(TYPES)])
        turn = CustomerTurn(f"m{number}", text, facts=facts, reported=(asked,))
        desk.customer_wrote(TicketKey("default", f"q-{number}"), turn)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Desk]]:
    """The real service over a SQLite ledger."""
    app = build_app(Settings(ledger=f"sqlite:///{folder / 'ledger.db'}"))
    server = server_of(app, log_level="error")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", app.state.desk
    server.should_exit = True
    thread.join(timeout=10)


def acts(client: httpx2.Client, repeat: int) -> Iterator[tuple[str, Callable[[int], httpx2.Response]]]:
    """Yield each act with its name; it gets the number of its turn, so that each takes a ticket of its own."""
    own = "/tickets/q-{}"
    shown = "&".join(f"shown=q-{number}" for number in range(50))
    yield "lanes page", lambda _: client.get("/")
    yield "queue page", lambda _: client.get("/queue")
    yield "queue news", lambda _: client.get(f"/queue/news?at=1&{shown}")
    yield "ticket page", lambda n: client.get(own.format(n))
    yield "find", lambda n: client.get(f"/find?q=q-{n}")
    yield "accept", lambda n: client.post(f"{own.format(n)}/claim")
    yield "reply", lambda n: client.post(f"{own.format(n)}/reply", data={"text": "Hello", "message_id": f"r{n}"})
    yield "note", lambda n: client.post(f"{own.format(n)}/note", data={"text": "Hm", "message_id": f"n{n}"})
    yield "note, queue", lambda n: _noted_then_queue(client, own.format(n), n)
    yield "resolve", lambda n: client.post(f"{own.format(n)}/resolve", data={"cause": "ours"})
    yield "take over", lambda n: client.post(f"{own.format(n + repeat)}/take-over")
    yield "return", lambda n: client.post(f"{own.format(n + repeat)}/return", data={"reason": "not mine"})


def _noted_then_queue(client: httpx2.Client, path: str, number: int) -> httpx2.Response:
    """Change a ticket, so that the page that follows has to put the queue in order anew; both are timed."""
    client.post(f"{path}/note", data={"text": "Hm", "message_id": f"o{number}"})
    return client.get("/queue")


def measured(act: Callable[[int], httpx2.Response], repeat: int) -> tuple[list[float], list[float]]:
    """Return how long each repetition took, and its processor time, in milliseconds, each sorted.

    Pages that follow an act are not part of it.
    """
    taken, worked = [], []
    for number in range(repeat):
        start, began = time.perf_counter(), time.process_time()
        response = act(number)
        taken.append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - began) * 1000)
        if response.status_code not in {200, 303} or response.headers.get("location", "").startswith("/me"):
            raise SystemExit(f"{response.request.method} {response.url} answered {response.status_code}")
    return sorted(taken), sorted(worked)


def _line(name: str, taken: list[float], worked: list[float]) -> str:
    at = int(len(taken) * 0.95) - 1
    late = "" if taken[at] < TARGET_MS else f"  above {TARGET_MS:g} ms"
    return (
        f"{name:12} median {statistics.median(taken):6.1f} ms   p95 {taken[at]:6.1f} ms   "
        f"processor median {statistics.median(worked):5.1f} ms   p95 {worked[at]:5.1f} ms{late}"
    )


def main() -> None:
    """Fill the queue, then time each act."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=5_000)
    parser.add_argument("--repeat", type=int, default=200)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder, served(Path(folder)) as (url, desk):
        start = time.perf_counter()
        fill(desk, asked.tickets)
        waiting = len(desk.queue("default", limit=asked.tickets))
        print(f"{waiting} tickets wait for a person ({time.perf_counter() - start:.0f} s to fill the queue)")
        cookies = {"trustladder_person": PEOPLE[0]}
        with httpx2.Client(base_url=url, cookies=cookies, timeout=60) as client:
            client.get("/queue")
            for name, act in acts(client, asked.repeat):
                print(_line(name, *measured(act, asked.repeat)))


if __name__ == "__main__":
    main()
