"""The audit in sentences: what the page and the terminal say about figures and tickets."""

from datetime import UTC, datetime

from trustladder.core.indicators import Indicator
from trustladder.learn.audit import Audit
from trustladder.learn.audit_words import counted
from trustladder.learn.case import Case, EpisodeReading

VERDICTS = {
    "on_time": ("On time", "handed to people by the turn at which the policy hands over"),
    "late": ("Late", "handed to people, but only after more bot turns"),
    "missed": ("Missed", "never handed to people, though the policy would have"),
    "unnecessary": ("Perhaps unnecessary", "handed to people, though the policy saw no reason to"),
    "rightly_automated": ("Left to automation", "never handed to people, and the policy agrees"),
}
"""Each verdict's name and meaning against the policy, in the order of the page."""


def percent(share: float) -> str:
    """Return a share (0 to 1) as a percentage; never 0 % or 100 % for what is neither."""
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 < share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def figure(indicator: Indicator) -> str:
    """Return an indicator's value in words; empty where the input cannot carry it."""
    if indicator.value is None:
        return ""
    return percent(indicator.value) if indicator.unit == "share" else duration_of_hours(indicator.value)


def reach(indicator: Indicator) -> str:
    """Return an indicator's interval and denominator in words."""
    if indicator.value is None or indicator.low is None:
        return ""
    if indicator.unit == "share":
        n = f"{indicator.numerator:,} of {indicator.n:,}"
        return f"{n}; 95 % interval {percent(indicator.low)} to {percent(indicator.high or 0.0)}"
    tickets = f"{indicator.n:,} tickets" + (f", {len(indicator.tickets):,} still open" if indicator.tickets else "")
    low = duration_of_hours(indicator.low)
    if indicator.high is None:
        return f"{tickets}; 95 % interval {low} or longer"
    return f"{tickets}; 95 % interval {low} to {duration_of_hours(indicator.high)}"


def duration_of_hours(hours: float) -> str:
    """Return a duration in the unit that reads best."""
    return duration(hours * 60)


def duration(minutes: float) -> str:
    """Return a duration given in minutes in the unit that reads best."""
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 2880 else f"{minutes / 1440:.1f} days"


def day(at_ms: int | None) -> str:
    """Return a date in UTC, or an empty string for none."""
    return "" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")


def clock(at_ms: int) -> str:
    """Return a time of day in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S")


def times(n: int) -> str:
    """Return how many times, in words."""
    return {1: "once more", 2: "twice more"}.get(n, f"{n:,} more times")


def what_happened(case: Case) -> str:
    """Return what the bot did after the policy would have handed over, and what became of the ticket."""
    reading = case.worst
    said = f"The bot wrote {times(len(reading.beyond))}"
    if reading.minutes_beyond:
        said += f" over {duration(reading.minutes_beyond)}"
    if reading.episode.handed_off:
        return said + " before a person took over."
    return said + ". It was never handed to a person."


def how_it_ended(reading: EpisodeReading) -> str:
    """Return what is known of the end, or an empty string."""
    parts = []
    if reading.episode.outcome:
        parts.append(f"ended as {reading.episode.outcome}")
    if reading.episode.satisfaction is not None:
        parts.append(f"satisfaction {reading.episode.satisfaction} of 100")
    if reading.episode.complaint:
        parts.append("the customer complained")
    return ", ".join(parts)


def what_was_read(audit: Audit) -> str:
    """Return what was read in one sentence."""
    read = audit.read
    roles = ", ".join(f"{n:,} {role}" for role, n in sorted(read.messages.items(), key=lambda pair: -pair[1]))
    span = ""
    if read.first_ms is not None:
        first, last = day(read.first_ms), day(read.last_ms)
        span = f", {first}" if first == last else f", {first} to {last}"
    total = sum(read.messages.values())
    again = audit.episodes - read.conversations
    reopened = f"; {'one was' if again == 1 else f'{again:,} were'} opened again, as a new ticket" if again > 0 else ""
    said = f"{counted(read.conversations, 'conversation')} with {counted(total, 'message')}"
    return f"{said} ({roles}){span}{reopened}"
