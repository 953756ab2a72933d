"""A made-up afternoon at a support desk, for the screenshots: every lane, several people, a few hours of history."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from uuid import uuid4

from trustladder.desk import AccountFacts, CustomerTurn, Desk, Draft, HumanTurn, Resolution
from trustladder.desk.outbox import KIND, Occasion
from trustladder.errors import PermitRefused
from trustladder.ledger.protocol import TicketKey
from trustladder.policy.profiles import DEFAULT_PROFILE, profile_text
from trustladder.settings import Settings
from trustladder.web.pages.chat import CHANNEL
from trustladder.web.service import build_app, build_desk
from trustladder.web.serving import server_of

STORY = Path(__file__).with_name("scene.txt")
MINUTE_MS = 60_000
NO_FACTS = AccountFacts()
NAMES = {
    "Support agent": "Ana Duarte",
    "Support engineer": "Ben Okafor",
    "Billing clerk": "Chen Li",
    "Support lead": "Dana Weiss",
    "mon-fri: 09:00-17:00": "mon-sun: 00:00-24:00",
}
"""Words of the default profile that the scene reads otherwise: people have names, and somebody is always there."""


@dataclass(slots=True)
class Clock:
    """A clock that stands at a given number of minutes before the moment at which the scene is made."""

    end_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    minutes_ago: float = 0.0

    def __call__(self) -> int:
        """Return the time in milliseconds since the epoch."""
        return int(self.end_ms - self.minutes_ago * MINUTE_MS)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, so many minutes ago: ``who`` is customer, bot, or a person's id with an act."""

    minutes_ago: float
    ticket: str
    who: str
    text: str = ""
    facts: AccountFacts = NO_FACTS


def _story() -> Iterator[Step]:
    """Yield the steps of the scene, in the order of the file."""
    facts: dict[str, AccountFacts] = {}
    for line in STORY.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        first, ticket, who, *text = (part.strip() for part in line.split("|", 3))
        if first == "facts":
            given: dict[str, str] = dict(pair.split("=") for pair in who.split())
            facts[ticket] = AccountFacts(
                given.get("account_id"),
                float(given["value"]) if "value" in given else None,
                given.get("tier"),
                ticket_type=given["ticket_type"],
            )
        else:
            yield Step(float(first), ticket, who, "".join(text), facts.get(ticket, NO_FACTS))


def _happen(desk: Desk, step: Step) -> None:
    key, message = TicketKey("default", step.ticket), uuid4().hex
    who, _, act = step.who.partition(" ")
    match who, act:
        case "customer", _:
            desk.customer_wrote(
                key,
                CustomerTurn(
                    message, step.text, channel=CHANNEL if step.ticket.startswith("chat") else "web", facts=step.facts
                ),
            )
        case "bot", _:
            _say(desk, key, Draft(message, step.text, confidence=80))
        case person, "claim":
            desk.escalate(key, "the customer asks for a person", "web")  # nothing happens where it is escalated already
            desk.claim(key, person)
        case person, "resolve":
            desk.resolve(key, Resolution(person, repair=step.text))
        case person, _:
            desk.human_wrote(key, HumanTurn(message, step.text, person, internal=act == "note"))


def _say(desk: Desk, key: TicketKey, draft: Draft) -> None:
    gate = desk.bot_drafted(key, draft)
    if gate.permit is not None:
        try:
            desk.redeem(key, gate.permit.permit_id)
        except PermitRefused:
            return


def furnish(settings: Settings) -> None:
    """Let the scene happen on the ledger that the settings name."""
    clock = Clock()
    made = build_desk(settings, {Occasion.ESCALATED: ("slack",)}, clock)
    for step in sorted(_story(), key=lambda step: -step.minutes_ago):
        clock.minutes_ago = step.minutes_ago
        _happen(made, step)
    _deliver(made)
    made.ledger.close()


def _deliver(desk: Desk) -> None:
    """Let Slack take every notification but two."""
    for number, due in enumerate(desk.ledger.claim_due([f"{KIND}slack"], 100, MINUTE_MS)):
        if number in {3, 5}:
            desk.ledger.dead_due(due, "slack answered 404: no_service, the incoming webhook was removed")
        else:
            desk.ledger.finish_due(due)


def named_policy(folder: Path) -> Path:
    """Write the policy of the scene to a folder: the default profile with people who have names."""
    policy = profile_text(DEFAULT_PROFILE)
    for old, new in NAMES.items():
        policy = policy.replace(old, new)
    path = folder / "policy.yaml"
    path.write_text(policy, encoding="utf-8")
    return path


@contextmanager
def served(folder: Path, happen: Callable[[Settings], None] = furnish) -> Iterator[str]:
    """Let a scene happen in a folder, serve it, and yield where."""
    settings = Settings(ledger=f"sqlite:///{folder / 'ledger.db'}", policy=str(named_policy(folder)))
    happen(settings)
    server = server_of(build_app(settings), log_level="error")
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=20)
