"""The load that a policy puts on people: handoffs per queue and hour of the week, and how many people they take."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from trustladder.core.calendar import next_open_ms
from trustladder.core.episode import Episode
from trustladder.core.policy import HOUR_MS, MINUTE_MS, Hours, Policy, Queue
from trustladder.core.routing import FALLBACK_QUEUE
from trustladder.learn.staffing import ClockTarget, Work, agents_needed

WEEK_HOURS = 168


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the load rests on besides the tickets: handling time and patience in minutes, the share to claim in time.

    ``source`` says where the handling time comes from.
    """

    handling_minutes: float = 15.0
    share: float = 0.9
    patience_minutes: float | None = None
    source: str = "an assumption: give your own with --handling-minutes"


FEWEST_HANDLED = 20
"""From so many tickets on that people handled the time they took is taken from the tickets themselves."""
LONGEST_HANDLING_MINUTES = 240
"""A person whose messages lie further apart did other things in between."""


def handling_time(
    policy: Policy, episodes: Iterable[Episode], minutes: float | None, patience_minutes: float | None, share: float
) -> Assumed:
    """Return the handling time that is given, else what the tickets or the policy's costs tell, else an assumption.

    Of a ticket it is the time from a person's first message to the last one, which leaves out reading and closing.
    """
    if minutes is not None:
        return Assumed(minutes, share, patience_minutes, "given")
    spans = [span for episode in episodes if (span := _person_minutes(episode)) is not None]
    if len(spans) >= FEWEST_HANDLED:
        source = f"from a person's first message to the last, the mean of {len(spans):,} tickets"
        return Assumed(max(1.0, sum(spans) / len(spans)), share, patience_minutes, source)
    stated = sorted({rule.costs.person_minutes for rule in policy.rules if rule.costs is not None})
    if stated:
        return Assumed(stated[len(stated) // 2], share, patience_minutes, "the policy's person_minutes")
    return replace(Assumed(), share=share, patience_minutes=patience_minutes)


def _person_minutes(episode: Episode) -> float | None:
    times = [episode.turn_times_ms[turn] for turn in episode.human_turns if episode.turn_times_ms.get(turn)]
    if len(times) < 2:
        return None
    span = (max(times) - min(times)) / MINUTE_MS
    return span if span <= LONGEST_HANDLING_MINUTES else None


@dataclass(frozen=True, slots=True)
class Handed:
    """One ticket that a policy hands over: the queue, and when (epoch milliseconds)."""

    queue: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """What one policy sends to one queue. ``per_hour`` has 168 mean arrivals, Monday 00:00 first, in the queue's zone.

    Tickets that come while the queue is closed count at its opening. ``agents`` are the people needed in each of these
    hours for the clock, ``agent_hours`` their sum over a week, ``work_hours`` what the tickets themselves take a week.
    ``out_of_hours`` is the share of tickets that came while nobody was there.
    """

    queue: str
    tickets: int
    per_week: float
    per_hour: tuple[float, ...]
    agents: tuple[int, ...]
    work_hours: float
    claim_minutes: int
    out_of_hours: float

    @property
    def agent_hours(self) -> int:
        """Agent hours a week that keep the clock, at least one person in every hour with arrivals."""
        return sum(self.agents)

    @property
    def busiest(self) -> int:
        """The hour of the week (0 is Monday 00:00) with most arrivals."""
        return max(range(WEEK_HOURS), key=lambda hour: self.per_hour[hour])


def loads(
    policy: Policy, handed: Iterable[Handed], first_ms: int, last_ms: int, assumed: Assumed
) -> tuple[QueueLoad, ...]:
    """Return the load of each queue that gets any ticket, over a span of epoch milliseconds, in the policy's order."""
    by_queue: dict[str, list[int]] = defaultdict(list)
    for one in handed:
        by_queue[one.queue].append(one.at_ms)
    queues = policy.queues or {FALLBACK_QUEUE.id: FALLBACK_QUEUE}
    return tuple(
        _load(queue, policy.hours.get(queue.hours), by_queue[name], (first_ms, last_ms), assumed)
        for name, queue in queues.items()
        if by_queue[name]
    )


def _load(
    queue: Queue, hours: Hours | None, times: Sequence[int], span: tuple[int, int], assumed: Assumed
) -> QueueLoad:
    zone = ZoneInfo(hours.zone if hours is not None else "Etc/UTC")
    came = [next_open_ms(hours, at_ms) or at_ms for at_ms in times]
    counts = Counter(_hour_of_week(at_ms, zone) for at_ms in came)
    spans = _hours_in(span[0], max(span[1], *came), zone)
    per_hour = tuple(counts[hour] / max(1, spans[hour]) for hour in range(WEEK_HOURS))
    target = ClockTarget(queue.clocks.claim_minutes, assumed.share)
    people = _people(per_hour, target, assumed)
    return QueueLoad(
        queue=queue.id,
        tickets=len(times),
        per_week=sum(per_hour),
        per_hour=per_hour,
        agents=tuple(people[rate] for rate in per_hour),
        work_hours=sum(per_hour) * assumed.handling_minutes / 60,
        claim_minutes=queue.clocks.claim_minutes,
        out_of_hours=sum(moved != at_ms for moved, at_ms in zip(came, times, strict=True)) / len(times),
    )


def _people(per_hour: Iterable[float], target: ClockTarget, assumed: Assumed) -> Mapping[float, int]:
    return {
        rate: agents_needed(Work(rate, assumed.handling_minutes, assumed.patience_minutes), target).agents
        for rate in set(per_hour)
    }


def _hour_of_week(at_ms: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(at_ms / 1000, zone)
    return local.weekday() * 24 + local.hour


def _hours_in(first_ms: int, last_ms: int, zone: ZoneInfo) -> Counter[int]:
    """Count how often each hour of the week lies in a span."""
    whole, rest = divmod((last_ms - first_ms) // HOUR_MS + 1, WEEK_HOURS)
    start = _hour_of_week(first_ms, zone)
    counts = Counter(dict.fromkeys(range(WEEK_HOURS), whole))
    counts.update((start + step) % WEEK_HOURS for step in range(rest))
    return counts


def hour_name(hour: int) -> str:
    """Return an hour of the week in words, such as ``Tue 14:00``."""
    return (datetime(2024, 1, 1) + timedelta(hours=hour)).strftime("%a %H:00")
