"""Business time: when people are there, and how many of their minutes lie between two moments.

Pure arithmetic on `Hours`: the zone's rules come with the standard library's ``zoneinfo``, so that an hour
skipped or repeated by daylight saving time counts as the clock on the wall of the office shows it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from trustladder.core.policy import MINUTE_MS, Hours

HORIZON_DAYS = 400
"""How far ahead a calendar is searched: past a year without one open minute, nobody is ever there."""

_DAY_MINUTES = 24 * 60


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _moment_ms(day: date, minute: int, zone: ZoneInfo) -> int:
    midnight = datetime.combine(day + timedelta(days=minute // _DAY_MINUTES), time(), zone)
    local = midnight.replace(hour=minute % _DAY_MINUTES // 60, minute=minute % 60)
    return int(local.timestamp() * 1000)


def _open_stretches(hours: Hours, from_ms: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches (start, end in epoch milliseconds) in which people are there, from a moment on."""
    zone = _zone(hours.zone)
    first = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(zone).date() - timedelta(days=1)
    for offset in range(HORIZON_DAYS):
        day = first + timedelta(days=offset)
        if day.isoformat() in hours.holidays:
            continue
        for shift in sorted(hours.shifts, key=lambda shift: shift.start_minute):
            if shift.weekday == day.weekday():
                start, end = _moment_ms(day, shift.start_minute, zone), _moment_ms(day, shift.end_minute, zone)
                if end > from_ms:
                    yield max(start, from_ms), end


def is_open(hours: Hours | None, at_ms: int) -> bool:
    """True when people are there at a moment. No hours at all means always."""
    return next_open_ms(hours, at_ms) == at_ms


def next_open_ms(hours: Hours | None, at_ms: int) -> int | None:
    """Return the next moment at which people are there (``at_ms`` itself when they are), None when never."""
    if hours is None:
        return at_ms
    return next((start for start, _ in _open_stretches(hours, at_ms)), None)


def after_business_minutes(hours: Hours | None, from_ms: int, minutes: int) -> int:
    """Return the moment at which that many business minutes have passed.

    Where hours never open, plain minutes count: a deadline must exist for every ticket (law 3).
    """
    left_ms = minutes * MINUTE_MS
    for start, end in _open_stretches(hours, from_ms) if hours is not None else ():
        if end - start >= left_ms:
            return start + left_ms
        left_ms -= end - start
    return from_ms + minutes * MINUTE_MS


def business_minutes_between(hours: Hours | None, from_ms: int, to_ms: int) -> int:
    """Return how many whole business minutes lie between two moments, 0 when the second is not later."""
    if hours is None:
        return max(0, to_ms - from_ms) // MINUTE_MS
    open_ms = 0
    for start, end in _open_stretches(hours, from_ms):
        if start >= to_ms:
            break
        open_ms += min(end, to_ms) - start
    return open_ms // MINUTE_MS
