"""Staffing: how many people keep a queue's clock, by the formulas of queueing theory.

Erlang C is a queue in which everybody waits; Erlang A one in which the impatient leave. Arrivals are Poisson, handling
and patience exponential, one ticket at a time for each person: tests hold the formulas against a simulated queue.
Sources: Gans, Koole and Mandelbaum, "Telephone call centers", MSOM 5 (2003), §4.1, for both; Mandelbaum and Zeltyn,
"Service engineering in action: the Palm/Erlang-A queue" (2007) for abandonment.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

MOST_AGENTS = 5_000
NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True)
class ClockTarget:
    """What a queue promises: a ticket is claimed within ``minutes`` in ``share`` (0 to 1) of the cases."""

    minutes: float
    share: float = 0.9


@dataclass(frozen=True, slots=True)
class Work:
    """What arrives at a queue and how long it takes.

    ``arrivals_per_hour`` is a mean rate, ``handling_minutes`` the mean time that a person needs for one ticket.
    ``patience_minutes`` is the mean time after which a customer who still waits gives up, None where nobody does.
    """

    arrivals_per_hour: float
    handling_minutes: float
    patience_minutes: float | None = None

    @property
    def load(self) -> float:
        """The offered load in Erlang: how many people are busy on average, if there are enough of them."""
        return self.arrivals_per_hour * self.handling_minutes / 60


@dataclass(frozen=True, slots=True)
class Service:
    """How a queue fares with a number of people. ``within`` is the share of all arrivals claimed within the target.

    ``waiting`` is the share that must wait at all, ``abandoned`` the share that gives up, ``busy`` the share of their
    time that people are occupied.
    """

    agents: int
    within: float
    waiting: float
    abandoned: float
    busy: float


def erlang_b(agents: int, load: float) -> float:
    """Return the share of arrivals that find everybody busy where nobody waits, by the stable recursion on agents."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(agents: int, load: float) -> float:
    """Return the share of arrivals that must wait, 1 where the load (in Erlang) is not below the number of people."""
    if load >= agents:
        return 1.0
    blocked = erlang_b(agents, load)
    return blocked / (1 - load / agents * (1 - blocked))


def service(work: Work, agents: int, within_minutes: float) -> Service:
    """Return how a queue fares with ``agents`` people: Erlang A where patience is known, else Erlang C."""
    if work.arrivals_per_hour <= 0:
        return Service(agents, 1.0, 0.0, 0.0, 0.0)
    if work.patience_minutes is not None:
        return _with_abandonment(work, agents, within_minutes, work.patience_minutes)
    waiting = erlang_c(agents, work.load)
    if work.load >= agents:
        return Service(agents, 0.0, 1.0, 0.0, 1.0)
    late = waiting * math.exp(-(agents - work.load) * within_minutes / work.handling_minutes)
    return Service(agents, 1 - late, waiting, 0.0, work.load / agents)


def _with_abandonment(work: Work, agents: int, within_minutes: float, patience_minutes: float) -> Service:
    """Erlang A: a birth-death chain; who finds j in the queue waits a sum of exponentials.

    Their rates are n·mu + i·theta, i = 0 to j, so that exp(-theta·wait) is a Beta(n·mu/theta, j + 1) variable, and the
    share that is claimed in time and before giving up is an incomplete beta function, taken by its recursion in j.
    """
    ahead = agents * patience_minutes / work.handling_minutes
    reached = -math.expm1(-within_minutes / patience_minutes)
    in_time = _claimed_in_time(ahead, reached)
    total = idle = claimed = queued = busy = 0.0
    for state, weight in _states(work, agents, patience_minutes):
        total += weight
        if state < agents:
            idle += weight
            busy += state * weight
        else:
            claimed += weight * next(in_time)
            queued += (state - agents) * weight
            busy += agents * weight
    abandoned = queued / total * (60 / patience_minutes) / work.arrivals_per_hour
    return Service(
        agents=agents,
        within=min(1.0, (idle + claimed) / total),
        waiting=1 - idle / total,
        abandoned=abandoned,
        busy=busy / total / agents if agents else 0.0,
    )


def _states(work: Work, agents: int, patience_minutes: float) -> Iterator[tuple[int, float]]:
    """Yield how many are in the system (0, 1, …) with the weight of that state, relative to the likeliest."""
    arrivals_per_minute = work.arrivals_per_hour / 60
    logs = [0.0]
    highest = 0.0
    while len(logs) <= min(agents, work.load) or logs[-1] > highest + math.log(NEGLIGIBLE):
        state = len(logs)
        leaving = min(state, agents) / work.handling_minutes + max(0, state - agents) / patience_minutes
        logs.append(logs[-1] + math.log(arrivals_per_minute / leaving))
        highest = max(highest, logs[-1])
    yield from ((state, math.exp(value - highest)) for state, value in enumerate(logs))


def _claimed_in_time(ahead: float, reached: float) -> Iterator[float]:
    """Yield, for j = 0, 1, … others in the queue, ahead / (ahead + j + 1) x I_reached(j + 1, ahead + 1)."""
    power = ahead + 1
    rest = 1.0
    term = math.exp(power * math.log1p(-reached)) if reached < 1 else 0.0
    j = 0
    while True:
        rest = max(0.0, rest - term)
        yield ahead / (ahead + j + 1) * rest
        j += 1
        term *= (j - 1 + power) / j * reached


def agents_needed(work: Work, target: ClockTarget) -> Service:
    """Return the least number of people with which the target holds, and how the queue then fares.

    Nobody is needed where nothing arrives. Raises ValueError where the target cannot be reached at all, such as a
    share above what patience leaves, or where more than `MOST_AGENTS` would be needed.
    """
    if work.arrivals_per_hour <= 0:
        return Service(0, 1.0, 0.0, 0.0, 0.0)
    for agents in range(1, MOST_AGENTS + 1):
        found = service(work, agents, target.minutes)
        if found.within >= target.share:
            return found
    raise ValueError(f"no number of people claims {target.share:.0%} within {target.minutes:g} minutes")
