"""Opening hours as the file writes them: `mon-fri: 09:00-17:00`."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from trustladder.core.policy import Shift
from trustladder.policy.problems import Problems
from trustladder.policy.source import NodePath

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_PATTERN = f"^({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?$"
TIMES_PATTERN = r"^([01]\d|2[0-4]):[0-5]\d ?- ?([01]\d|2[0-4]):[0-5]\d$"
_TIMES = re.compile(r"(\d\d):([0-5]\d) ?- ?(\d\d):([0-5]\d)")
_DAY_MINUTES = 24 * 60


def read_shifts(written: object, path: NodePath, problems: Problems) -> tuple[Shift, ...]:
    """Return the shifts of a map from days to times; what cannot be read is noted and left out."""
    if not isinstance(written, Mapping):
        return ()
    return tuple(shift for days, times in written.items() for shift in _shifts(str(days), times, path, problems))


def _shifts(days: str, times: object, path: NodePath, problems: Problems) -> Iterator[Shift]:
    at = (*path, days)
    weekdays = _weekdays(days)
    if not weekdays:
        problems.add(at, f"'{days}' is no day", "write mon, tue … sun, or a stretch such as mon-fri", key=True)
    for i, text in enumerate(times if isinstance(times, list) else [times]):
        stretch = _minutes(text)
        if stretch is None:
            where = (*at, i) if isinstance(times, list) else at
            problems.add(where, f"{text!r:.40} is no stretch of time", "write it as 09:00-17:00")
        else:
            yield from (Shift(weekday, *stretch) for weekday in weekdays)


def _weekdays(days: str) -> list[int]:
    if re.fullmatch(DAYS_PATTERN, days) is None:
        return []
    first, _, last = days.partition("-")
    start, end = DAYS.index(first), DAYS.index(last or first)
    # sat-mon runs over the end of the week.
    return [day % 7 for day in range(start, (end if end >= start else end + 7) + 1)]


def _minutes(text: object) -> tuple[int, int] | None:
    match = _TIMES.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if start >= _DAY_MINUTES or end > _DAY_MINUTES or start == end:
        return None
    # A night shift belongs to the day on which it begins.
    return start, end if end > start else end + _DAY_MINUTES


def check_zone(zone: object, path: NodePath, problems: Problems) -> None:
    """Note a time zone that does not exist."""
    if not isinstance(zone, str):
        return
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        problems.unknown(path, "time zone", zone, available_timezones())


def check_holiday(day: object, path: NodePath, problems: Problems) -> None:
    """Note a holiday that is no date."""
    try:
        date.fromisoformat(str(day))
        good = len(str(day)) == len("2026-12-25")
    except ValueError:
        good = False
    if not good:
        problems.add(path, f"{str(day)!r:.40} is no date", "write it as 2026-12-25")
