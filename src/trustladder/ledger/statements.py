"""Named SQL: the statements live in ``sql/``, one file for both stores and one for each store's own words."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

Row = tuple[Any, ...]

_SQL = files("trustladder.ledger") / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z_0-9]*)")


class Session(Protocol):
    """One conversation with a store, inside one of its transactions or on its own."""

    def rows(self, name: str, filters: str = "", /, **values: object) -> list[Row]:
        """Run a named statement and return its rows. ``filters`` are conditions of our own to add, never user text."""
        ...

    def change(self, name: str, /, **values: object) -> int:
        """Run a named statement and return how many rows it changed."""
        ...

    def change_many(self, name: str, batch: list[dict[str, object]], /) -> None:
        """Run a named statement once for each set of values, in order."""
        ...


@cache
def statement(store: str, name: str, filters: str = "") -> str:
    """Return a named statement of a store (``sqlite`` or ``postgres``), ready to run.

    Statements and filters write parameters as ``:name``; psycopg wants ``%(name)s``.
    """
    text = _statements(store)[name].replace("{filters}", filters)
    return text if store == "sqlite" else _PARAMETER.sub(r"%(\1)s", text)


@cache
def migrations(store: str) -> tuple[str, ...]:
    """Return the scripts that build a store's schema, the first version's first."""
    names = sorted(entry.name for entry in _SQL.iterdir() if re.fullmatch(rf"{store}_\d{{4}}\.sql", entry.name))
    return tuple((_SQL / name).read_text(encoding="utf-8") for name in names)


@cache
def _statements(store: str) -> Mapping[str, str]:
    return {**_read("common.sql"), **_read(f"{store}.sql")}


def _read(file: str) -> dict[str, str]:
    parts = _NAME.split((_SQL / file).read_text(encoding="utf-8"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
