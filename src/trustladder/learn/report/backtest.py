"""The backtest for people and programs: a summary on the terminal, one page, and every figure as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trustladder import __version__
from trustladder.learn.backtest import Backtest
from trustladder.learn.case import Crossing
from trustladder.learn.load import QueueLoad, hour_name
from trustladder.learn.report import backtest_words as say
from trustladder.learn.report import charts, words
from trustladder.learn.tried import Tried

SHOWN_TICKETS = 8


def show(found: Backtest, console: Console) -> None:
    """Print the backtest's summary."""
    console.print(Padding(Text(say.headline(found), style="bold"), (1, 0, 0, 0)))
    if told := say.advice(found):
        console.print(Text(told))
    names = f"{found.old_name} {found.old_digest[:12]} → {found.new_name} {found.new_digest[:12]}"
    console.print(Padding(Text(f"{say.what_was_tried(found)}; {names}", style="dim"), (0, 0, 1, 0)))
    parts = [_changes(found), _effects(found), _changed(found), _strategies(found), _load(found)]
    console.print(Group(*(part for part in parts if part is not None)))


def _table(title: str, *columns: str, right: tuple[str, ...] = (), wide: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=column in wide
        )
    return table


def _changes(found: Backtest) -> Text:
    lines = [f"  {change.sentence}" for change in found.changes]
    return Text("\n".join(["What changes in the policy", *(lines or ["  nothing"]), ""]))


def _effects(found: Backtest) -> Table | None:
    if not found.tickets:
        return None
    table = _table("What it does to the tickets", "effect", "tickets", "", right=("tickets",), wide=("effect",))
    table.show_header = False
    for effect, (name, meaning) in say.EFFECTS.items():
        if found.effects[effect]:
            table.add_row(name, f"{found.effects[effect]:,}", Text(meaning, style="dim"))
    table.add_row("Unchanged", f"{found.tickets - found.changed_in_all:,}", "")
    return table


def _changed(found: Backtest) -> Group | None:
    if not found.changed:
        return None
    table = _table("Tickets that change, gravest first", "ticket", "effect", "before", "after", "")
    for one in found.changed[:SHOWN_TICKETS]:
        effect = one.effect
        assert effect is not None  # noqa: S101 - only tickets that change are kept
        places = (escape(say.place(side.escalate)) for side in (one.before, one.after))
        table.add_row(escape(one.conversation), say.EFFECTS[effect][0], *places, Text(say.shift(one), style="dim"))
    return Group("", table)


def _strategies(found: Backtest) -> Group | None:
    if not found.strategies:
        return None
    known = bool(found.ends.bad + found.ends.good)
    names = ["strategy", "handed over", "turns too long", "late", "missed", "not needed"]
    names += ["bad ends caught", "good ends taken"] if known else []
    table = _table("Beside simpler ways", *names, right=tuple(names[1:]), wide=("strategy",))
    for row in found.strategies:
        verdicts = (row.verdicts[key] for key in ("late", "missed", "unnecessary"))
        cells = [f"{n:,}" for n in (row.handoffs, row.beyond_turns, *verdicts)]
        cells += [f"{row.caught:,} of {row.ended_badly:,}", f"{row.unneeded:,} of {row.ended_well:,}"] if known else []
        table.add_row(row.name, *cells, style="bold" if row.key == "new" else "")
    return Group("", table)


def _load(found: Backtest) -> Group | None:
    staffing = found.staffing
    if staffing is None or not (staffing.before or staffing.after):
        return None
    names = ("queue", "tickets", "a week", "work hours", "people at the peak", "agent hours", "busiest hour")
    table = _table("What it takes in people, before → after", *names, right=names[1:6], wide=("queue",))
    for name, before, after in by_queue(found):
        table.add_row(name, *load_cells(before, after), say.busiest(after) if after is not None else "")
    return Group("", table, Text(staffing_note(found), style="dim"), "")


def by_queue(found: Backtest) -> Iterator[tuple[str, QueueLoad | None, QueueLoad | None]]:
    """Yield each queue with its load under both policies."""
    if found.staffing is None:
        return
    before = {load.queue: load for load in found.staffing.before}
    after = {load.queue: load for load in found.staffing.after}
    for name in dict.fromkeys((*before, *after)):
        yield name, before.get(name), after.get(name)


def load_cells(before: QueueLoad | None, after: QueueLoad | None) -> tuple[str, ...]:
    """Return tickets, tickets a week, work hours, people at the peak and agent hours, each before → after."""
    pairs = [
        [
            f"{load.tickets:,}",
            f"{load.per_week:,.1f}",
            f"{load.work_hours:,.1f}",
            f"{max(load.agents)}",
            f"{load.agent_hours:,}",
        ]
        if load is not None
        else ["0"] * 5
        for load in (before, after)
    ]
    return tuple(one if one == other else f"{one} → {other}" for one, other in zip(*pairs, strict=True))


