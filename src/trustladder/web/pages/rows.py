"""A ticket's row as lists show it."""

from collections.abc import Iterable
from dataclasses import dataclass

from trustladder.core.containment import Lane
from trustladder.core.risk import probability_of
from trustladder.core.summary import TicketSummary
from trustladder.web.pages.render import capital, path_part
from trustladder.web.pages.who import Who, name_of

RAISED_PERCENT = 40
HIGH_PERCENT = 65


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in a list. Times in epoch milliseconds; ``level`` is low, raised or high."""

    id: str
    href: str
    subject: str
    lane: str
    risk_percent: int
    level: str
    reason: str
    waiting_since_ms: int | None
    due_ms: int | None
    overdue: bool
    queue: str
    owner: str
    mine: bool


def level_of(percent: int) -> str:
    """Return a risk in a word, for those to whom a bar or a colour says nothing."""
    return "high" if percent >= HIGH_PERCENT else "raised" if percent >= RAISED_PERCENT else "low"


def row(summary: TicketSummary, who: Who, now_ms: int) -> Row:
    """Return the row of a ticket for the person who looks."""
    percent = round(probability_of(summary.risk_points_hundredths) * 100)
    due_ms = summary.next_due_ms
    return Row(
        id=summary.ticket_id,
        href=f"/tickets/{path_part(summary.ticket_id)}",
        subject=summary.subject or summary.ticket_id,
        lane=summary.lane.word,
        risk_percent=percent,
        level=level_of(percent),
        reason=capital(summary.top_reason),
        waiting_since_ms=summary.waiting_since_ms,
        due_ms=due_ms,
        overdue=due_ms is not None and due_ms < now_ms,
        queue=summary.queue,
        owner=name_of(who.policy, summary.owner) if summary.owner else "",
        mine=bool(summary.owner) and summary.owner == who.id,
    )


def rows(summaries: Iterable[TicketSummary], who: Who, now_ms: int) -> list[Row]:
    """Return the rows of some tickets, in their order."""
    return [row(summary, who, now_ms) for summary in summaries]


def riskiest_first(summaries: Iterable[TicketSummary]) -> list[TicketSummary]:
    """Order tickets that automation still has: the highest Resolution Risk first, then the longest wait."""
    return sorted(summaries, key=lambda s: (-s.risk_points_hundredths, s.waiting_since_ms or s.updated_at_ms))


LADDER = (Lane.AUTOMATED, Lane.CONTAINED, Lane.ESCALATED, Lane.OWNED, Lane.RESOLVED)
"""The lanes in the order of the ladder."""
