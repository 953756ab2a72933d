"""Learn's first page: the failure modes found, the five indicators, the misses, and the tickets behind each."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from trustladder.core.failure_modes import FailureMode
from trustladder.core.indicators import SMALL_N, Indicator
from trustladder.core.verdict import TOLERANCES, Verdict
from trustladder.errors import BadInput
from trustladder.learn.report.words import duration_of_hours, figure, percent, reach
from trustladder.learn.run import PERIOD_DAYS, LearnRun
from trustladder.ledger.protocol import TicketKey
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.places import TheBoard, TheRoom
from trustladder.web.pages.render import html
from trustladder.web.pages.rows import rows
from trustladder.web.pages.sparks import sparkline
from trustladder.web.pages.who import name_of

router = APIRouter(prefix="/learn", route_class=PageRoute, include_in_schema=False)

Days = Annotated[int, Query(ge=7, le=56)]
MOST_SHOWN = 200
LATE, REVIEW_MISSES = "late", "misses"
"""Names of lists of tickets, besides the keys of indicators and of failure modes."""


@router.get("")
def dashboard(room: TheRoom, days: Days = PERIOD_DAYS) -> Response:
    """Show what Learn finds on the tickets of the last four weeks, beside the four weeks before."""
    run = room.learning.run(room.tenant, days)
    context = {
        "who": room.who,
        "nav": "learn",
        "run": run,
        "days": days,
        "indicators": [_shown(run, i) for i in range(len(run.indicators))],
        "verdicts": list(Verdict),
        "tolerances": TOLERANCES,
        "percent": percent,
        "fewest": SMALL_N,
        "last_learn": room.learning.rollouts.state(room.tenant).last_learn,
        "name_of": partial(name_of, room.who.policy),
    }
    return html("learn.html", context)


def _shown(run: LearnRun, index: int) -> dict[str, object]:
    """Return an indicator as the page shows it: words for now and before, and whether it got better."""
    now, before = run.indicators[index], run.before[index]
    return {
        "key": now.key,
        "name": now.name,
        "definition": now.definition,
        "figure": figure(now),
        "reach": reach(now),
        "before": figure(before),
        "moved": _moved(now, before),
        "few": now.is_small,
        "target": _target(now),
        "spark": sparkline(run.trend, index, run.releases_ms, now.target, f"{now.name}, by week"),
        "missing": now.missing,
        "tickets": len(now.tickets),
    }


def _moved(now: Indicator, before: Indicator) -> str:
    """Say whether an indicator moved further than chance: its interval leaves out what it was before."""
    if now.value is None or before.value is None or now.low is None or now.high is None:
        return ""
    if now.low <= before.value <= now.high:
        return "no clear change"
    higher = now.value > before.value
    return "better" if higher is (now.better == "higher") else "worse"


def _target(indicator: Indicator) -> str:
    """Say what is aimed at and whether it is reached beyond chance."""
    if indicator.target is None:
        return ""
    aim = percent(indicator.target) if indicator.unit == "share" else duration_of_hours(indicator.target)
    reached = {True: "reached", False: "not reached", None: "cannot be told yet"}[indicator.meets_target]
    return f"{'at least' if indicator.better == 'higher' else 'at most'} {aim}: {reached}"


@router.post("/run")
def run_now(room: TheRoom) -> Response:
    """Run Learn in a person's name."""
    if room.who.person is None:
        return RedirectResponse("/me?next=/learn", 303)
    room.learning.run_for(room.tenant, room.who.id)
    return RedirectResponse("/learn", 303)


@router.get("/tickets/{which}")
def tickets(which: str, room: TheRoom, board: TheBoard, days: Days = PERIOD_DAYS) -> Response:
    """Show the tickets behind a figure."""
    title, names = _behind(room.learning.run(room.tenant, days), which)
    held, now_ms = board.look(room.tenant), room.desk.ledger.now_ms()
    found = [
        summary
        for name in dict.fromkeys(names[:MOST_SHOWN])
        if (summary := held.by_id.get(name) or room.desk.ledger.summary(TicketKey(room.tenant, name)))
    ]
    context = {
        "who": room.who,
        "nav": "learn",
        "title": title,
        "count": len(names),
        "found": rows(found, room.who, now_ms),
        "now_ms": now_ms,
    }
    return html("learn_tickets.html", context)


def _behind(run: LearnRun, which: str) -> tuple[str, tuple[str, ...]]:
    indicators = {indicator.key: (indicator.name, indicator.tickets) for indicator in run.indicators}
    findings = {finding.mode.value: (finding.mode.words, finding.tickets) for finding in run.findings}
    lists = {
        LATE: ("Late or missed, most turns first", tuple(name for name, _ in run.late)),
        REVIEW_MISSES: ("Found missed by a review", run.misses.tickets),
    }
    quiet = {mode.value: (mode.words, ()) for mode in FailureMode}
    known = quiet | findings | indicators | lists
    if which not in known:
        raise BadInput(f"there is no list of tickets named {which!r}", fix="go back to the indicators")
    return known[which]


@router.get("/indicators.csv")
def as_csv(room: TheRoom, days: Days = PERIOD_DAYS) -> Response:
    """Return the figures as CSV, safe to open in a spreadsheet."""
    run = room.learning.run(room.tenant, days)
    text = io.StringIO()
    table = csv.writer(text)
    for line in _lines(run):
        table.writerow([safe_cell(cell) for cell in line])
    headers = {"Content-Disposition": "attachment; filename=indicators.csv"}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(run: LearnRun) -> Iterator[list[object]]:
    yield ["figure", "unit", "n", "value", "low", "high", "value before", "definition"]
    for now, before in zip(run.indicators, run.before, strict=True):
        yield [now.key, now.unit, now.n, now.value, now.low, now.high, before.value, now.definition]
    misses = run.misses
    what = "Share of automated tickets that needed a person and got none, from the audit sample."
    yield ["missed_escalations", "share", misses.reviewed, misses.rate, misses.low, misses.high, None, what]
    share = run.throughput.deflection
    yield ["deflection", "share", run.throughput.episodes, share, None, None, None, "Share that automation kept."]
    for row in run.types:
        for verdict, count in row.counts.items():
            yield [f"{verdict} ({row.ticket_type})", "tickets", row.n, count, None, None, None, "Verdicts by type."]


def safe_cell(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: text that could begin one gets an apostrophe."""
    if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{cell}"
    return "" if cell is None else cell
