"""What the gate adds to an answer: p50 and p99, in process and over HTTP, beside a bare FastAPI echo in the same run.

    uv run python benchmarks/gate_latency.py [--rounds 500]

A round is one exchange on a ticket of its own: the customer's turn, a draft, the redeeming of its permit, then the same
over HTTP (one connection that is kept open), then an echo of the draft's body by a FastAPI route that does nothing.
Both servers are processes of their own, each with one worker; the ledger is SQLite in a file with full synchronous
commits, perception and policy are the default ones. Times are of the clock on the wall, so other load on the machine
shows in them: that is what the echo beside them is for. The first rounds warm up and are not counted.
"""

import argparse
import os
import platform
import random
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from trustladder.desk import CustomerTurn, Desk, Draft
from trustladder.ledger.protocol import TicketKey
from trustladder.settings import Settings
from trustladder.web.service import build_desk

WARM_UP = 30
START_SECONDS = 30
ECHO = """
from typing import Any
from fastapi import FastAPI
app = FastAPI()
@app.post("/echo")
def echo(body: dict[str, Any]) -> dict[str, Any]:
    return body
"""
SERVICE = """
import os
from trustladder.settings import Settings
from trustladder.web.service import build_app
app = build_app(Settings(ledger=os.environ["LEDGER"]))
"""
QUESTIONS = ("Where can I see invoice {n}?", "How long does order {n} take to {town}?", "Which lamp fits model {n}?")
ANSWERS = (
    "Thank you. Is it about order {n}, to {town}?",
    "Which of the two addresses in {town} is it, {n} or another?",
)
TOWNS = ("Ulm", "Leeds", "Porto", "Lyon", "Graz", "Ghent", "Turku", "Bergen", "Split", "Delft")

Times = dict[str, list[int]]


@contextmanager
def server(source: str, folder: Path, name: str) -> Iterator[str]:
    """Serve the app of a piece of source in a process of its own; yield its URL."""
    (folder / f"{name}.py").write_text(source)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", f"{name}:app", "--port", str(port), "--log-level", "error"]
    environment = {**os.environ, "LEDGER": f"sqlite:///{folder / 'served.db'}"}
    process = subprocess.Popen([*command, "--app-dir", str(folder)], env=environment)  # noqa: S603 - fixed words
    try:
        _await(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def timed(times: Times, name: str, do: Callable[[], Any]) -> Any:
    """Do something, and note how many nanoseconds it took."""
    began = time.perf_counter_ns()
    done = do()
    times[name].append(time.perf_counter_ns() - began)
    return done


def in_process(times: Times, desk: Desk, number: int, question: str, answer: str) -> None:
    """One exchange through the desk itself."""
    key = TicketKey("bench", f"t-{number}")
    timed(times, "in process · turn", lambda: desk.customer_wrote(key, CustomerTurn(f"c-{number}", question)))
    gate = timed(times, "in process · draft", lambda: desk.bot_drafted(key, Draft(f"d-{number}", answer)))
    if gate.permit is None:
        raise RuntimeError(f"the draft was withheld: {gate.objections}")
    timed(times, "in process · redeem", lambda: desk.redeem(key, gate.permit.permit_id))


def over_http(times: Times, http: httpx2.Client, number: int, question: str, answer: str) -> None:
    """The same exchange over HTTP."""
    path = f"/v1/tickets/t-{number}"
    turn = {"role": "customer", "text": question, "message_id": f"c-{number}"}
    timed(times, "HTTP · turn", lambda: http.post(f"{path}/turns", json=turn)).raise_for_status()
    gate = timed(times, "HTTP · draft", lambda: http.post(f"{path}/drafts", json={"text": answer})).json()
    permit = gate["permit"]["id"]
    timed(times, "HTTP · redeem", lambda: http.post(f"{path}/permits/{permit}/redeem", json={})).raise_for_status()


def measure(rounds: int) -> Times:
    """Return the times of every step, in nanoseconds."""
    source = random.Random(7)  # noqa: S311 - other words in each round, nothing secret
    times: Times = defaultdict(list)
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        desk = build_desk(Settings(ledger=f"sqlite:///{folder / 'own.db'}"))
        stack.callback(desk.ledger.close)
        http = stack.enter_context(httpx2.Client(base_url=stack.enter_context(server(SERVICE, folder, "service"))))
        echo = stack.enter_context(httpx2.Client(base_url=stack.enter_context(server(ECHO, folder, "echo"))))
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                times.clear()
            words = {"n": source.randrange(10_000, 99_999), "town": source.choice(TOWNS)}
            question, answer = (source.choice(kind).format(**words) for kind in (QUESTIONS, ANSWERS))
            in_process(times, desk, number, question, answer)
            over_http(times, http, number, question, answer)
            timed(times, "HTTP · bare FastAPI echo", lambda: echo.post("/echo", json={"text": answer}))  # noqa: B023
    return _with_sums(times)


def _with_sums(times: Times) -> Times:
    for place in ("in process", "HTTP"):
        steps = [times[f"{place} · {step}"] for step in ("draft", "redeem")]
        times[f"{place} · gate (draft + redeem)"] = [sum(pair) for pair in zip(*steps, strict=True)]
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds
    times = measure(rounds)
    print(f"{rounds} rounds, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    print(f"load average before the end of the run: {os.getloadavg()[0]:.1f}\n")
    print(f"{'':36}{'p50 ms':>9}{'p99 ms':>9}")
    for name in sorted(times):
        cuts = statistics.quantiles(times[name], n=100)
        print(f"{name:36}{cuts[49] / 1e6:9.2f}{cuts[98] / 1e6:9.2f}")


if __name__ == "__main__":
    main()
