"""The application that `trustladder up` serves."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from fastapi import FastAPI, Request, Response

from trustladder import __version__
from trustladder.connect import litellm_guardrail
from trustladder.desk import Desk
from trustladder.desk.outbox import dead_letters
from trustladder.detect.breaker import Circuit
from trustladder.errors import LedgerUnavailable
from trustladder.web import api, metrics, oversight, pages, problems
from trustladder.web.alarms import alarms_now, alarms_of
from trustladder.web.limits import BodyLimit
from trustladder.web.outgoing import Outgoing

DESCRIPTION = """
The control layer between an AI support bot and the customers it talks to.
Post each customer turn, ask the gate before the bot says anything, redeem the permit when you send.
"""


class Health(Outgoing):
    """The process answers."""

    status: str = "ok"
    version: str = __version__


class Readiness(Outgoing):
    """Whether the service can decide and record now, and what stands in the way."""

    ready: bool
    ledger: str
    policy: str
    policy_digest: str
    paused_detectors: list[str]
    alarms: list[str]


class Worker(Protocol):
    """What runs beside the app: started with it, stopped before its ledger is closed."""

    def start(self) -> None:
        """Begin to work in the background."""

    def stop(self) -> None:
        """Stop, and return once nothing runs any more."""


Alarms = Callable[[int], list[str]]
"""What is wrong at a moment (epoch milliseconds), a sentence each."""


def create_app(desk: Desk, *workers: Worker, alarms: Sequence[Alarms] = ()) -> FastAPI:
    """Return the app over a desk. Its workers run, and its ledger is open, as long as the app.

    ``alarms`` are asked for what is wrong, besides the policy, the ledger and the outbox.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for worker in workers:
            worker.start()
        yield
        for worker in workers:
            worker.stop()
        desk.ledger.close()

    app = FastAPI(title="trustladder", version=__version__, description=DESCRIPTION, lifespan=lifespan)
    app.state.desk = desk
    app.state.alarms = tuple(alarms)
    app.state.metrics = metrics.Metrics(desk)
    app.include_router(api.router)
    app.include_router(oversight.router)
    app.include_router(litellm_guardrail.router, responses=api.PROBLEMS)
    app.include_router(metrics.router)
    pages.install(app)
    app.add_api_route("/healthz", healthz, tags=["service"], summary="Is the process alive?")
    app.add_api_route(
        "/readyz",
        readyz,
        tags=["service"],
        summary="Can it decide and record now?",
        responses={503: {"model": Readiness, "description": "It cannot: do not send."}},
    )
    problems.install(app)
    app.add_middleware(BodyLimit)
    return app


def healthz() -> Health:
    """Answer while the process lives."""
    return Health()


def readyz(desk: api.TheDesk, request: Request, response: Response) -> Readiness:
    """Answer whether the ledger can be reached, which policy is in force, and what is wrong.

    A paused detector does not make the service unready: what it would have read is unknown, and contains (law 4).
    """
    policy = desk.policies.current()
    paused = [status for status in desk.detectors() if status.circuit is not Circuit.CLOSED]
    alarms: list[str] = []
    ledger = "ok"
    try:
        desk.ledger.ping()
        alarms += alarms_now(request, desk)
        if dead_letters(desk.ledger):
            alarms.append("notifications could not be delivered: see /dead-letters")
    except LedgerUnavailable as error:
        ledger = error.what
        alarms = [*alarms_of(desk), error.what]
        response.status_code = 503
    return Readiness(
        ready=ledger == "ok",
        ledger=ledger,
        policy=policy.name,
        policy_digest=policy.digest,
        paused_detectors=[status.name for status in paused],
        alarms=alarms,
    )
