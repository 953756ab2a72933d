"""Case review: one case at a time, a person's verdict, and what was at fault: the answer, the timing or the handoff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.episode import Episode, episodes_of
from trustladder.core.policy import HOUR_MS
from trustladder.core.ticket import Role, Ticket
from trustladder.core.verdict import EpisodeVerdict, Verdict, hindsight
from trustladder.desk.reviews import FAULTS
from trustladder.errors import NotAllowed
from trustladder.ledger.protocol import TicketKey
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.notices import Notice, refusal
from trustladder.web.pages.places import Room, TheRoom
from trustladder.web.pages.render import html, path_part
from trustladder.web.pages.timeline import Moment, timeline

router = APIRouter(prefix="/learn/review", route_class=PageRoute, include_in_schema=False)


ANSWERS = (
    (Verdict.ON_TIME, "On time", "people came when they were needed"),
    (Verdict.LATE, "Late", "people came, and the bot had gone on too long"),
    (Verdict.UNNECESSARY, "Unnecessary", "automation could have finished it"),
    (Verdict.MISSED, "Missed", "people were needed and never came"),
    (Verdict.RIGHTLY_AUTOMATED, "Rightly automated", "nobody was needed"),
)
"""The verdicts in the order of their keys, 1 to 5."""

NEEDED = frozenset({Verdict.ON_TIME, Verdict.LATE, Verdict.MISSED})


@dataclass(frozen=True, slots=True)
class Case:
    """One episode before a reviewer: its turns with what was decided, and what the rules on hindsight say."""

    ticket: Ticket
    episode: Episode
    moments: list[Moment]
    said: EpisodeVerdict
    due_ms: int | None

    @property
    def possible(self) -> tuple[tuple[int, str, str, str], ...]:
        """The verdicts that fit what happened: key, value, name and meaning."""
        handed = {Verdict.ON_TIME, Verdict.LATE, Verdict.UNNECESSARY}
        fits = handed if self.episode.handed_off else set(Verdict) - handed
        return tuple((i, v.value, name, why) for i, (v, name, why) in enumerate(ANSWERS, 1) if v in fits)

    @property
    def golden_turn(self) -> int:
        """The turn that is proposed as the golden one; -1 where there is none."""
        return self.said.golden.turn if self.said.golden is not None else -1


class VerdictForm(BaseModel):
    """What a reviewer sends. ``golden_turn`` is -1 where no turn was marked."""

    ticket: str = Field(max_length=200)
    episode: int = Field(ge=1)
    verdict: str = Field(max_length=40)
    golden_turn: int = Field(default=-1, ge=-1)
    fault: str = Field(default="", max_length=40)
    note: str = Field(default="", max_length=2_000)


@router.get("")
def review_page(
    room: TheRoom,
    ticket: Annotated[str, Query(max_length=200)] = "",
    episode: Annotated[int, Query(ge=0)] = 0,
    did: str = "",
) -> Response:
    """Show the next case of the audit sample, or the one that is asked for."""
    wanted = (ticket, episode) if ticket else _next(room)
    notice = Notice("done", "Your verdict is in the ledger.") if did else None
    return _page(room, None if wanted is None else _case(room, *wanted), notice)


def _page(room: Room, case: Case | None, notice: Notice | None, status: int = 200) -> Response:
    context = {
        "who": room.who,
        "nav": "review",
        "case": case,
        "waiting": len(room.learning.waiting(room.tenant)),
        "faults": FAULTS,
        "notice": notice,
        "Role": Role,
    }
    return html("review.html", context, status)


def _next(room: Room) -> tuple[str, int] | None:
    """Return the first case that is over: resolved, or silent for an hour; where none is, the first of all."""
    waiting, ledger = room.learning.waiting(room.tenant), room.desk.ledger
    now_ms = ledger.now_ms()
    for due in waiting:
        row = ledger.summary(due.key)
        if row is not None and (row.lane is Lane.RESOLVED or now_ms - row.updated_at_ms > HOUR_MS):
            return due.key.ticket_id, int(due.payload)
    return (waiting[0].key.ticket_id, int(waiting[0].payload)) if waiting else None


def _case(room: Room, ticket_id: str, number: int) -> Case:
    """Return an episode for review; the newest one where there is none of that number. Raises NoSuchTicket."""
    key = TicketKey(room.tenant, ticket_id)
    ticket, history = room.desk.ticket(key), room.desk.ledger.history(key)
    episodes = episodes_of(ticket_id, history)
    episode = next((found for found in episodes if found.number == number), episodes[-1])
    due = next((review.review_by_ms for review in ticket.reviews_due if review.episode == episode.number), None)
    return Case(ticket, episode, _of(timeline(ticket, history, room.who.policy), episode), hindsight(episode), due)


def _of(moments: Sequence[Moment], episode: Episode) -> list[Moment]:
    """Return the moments of one episode."""
    return [moment for moment in moments if moment.turn is not None and moment.turn.index in episode.turn_times_ms]


@router.post("")
def give_verdict(room: TheRoom, form: Annotated[VerdictForm, Form()]) -> Response:
    """Record a person's verdict and go on to the next case."""
    if room.who.person is None:
        return RedirectResponse(f"/me?next={path_part('/learn/review')}", 303)
    golden = form.golden_turn if form.verdict in {verdict.value for verdict in NEEDED} else -1
    reviewed = e.CaseReviewed(form.episode, room.who.id, form.verdict, golden, form.fault, form.note.strip())
    try:
        room.desk.review(TicketKey(room.tenant, form.ticket), reviewed)
    except NotAllowed as error:
        return _page(room, _case(room, form.ticket, form.episode), refusal(error, room.who.policy), 409)
    return RedirectResponse("/learn/review?did=yes", 303)