def staffing_note(found: Backtest) -> str:
    """Return what the figures on people rest on, in sentences."""
    staffing = found.staffing
    if staffing is None:
        return ""
    assumed = staffing.assumed
    patience = (
        f"customers give up after {assumed.patience_minutes:g} minutes on average (Erlang A)"
        if assumed.patience_minutes is not None
        else "nobody gives up (Erlang C)"
    )
    span = f"{staffing.weeks * 7:,.1f} days" if staffing.weeks < 2 else f"{staffing.weeks:,.1f} weeks"
    thin = " Less than two weeks say little about hours of the week." if staffing.weeks < 2 else ""
    return (
        f"Over {span}. Handling takes {assumed.handling_minutes:.3g} minutes ({assumed.source}); {patience}; the claim "
        f"clock of each queue is kept in {assumed.share:.0%} of the cases; one ticket at a time.{thin}"
    ).replace("% of", " % of")


def as_json(found: Backtest) -> dict[str, Any]:
    """Return the backtest as plain values. Shares are 0 to 1, times epoch milliseconds, message indexes from 0."""
    names = (
        "old_name", "old_digest", "new_name", "new_digest", "conversations", "tickets", "first_ms", "last_ms",
        "changed_in_all", "unheard", "seconds",
    )  # fmt: skip
    plain: dict[str, Any] = {"headline": say.headline(found), "advice": say.advice(found)}
    plain |= {name: getattr(found, name) for name in names}
    plain["files"], plain["limits"] = list(found.files), list(found.limits)
    plain["notices"] = [str(notice) for notice in found.notices]
    plain["changes"] = [asdict(change) for change in found.changes]
    plain["effects"] = dict(found.effects)
    plain["verdicts"] = {"before": dict(found.verdicts[0]), "after": dict(found.verdicts[1])}
    for name in ("late_or_missed", "unnecessary", "turns_too_long"):
        figure = getattr(found, name)
        plain[name] = asdict(figure) | {"is_clear": figure.is_clear}
    plain["handoffs"] = {"before": found.handoffs[0], "after": found.handoffs[1]}
    plain["known_ends"] = asdict(found.ends)
    plain["bot_turns_later"] = {str(turns): n for turns, n in found.shifts.items()}
    plain["strategies"] = [asdict(row) for row in found.strategies]
    plain["types"] = [asdict(row) for row in found.types]
    plain["cost"] = _plain_cost(found)
    plain["queues"] = [_plain_queue(*row) for row in by_queue(found)]
    plain["staffing_rests_on"] = staffing_note(found)
    plain["changed"] = [_ticket(one) for one in found.changed]
    return plain


def _plain_cost(found: Backtest) -> dict[str, Any] | None:
    if found.cost is None:
        return None
    sides = {"before": found.cost.before.total, "after": found.cost.after.total}
    return asdict(found.cost) | {"total": sides, "is_clear": found.cost.per_ticket.is_clear}


def _plain_queue(name: str, before: QueueLoad | None, after: QueueLoad | None) -> dict[str, Any]:
    def side(load: QueueLoad | None) -> dict[str, Any] | None:
        if load is None:
            return None
        hours = {hour_name(h): [n, load.agents[h]] for h, n in enumerate(load.per_hour) if n}
        plain = asdict(load) | {"agent_hours": load.agent_hours, "arrivals_and_agents_by_hour": hours}
        return {key: value for key, value in plain.items() if key not in {"per_hour", "agents", "queue"}}

    return {"queue": name, "before": side(before), "after": side(after)}


def _ticket(one: Tried) -> dict[str, Any]:
    golden = one.golden
    return {
        "conversation": one.conversation,
        "source": one.source,
        "line": one.line,
        "episode": one.episode.number,
        "ticket_type": one.episode.ticket_type,
        "effect": one.effect,
        "bot_turns_later": one.shift,
        "verdict": {"before": one.verdicts[0], "after": one.verdicts[1]},
        "before": _place(one.before.escalate),
        "after": _place(one.after.escalate),
        "golden_turn": None if golden is None else {"turn": golden.turn, "why": golden.why, "source": golden.source},
    }


def _place(crossing: Crossing | None) -> Mapping[str, Any] | None:
    if crossing is None:
        return None
    names = ("turn", "message_index", "rule_id", "queue", "sentence")
    return {name: getattr(crossing, name) for name in names}


def render(found: Backtest, written_at: datetime) -> str:
    """Return the backtest as one HTML page. Whatever customers wrote is escaped."""
    folder = files("trustladder.learn.report")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters |= {"percent": words.percent}
    page.globals |= {"charts": charts, "say": say, "by_queue": by_queue, "load_cells": load_cells}
    template = page.from_string(folder.joinpath("backtest.html.j2").read_text("utf-8"))
    css = Markup(folder.joinpath("page.css").read_text("utf-8"))  # noqa: S704 - our own file
    note = staffing_note(found)
    return template.render(found=found, css=css, version=__version__, written_at=written_at, staffing_note=note)
