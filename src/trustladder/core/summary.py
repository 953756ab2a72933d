"""One row a ticket: what lists, queues and counts read instead of the whole history."""

from dataclasses import dataclass

from trustladder.core.containment import Lane
from trustladder.core.ticket import Role, Ticket, running_clock

SUBJECT_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class TicketSummary:
    """A ticket in one row; times in milliseconds since the Unix epoch, risk in hundredths of a point.

    ``next_due_ms`` is the nearest deadline that has not been met, None where none runs.
    """

    tenant: str
    ticket_id: str
    position: int
    episode: int
    lane: Lane
    ticket_type: str
    account_id: str
    channel: str
    subject: str
    risk_points_hundredths: int
    top_reason: str
    rule_id: str
    queue: str
    owner: str
    watched: bool
    opened_at_ms: int
    updated_at_ms: int
    waiting_since_ms: int | None
    escalated_at_ms: int | None
    next_due_ms: int | None
    resolve_by_ms: int | None
    policy_digest: str
    language: str = ""
    needs_amount: float = 0.0


def summarise(ticket: Ticket) -> TicketSummary:
    """Return the row of a ticket: a pure function of the fold, so that a rebuilt projection equals the live one."""
    decision, handoff = ticket.decision, ticket.handoff
    reason = decision.reasons[0] if decision is not None and decision.reasons else None
    types = sorted(ticket.recognised_types)
    return TicketSummary(
        tenant=ticket.tenant,
        ticket_id=ticket.ticket_id,
        position=ticket.position,
        episode=ticket.episode,
        lane=ticket.lane,
        ticket_type=ticket.ticket_type or (types[0] if types else "unknown"),
        account_id=ticket.account.id or "",
        channel=ticket.channel,
        subject=ticket.subject or _first_words(ticket),
        risk_points_hundredths=decision.risk.points_hundredths if decision is not None else 0,
        top_reason=reason.sentence if reason else (handoff.reason if handoff else ""),
        rule_id=reason.rule_id if reason else "",
        queue=handoff.queue if handoff is not None else "",
        owner=ticket.owner or "",
        watched=ticket.watched,
        opened_at_ms=ticket.opened_at_ms or 0,
        updated_at_ms=ticket.updated_at_ms,
        waiting_since_ms=ticket.first_unanswered_at_ms,
        escalated_at_ms=handoff.escalated_at_ms if handoff is not None else None,
        next_due_ms=clock[1] if (clock := running_clock(ticket)) is not None else None,
        resolve_by_ms=handoff.resolve_by_ms if handoff is not None else None,
        policy_digest=decision.policy_digest if decision is not None else "",
        language=ticket.language,
        needs_amount=handoff.needs_amount if handoff is not None else 0.0,
    )


def _first_words(ticket: Ticket) -> str:
    said = next((turn.text for turn in ticket.turns if turn.role is Role.CUSTOMER and turn.text.strip()), "")
    return one_line(said, SUBJECT_CHARACTERS)


def one_line(text: str, characters: int) -> str:
    """Return a text in one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1].rstrip() + "…"
