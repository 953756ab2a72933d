"""Puts the parts of the service together: ledger, policy, perception, gate, timers."""

from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

from fastapi import FastAPI

from trustladder.connect.notify.channels import notifying
from trustladder.connect.rewriting import Rewriter
from trustladder.core.containment import Act, ToolCall
from trustladder.core.policy import Policy
from trustladder.core.ticket import Role, Turn, new_ticket
from trustladder.desk import Desk
from trustladder.desk.desk import Perceive
from trustladder.desk.gate import Reading
from trustladder.desk.outbox import NOBODY, Channels, deliver_due
from trustladder.desk.policies import PolicyBook
from trustladder.desk.rounds import Round, prune, run_due_clocks
from trustladder.desk.watchdog import Watchdog
from trustladder.detect.acts import acts_of
from trustladder.detect.asking import kinds_asked_for
from trustladder.detect.judge import Judge
from trustladder.detect.perceiver import Perceiver, default_perceiver
from trustladder.errors import BadInput, KeyNeeded
from trustladder.ledger import open_ledger
from trustladder.ledger.base import Clock
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import DEFAULT_PROFILE, default_policy, profile_text
from trustladder.settings import Settings
from trustladder.web.access import Access
from trustladder.web.app import create_app
from trustladder.web.keys import KeyRing
from trustladder.web.learn_metrics import learn_metrics
from trustladder.web.learning import Learning, watch_canaries
from trustladder.web.pages.macros import read_macros

CLOCK_SECONDS = 1.0
OUTBOX_SECONDS = 1.0
WATCHDOG_SECONDS = 60.0
PRUNING_SECONDS = 600.0
CANARY_SECONDS = 60.0
MOST_WARMING_TURNS = 3
JUDGE_SLACK_MS = 100
"""What a turn waits beyond the judge's own time: for its answer to be read."""


def read_acts(text: str, declared: tuple[Act, ...], calls: tuple[ToolCall, ...], language: str) -> Reading:
    """Read a draft's acts and promises from its text; what the bot declared can only add."""
    read = acts_of(text, declared, calls, language)
    return Reading(read.acts, tuple(promise.kind for promise in read.promises))


def build_desk(settings: Settings, channels: Channels = NOBODY, clock: Clock | None = None) -> Desk:
    """Return the desk that the settings describe, on the store's clock or a given one.

    Raises a TrustladderError that says what to mend.
    """
    policies = policy_book(settings)
    perceiver = perceiver_of(settings)
    warm(perceiver.perceive, policies.current())
    ledger = open_ledger(settings.ledger, clock)
    desk = Desk(ledger, policies, perceiver.perceive, read_acts, lambda: uuid4().hex, channels, kinds_asked_for)
    desk.detectors = perceiver.status
    return desk


def perceiver_of(settings: Settings) -> Perceiver:
    """Return the process's perceiver, or one of its own with the judge that the settings name."""
    if not settings.judge_url:
        return default_perceiver()
    if not settings.judge_model:
        raise BadInput(
            "the judge has no model", where="TRUSTLADDER_JUDGE_MODEL", fix="name one, or unset the judge's URL"
        )
    seconds = settings.judge_ms / 1000
    judge = Judge(settings.judge_url, settings.judge_model, settings.judge_key, seconds, settings.judge_model)
    return Perceiver(extra_detectors=[judge.detector()], budget_ms=settings.judge_ms + JUDGE_SLACK_MS)


def rewriter_of(settings: Settings) -> Rewriter | None:
    """Return what tells handoffs in short, None where no endpoint is named. Raises BadInput without a model."""
    if not settings.summary_url:
        return None
    if not settings.summary_model:
        raise BadInput(
            "the summary has no model", where="TRUSTLADDER_SUMMARY_MODEL", fix="name one, or unset the summary's URL"
        )
    return Rewriter(settings.summary_url, settings.summary_model, settings.summary_key, settings.summary_ms / 1000)


def policy_book(settings: Settings) -> PolicyBook:
    """Return the policy that the settings name, or the default profile. Raises a PolicyError for a missing file."""
    path = settings.policy_path
    if path is None:
        return PolicyBook(None, load_policy, default_policy(), profile_text(DEFAULT_PROFILE))
    if not Path(path).exists():
        load_policy(path)
    return PolicyBook(path, load_policy)


def warm(perceive: Perceive, policy: Policy) -> None:
    """Let perception load what it needs before the first customer writes: loading takes longer than a turn may.

    Without it the first turn of a process would find every detector late, and be contained for that (law 4).
    """
    hello = Turn(0, Role.CUSTOMER, "Hello, my invoice is wrong and I would like to speak to a person.", 0)
    for _ in range(MOST_WARMING_TURNS):
        if not perceive(new_ticket("", ""), hello, policy).unknown:
            return


def key_ring(settings: Settings) -> KeyRing | None:
    """Return the keys that the settings name, None on loopback without any."""
    if settings.keys:
        return KeyRing(Path(settings.keys))
    if not is_loopback(settings.host):
        raise KeyNeeded(
            f"the service would listen on {settings.host} without keys, and anyone there could hand tickets back",
            where="TRUSTLADDER_KEYS",
            fix="trustladder keys new keys.jsonl --scope people, and set TRUSTLADDER_KEYS=keys.jsonl",
        )
    return None


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on can only be reached from this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def build_app(settings: Settings) -> FastAPI:
    """Return the whole service as an app. Raises KeyNeeded where it would be open to a network without keys."""
    ring = key_ring(settings)
    macros = read_macros(settings.macros)
    notify = notifying(settings)
    rewriter = rewriter_of(settings)
    desk = build_desk(settings, notify.channels)
    learning = Learning(desk.ledger, desk.rollouts)
    watchdog = Watchdog(desk)
    workers = (
        Round("clocks", CLOCK_SECONDS, lambda: run_due_clocks(desk)),
        Round("watchdog", WATCHDOG_SECONDS, watchdog.look),
        Round("outbox", OUTBOX_SECONDS, lambda: deliver_due(desk.ledger, notify.senders)),
        Round("pruning", PRUNING_SECONDS, lambda: prune(desk.ledger)),
        Round("canary", CANARY_SECONDS, lambda: watch_canaries(learning)),
    )
    app = create_app(desk, *workers, alarms=(watchdog.alarms,))
    if ring is not None:
        app.add_middleware(Access, ring=ring)
    app.state.macros = macros
    app.state.rewriter = rewriter
    app.state.learning = learning
    app.state.metrics.add(lambda _: learn_metrics(learning))
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
        lines.append("  ALARM   " + desk.policies.alarm.replace("\n", "\n        "))
    return "\n".join(lines)
