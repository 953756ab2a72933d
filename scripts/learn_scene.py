"""Four months at the same support desk, for the pictures of Learn: a simulated world, told in words of ours.

Who wrote when, what was read from it, who was handed over and how it ended comes from `trustladder.learn.simulation`;
the default policy decides in it. What is said is made up here, so that a page of Learn can be looked at as it will be.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from scripts.scene import Clock

from trustladder.core import events as e
from trustladder.core.summary import summarise
from trustladder.core.ticket import fold_all, new_ticket, running_clock
from trustladder.desk.clocks import CLOCK, clock_name
from trustladder.desk.reviews import REVIEW
from trustladder.desk.rollout import Rollouts
from trustladder.learn.simulation.population import simulate
from trustladder.learn.simulation.world import World
from trustladder.ledger import open_ledger
from trustladder.ledger.protocol import Due, Ledger, TicketKey, Transaction
from trustladder.policy.load import load_policy
from trustladder.settings import Settings
from trustladder.web.learning import Learning
from trustladder.web.service import policy_book

TENANT = "default"
ACCOUNTS, DAYS = 200, 112
REVIEWED_BEFORE_MS = 4 * 86_400_000
"""How old a drawn case is before somebody has re-read it; the newer ones wait."""

OPENINGS = {
    "how_to": "How do I export my reports as a spreadsheet?",
    "billing": "Why is there a second charge of 49 EUR on my invoice?",
    "technical": "The import stops at 80 percent and the app gets slow. What can I do?",
    "account_access": "Somebody else has signed in to my account. What do I do?",
}
ANSWERS = {
    "how_to": ("Open Reports, choose Export, then Spreadsheet.", "You find Export in the menu at the top right."),
    "billing": ("You can see every charge under Settings, Billing.", "A charge is booked on the first of the month."),
    "technical": ("Please restart the import.", "Please install the newest version and try again."),
    "account_access": ("You can change your password under Settings.", "Please sign in again."),
}
REACTIONS = {
    "human_request": "I want to speak to a person, please.",
    "rejection": "No, that is not it.",
    "repetition": "I have tried that. I ask you again, it is still the same.",
}
OWNERS = {"billing": ("billing", "billing_clerk"), "technical": ("technical", "engineer")}


def furnish(settings: Settings) -> None:
    """Let the four months happen on the ledger that the settings name, then run Learn and begin a rollout."""
    clock = Clock()
    policy = load_policy(Path(settings.policy).read_text(encoding="utf-8"))
    drawn = dict.fromkeys(OPENINGS, 30.0)
    world = World(seed=1, accounts=ACCOUNTS, days=DAYS, people=3, review_percents=drawn)
    histories = simulate(replace(world, policy=policy, policy_acts=True)).histories
    newest_ms = max(history[-1].at_ms for history in histories.values())
    ledger = open_ledger(settings.ledger, clock)
    for number, history in enumerate(sorted(histories.values(), key=lambda history: history[0].at_ms)):
        told = tuple(_told(history, clock.end_ms - newest_ms))
        _record(ledger, clock, f"T-{1_000 + number}", told)
    clock.minutes_ago = 0
    _learn(ledger, settings)
    ledger.close()


def _told(history: Sequence[e.Recorded], later_ms: int) -> Iterator[e.Recorded]:
    """Yield a simulated history in words, moved to now. A case drawn lately has not been re-read yet."""
    opened = history[0].event
    kind = opened.ticket_type if isinstance(opened, e.TicketOpened) and opened.ticket_type else "how_to"
    waits = history[0].at_ms + later_ms > time.time_ns() // 1_000_000 - REVIEWED_BEFORE_MS
    answers, position = iter(ANSWERS[kind] * 9), 0
    for recorded in history:
        event = recorded.event
        if isinstance(event, e.CaseReviewed) and waits:
            continue
        if isinstance(event, e.CustomerWrote | e.BotWrote):
            event = _said(event, kind, position < 4, answers)
        elif isinstance(event, e.DrawnForReview):
            event = replace(event, review_by_ms=event.review_by_ms + later_ms)
        position += 1
        yield e.Recorded(position, recorded.at_ms + later_ms, _by_people(event, kind))


def _said(event: e.CustomerWrote | e.BotWrote, kind: str, first: bool, answers: Iterator[str]) -> e.Event:
    if isinstance(event, e.BotWrote):
        return replace(event, text=next(answers))
    said = next((text for name, text in REACTIONS.items() if name in event.text), "")
    return replace(event, text=f"{OPENINGS[kind]} {said}".strip() if first else said or "And now?")


def _by_people(event: e.Event, kind: str) -> e.Event:
    queue, person = OWNERS.get(kind, ("support", "agent"))
    match event:
        case e.HumanWrote():
            return replace(event, text="I have it here and put it right for you.", person_id=person)
        case e.Escalated():
            return replace(event, queue=queue)
        case e.OwnershipTaken():
            return replace(event, person_id=person)
        case e.Resolved(by="person"):
            return replace(event, by=person)
        case e.CaseReviewed():
            return replace(event, reviewer="support_lead")
        case _:
            return event


def _record(ledger: Ledger, clock: Clock, name: str, history: tuple[e.Recorded, ...]) -> None:
    key = TicketKey(TENANT, name)
    for at_ms, together in groupby(history, key=lambda recorded: recorded.at_ms):
        clock.minutes_ago = (clock.end_ms - at_ms) / 60_000
        new = [recorded.event for recorded in together]

        def write(transaction: Transaction, new: list[e.Event] = new) -> None:
            transaction.append(new, transaction.position)
            ticket = fold_all(new_ticket(TENANT, name), transaction.history())
            transaction.project(summarise(ticket))
            transaction.withdraw(clock_name(key))
            running = running_clock(ticket)
            if running is not None:
                transaction.schedule(Due(CLOCK, key, running[1], clock_name(key), running[0].encode()))
            transaction.withdraw(f"{REVIEW}:")
            for due in ticket.reviews_due:
                transaction.schedule(
                    Due(REVIEW, key, due.review_by_ms, f"{REVIEW}:{due.episode}:", str(due.episode).encode())
                )

        ledger.transact(key, write)


def _learn(ledger: Ledger, settings: Settings) -> None:
    """Run Learn in the lead's name; one of its proposals is accepted and decides in the shadow."""
    rollouts = Rollouts(ledger, policy_book(settings))
    learning = Learning(ledger, rollouts)
    learning.run_for(TENANT, "support_lead")
    proposed = learning.propose(TENANT).new
    if proposed:
        rollouts.decide(TENANT, proposed[0].proposal_id, "support_lead", accepted=True, reason="the interval holds")
        rollouts.shadow(TENANT, proposed[0].proposal_id, "support_lead")
