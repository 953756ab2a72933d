"""The evidence of a proposal as a page shows it: sentences and small tables. The whole of it is a file of its own.

The journal keeps evidence as plain values, also those that an older version or another tool has written: what is not
as expected is left to the file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from trustladder.learn.report.words import percent

SHOWN_TICKETS = 12
_IN_SENTENCES = ("headline", "advice")
_OF_ANOTHER_SHAPE = (AttributeError, KeyError, TypeError, ValueError)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Table:
    """A small table: what its columns are called, and its rows, the first cell of each being its name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ChangedTicket:
    """A past ticket that the proposal would have treated otherwise, and what would have become of it."""

    ticket_id: str
    effect: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Evidence for people: what came out on past tickets, figures beside each other, tickets to open, and the rest."""

    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    tickets: tuple[ChangedTicket, ...]
    changed_in_all: int
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    pairs: tuple[tuple[str, str], ...]


def shown(evidence: Mapping[str, Any]) -> Shown:
    """Return a proposal's evidence as its page shows it."""
    tested = evidence.get("backtest")
    backtest: Mapping[str, Any] = tested if isinstance(tested, Mapping) else {}
    tables = (_strategies(backtest), _types(backtest), _queues(backtest))
    return Shown(
        sentences=tuple(str(backtest[name]) for name in _IN_SENTENCES if backtest.get(name)),
        tables=tuple(table for table in tables if table.rows),
        tickets=tuple(_each(_changed, _maps(backtest, "changed")[:SHOWN_TICKETS])),
        changed_in_all=sum(_each(int, [backtest.get("changed_in_all") or 0])),
        lists=tuple(
            (_words(name), tuple(map(str, value)))
            for name, value in evidence.items()
            if isinstance(value, Sequence) and not isinstance(value, str) and not any(map(_is_nested, value))
        ),
        pairs=tuple(
            (_words(name), f"{value:,}" if isinstance(value, int) else str(value))
            for name, value in evidence.items()
            if isinstance(value, str | int | float) and value != ""
        ),
    )


def _strategies(backtest: Mapping[str, Any]) -> Table:
    columns = ("on past tickets", "to a person", "late or missed", "unneeded", "bot's turns too long")
    return Table("Beside other ways to decide", columns, tuple(_each(_strategy, _maps(backtest, "strategies"))))


def _strategy(row: Mapping[str, Any]) -> tuple[str, ...]:
    n, verdicts = row.get("tickets") or 0, row.get("verdicts") or {}
    late = verdicts.get("late", 0) + verdicts.get("missed", 0)
    return (
        str(row.get("name", "")),
        _share(row.get("handoffs"), n),
        _share(late, n),
        _share(verdicts.get("unnecessary"), n),
        f"{row.get('beyond_turns') or 0:,}",
    )


def _types(backtest: Mapping[str, Any]) -> Table:
    columns = ("ticket type", "tickets", "to a person", "late or missed", "unneeded")
    rows = filter(None, _each(_type, _maps(backtest, "types")))
    return Table("Ticket types that change", columns, tuple(rows))


def _type(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a ticket type's row, empty where nothing changes for it."""
    if all(len(set(row.get(key) or ())) < 2 for key in _COUNTED):
        return ()
    return str(row.get("name", "")), f"{row.get('tickets') or 0:,}", *_moves(row)


_COUNTED = ("handoffs", "late_or_missed", "unnecessary")


def _moves(row: Mapping[str, Any]) -> Iterator[str]:
    for key in _COUNTED:
        yield _arrow(*(f"{count:,}" for count in row.get(key) or ()))


def _queues(backtest: Mapping[str, Any]) -> Table:
    columns = ("queue", "tickets a week", "hours of work a week")
    return Table("What it takes in people", columns, tuple(_each(_queue, _maps(backtest, "queues"))))


def _queue(row: Mapping[str, Any]) -> tuple[str, ...]:
    return str(row.get("queue", "")), *(_arrow(*(_side(row, side, key) for side in _SIDES)) for key in _LOAD)


_SIDES, _LOAD = ("before", "after"), ("per_week", "work_hours")


def _side(row: Mapping[str, Any], side: str, key: str) -> str:
    return f"{(row.get(side) or {}).get(key) or 0:,.1f}"


def _changed(row: Mapping[str, Any]) -> ChangedTicket:
    name, effect = str(row.get("conversation", "")), _words(str(row.get("effect", "")))
    return ChangedTicket(name, effect, *(_place(row.get(side)) for side in _SIDES))


def _place(crossing: Mapping[str, Any] | None) -> str:
    return f"at turn {crossing['turn'] + 1}" if crossing else "never"


def _each(make: Callable[[Any], T], rows: Iterable[Any]) -> Iterator[T]:
    """Yield what is made of each row; one of another shape is left to the file."""
    for row in rows:
        try:
            yield make(row)
        except _OF_ANOTHER_SHAPE:
            continue


def _maps(plain: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = plain.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, Sequence) else []


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str))


def _share(count: int | None, n: int) -> str:
    return percent((count or 0) / n) if n else "–"


def _arrow(*sides: str) -> str:
    return " → ".join(dict.fromkeys(sides)) or "–"


def _words(name: str) -> str:
    return name.replace("_", " ")
