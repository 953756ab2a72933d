"""A whole population: accounts that write over time, the queue of people behind the bot, and the truth about both."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from trustladder.core import events as e
from trustladder.core.episode import Episode, episodes_of
from trustladder.core.policy import DAY_MS, HOUR_MS
from trustladder.learn.simulation.course import STRAIGHT_TO_A_PERSON, Course, Mood, draw_course
from trustladder.learn.simulation.ticket import Record, TicketTruth, close, play, review, work
from trustladder.learn.simulation.world import World

START_MS = 1_735_689_600_000
"""When every simulated world begins: 2025-01-01, 00:00 UTC, in epoch milliseconds."""

_TIERS = (("free", 0.5, 0.0, 0.6, 0.8), ("pro", 0.35, 1_200.0, 1.0, 1.0), ("enterprise", 0.15, 24_000.0, 1.8, 1.3))
"""Tier, share, yearly value, how often it writes and how hard its tickets are, both against ``pro``."""


@dataclass(frozen=True, slots=True)
class Population:
    """What a world gave: every ticket's history, and what is true of its first episode. Ids are the keys."""

    histories: dict[str, tuple[e.Recorded, ...]]
    truths: dict[str, TicketTruth]

    def episodes(self) -> Iterator[Episode]:
        """Yield every episode as the product reads it from the events."""
        for ticket_id, history in self.histories.items():
            yield from episodes_of(ticket_id, history)


@dataclass(slots=True)
class _Told:
    """A ticket after automation: what is still to be worked on, and what is true."""

    record: Record
    truth: TicketTruth
    course: Course
    handed_over: bool


def simulate(world: World) -> Population:
    """Return a world's population: accounts first, then the queue in which their handoffs wait for people."""
    told = [ticket for number in range(world.accounts) for ticket in _account(world, number)]
    _staff(world, told)
    rng = Random(f"{world.seed} reviews")
    for ticket in told:
        review(rng, ticket.record, ticket.truth)
    return Population(
        {ticket.record.ticket_id: tuple(ticket.record.history) for ticket in told},
        {ticket.record.ticket_id: ticket.truth for ticket in told},
    )


def contacts(world: World, account_id: str, muted: str = "") -> list[tuple[str, int]]:
    """Return an account's tickets as (id, opening time), had the ticket ``muted`` not spilled over: its twin."""
    told = _account(world, int(account_id.removeprefix("account-")), muted)
    return [(ticket.record.ticket_id, ticket.record.history[0].at_ms) for ticket in told]


def _account(world: World, number: int, muted: str = "") -> list[_Told]:
    rng = Random(f"{world.seed} {number}")
    tier, _, value, often, hard = rng.choices(_TIERS, [row[1] for row in _TIERS])[0]
    temper = world.hidden_temper if rng.random() < 0.5 else 0.0
    a_day = world.contacts_a_month / 30 * often * rng.gammavariate(4, 0.25)
    account = f"account-{number}"
    told: list[_Told] = []
    shaken_until = -1.0
    for day in _moments(rng, world.days, a_day * (1 + world.spillover)):
        shaken = day < shaken_until
        if not shaken and rng.random() >= 1 / (1 + world.spillover):
            continue
        straight = STRAIGHT_TO_A_PERSON + 0.2 * temper + (0.2 * world.spillover if shaken else 0.0)
        mood = Mood(
            harder=hard * (1 + temper) * (1.2 - 0.4 * day / world.days), straight=straight, asks=world.asks + temper / 4
        )
        ticket = _ticket(rng, world, f"{account}-{len(told)}", day, (account, value, tier), mood)
        told.append(ticket)
        if ticket.truth.is_bad and ticket.record.ticket_id != muted:
            shaken_until = day + world.spillover_days
            if rng.random() < 0.1 * world.spillover:
                value /= 2
    return told


def _moments(rng: Random, days: int, a_day: float) -> Iterator[float]:
    """Yield the moments of a Poisson process, in days."""
    day = rng.expovariate(a_day)
    while day < days:
        yield day
        day += rng.expovariate(a_day)


def _ticket(
    rng: Random, world: World, ticket_id: str, day: float, account: tuple[str, float, str], mood: Mood
) -> _Told:
    own = Random(rng.getrandbits(64))  # of the ticket's own, so that its course shifts nothing after it
    record = Record(world, ticket_id, START_MS + round(day * DAY_MS))
    course = draw_course(own, world, mood)
    truth = play(own, record, course, e.AccountLearned(*account))
    handed_over = truth.handoff_turn is not None or close(own, record, truth, course)
    return _Told(record, truth, course, handed_over)


def _staff(world: World, told: list[_Told]) -> None:
    """Give what was handed over to people, first come first served; what the world's end finds waiting stays open."""
    rng = Random(f"{world.seed} people")
    free_at = [float(START_MS)] * world.people
    end_ms = START_MS + world.days * DAY_MS
    for ticket in sorted((one for one in told if one.handed_over), key=lambda one: one.record.at_ms):
        hours = rng.expovariate(1 / world.hours_each)
        start = max(free_at[0], ticket.record.at_ms)
        heapq.heapreplace(free_at, start + hours * HOUR_MS)
        if start + hours * HOUR_MS < end_ms:
            work(rng, ticket.record, ticket.course, round(start), hours)
