"""What trusted fields tell about the account and the process. No customer text is read here."""

from collections.abc import Iterable

from trustladder.core.containment import Lane
from trustladder.core.policy import MINUTE_MS
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.detect.detector import ANYONE, Detector, detector
from trustladder.detect.scene import Scene

TOP_TIERS = frozenset({"vip", "enterprise", "platinum", "strategic", "key", "key account", "diamond", "tier 1"})
HIGH_TIERS = frozenset({"gold", "premium", "business", "pro plus", "elite", "silver plus"})
FULL_BOT_TURNS = 10
FULL_MINUTES = 60
GOOD_OUTCOMES = frozenset({"solved", "resolved", "closed", "answered"})


def _field(name: str, strength: int, field: str) -> tuple[Signal, ...]:
    return (Signal(name, strength, (Evidence(field=field),)),) if strength else ()


@detector("account_value", roles=ANYONE)
def account_value(scene: Scene) -> tuple[Signal, ...]:
    """The account carries high revenue (trusted fields only).

    Scale: yearly value as a share of the policy's `high_value`, 100 from there on; a top tier (vip, enterprise …)
    is 100 and a high one (gold, premium …) 70, whichever is more.
    """
    account, high = scene.ticket.account, scene.policy.high_value
    by_value = 0
    if account.value is not None and high:
        by_value = max(0, min(100, round(100 * account.value / high)))
    tier = (account.tier or "").strip().lower()
    by_tier = 100 if tier in TOP_TIERS else 70 if tier in HIGH_TIERS else 0
    field = "account.value" if by_value >= by_tier else "account.tier"
    return _field("account_value", max(by_value, by_tier), field)


@detector("at_risk_account", roles=ANYONE)
def at_risk_account(scene: Scene) -> tuple[Signal, ...]:
    """The account is marked at risk by a trusted system. Scale: 100 marked, nothing else."""
    return _field("at_risk_account", 100 if scene.ticket.account.at_risk else 0, "account.at_risk")


@detector("recent_bad_ticket", roles=ANYONE)
def recent_bad_ticket(scene: Scene) -> tuple[Signal, ...]:
    """Spillover carried in: an earlier episode of this ticket went badly.

    Scale: 100 it ended unsolved; 80 the customer complained or gave 40 of 100 or less; 60 it had to be escalated.
    """
    return _field("recent_bad_ticket", _past_badness(scene.ticket), "ticket.past")


def _past_badness(ticket: Ticket) -> int:
    if not ticket.past:
        return 0
    if any(past.outcome is not None and past.outcome.outcome.lower() not in GOOD_OUTCOMES for past in ticket.past):
        return 100
    if ticket.complaint or (ticket.satisfaction is not None and ticket.satisfaction <= 40):
        return 80
    return 60 if any(past.highest_lane >= Lane.ESCALATED for past in ticket.past) else 0


@detector("reopened", roles=ANYONE)
def reopened(scene: Scene) -> tuple[Signal, ...]:
    """The ticket had been resolved before. Scale: 70 the first time it comes back, 85 the second, then 100."""
    again = scene.ticket.episode - 1
    return _field("reopened", min(100, 55 + 15 * again) if again else 0, "ticket.episode")


def _opens_a_turn(ticket: Ticket, turn: Turn) -> bool:
    return turn.role is Role.BOT and bool(turn.text.strip() or turn.intents) and not ticket.amid_a_bot_turn


@detector("turns_in_automation", roles=ANYONE)
def turns_in_automation(scene: Scene) -> tuple[Signal, ...]:
    """How many turns the bot has taken since automation took the ticket. Scale: 10 a turn, 100 from ten turns on.

    What the bot says between its tool calls and its answer are one turn; what only calls tools is none.
    """
    turns = scene.ticket.bot_turns + _opens_a_turn(scene.ticket, scene.turn)
    return _field("turns_in_automation", min(100, turns * 100 // FULL_BOT_TURNS), "bot_turns")


@detector("minutes_in_automation", roles=ANYONE)
def minutes_in_automation(scene: Scene) -> tuple[Signal, ...]:
    """How long automation has had the ticket. Scale: minutes out of an hour, 100 from 60 minutes on."""
    since = scene.ticket.stretch_started_at_ms
    minutes = 0 if since is None else max(0, scene.turn.at_ms - since) // MINUTE_MS
    return _field("minutes_in_automation", min(100, minutes * 100 // FULL_MINUTES), "minutes_in_automation")


@detector("channel_switch", roles=ANYONE)
def channel_switch(scene: Scene) -> tuple[Signal, ...]:
    """The customer came back through another channel. Scale: 70 a second channel, 100 a third."""
    others = len(scene.ticket.channels) - 1
    return _field("channel_switch", min(100, 40 + 30 * others) if others > 0 else 0, "channels")


def detectors() -> Iterable[Detector]:
    """Return this file's detectors, in the catalogue's order."""
    yield from (account_value, at_risk_account, recent_bad_ticket)
    yield from (turns_in_automation, minutes_in_automation, reopened, channel_switch)
