"""Puts the parts of the service together: ledger, policy, perception, gate, timers."""

import threading
from pathlib import Path
from uuid import uuid4

import structlog
from fastapi import FastAPI

from trustladder.core.containment import Act, ToolCall
from trustladder.core.policy import Policy
from trustladder.core.ticket import Role, Turn, new_ticket
from trustladder.desk import Desk
from trustladder.desk.clocks import CLOCK
from trustladder.desk.desk import Perceive
from trustladder.desk.gate import Reading
from trustladder.desk.policies import PolicyBook
from trustladder.detect.acts import acts_of
from trustladder.detect.perceiver import default_perceiver
from trustladder.errors import TrustladderError
from trustladder.ledger import open_ledger
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import DEFAULT_PROFILE, default_policy, profile_text
from trustladder.settings import Settings
from trustladder.web.app import create_app
from trustladder.web.pages.macros import read_macros

log = structlog.get_logger()

CLOCK_SECONDS = 1.0
LEASE_MS = 30_000
BATCH = 100
MOST_WARMING_TURNS = 3


def read_acts(text: str, declared: tuple[Act, ...], calls: tuple[ToolCall, ...], language: str) -> Reading:
    """Read a draft's acts and promises from its text; what the bot declared can only add."""
    read = acts_of(text, declared, calls, language)
    return Reading(read.acts, tuple(promise.kind for promise in read.promises))


def build_desk(settings: Settings) -> Desk:
    """Return the desk that the settings describe. Raises a TrustladderError that says what to mend."""
    path = settings.policy_path
    if path is not None and not Path(path).exists():
        load_policy(path)
    given = path is not None
    policies = PolicyBook(
        path, load_policy, None if given else default_policy(), "" if given else profile_text(DEFAULT_PROFILE)
    )
    perceive = default_perceiver().perceive
    warm(perceive, policies.current())
    return Desk(open_ledger(settings.ledger), policies, perceive, read_acts, lambda: uuid4().hex)


def warm(perceive: Perceive, policy: Policy) -> None:
    """Let perception load what it needs before the first customer writes: loading takes longer than a turn may.

    Without it the first turn of a process would find every detector late, and be contained for that (law 4).
    """
    hello = Turn(0, Role.CUSTOMER, "Hello, my invoice is wrong and I would like to speak to a person.", 0)
    for _ in range(MOST_WARMING_TURNS):
        if not perceive(new_ticket("", ""), hello, policy).unknown:
            return


def run_due_clocks(desk: Desk) -> int:
    """Look at every ticket whose timer is due, once; return how many deadlines had been missed."""
    missed = 0
    for due in desk.ledger.claim_due((CLOCK,), BATCH, LEASE_MS):
        missed += desk.clock_fired(due.key)
        desk.ledger.finish_due(due)
    return missed


class ClockWorker(threading.Thread):
    """Runs due timers in the background. Any number of workers, in any process, may run at once."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(name="clocks", daemon=True)
        self._desk = desk
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until stopped; a failure is logged and tried again."""
        while not self._stopping.wait(CLOCK_SECONDS):
            try:
                run_due_clocks(self._desk)
            except TrustladderError as error:
                log.warning("clocks could not run, they will be tried again", error=str(error))

    def stop(self) -> None:
        """Stop after the present batch."""
        self._stopping.set()
        self.join(timeout=10)


def build_app(settings: Settings) -> FastAPI:
    """Return the whole service as an app."""
    macros = read_macros(settings.macros)
    desk = build_desk(settings)
    app = create_app(desk, ClockWorker(desk))
    app.state.macros = macros
    return app


def said_at_start(settings: Settings, app: FastAPI) -> str:
    """Return what a person sees when the service starts: where it is, what it uses, what to do next."""
    desk: Desk = app.state.desk
    policy = desk.policies.current()
    where = f"http://{settings.host}:{settings.port}"
    lines = [
        f"trustladder is up at {where}",
        f"  pages   {where}/ (the queue: {where}/queue)",
        f"  API     {where}/docs",
        f"  policy  {policy.name} ({settings.policy or 'the profile that ships with trustladder'})",
        f"  ledger  {settings.ledger}",
    ]
    if desk.policies.alarm:
        lines.append(f"  ALARM   {desk.policies.alarm}: everything is contained")
    return "\n".join(lines)
