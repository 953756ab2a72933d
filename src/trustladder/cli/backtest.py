"""`trustladder backtest OLD NEW`: what a change of the policy would have done to past tickets."""

import time
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustladder.cli.conversations import BotAuthor, ColumnMap, CsatScale, Like, RoleMap, Workers, policy_of, read_as
from trustladder.cli.past import (
    HandlingMinutes,
    InTime,
    LedgerUrl,
    PatienceMinutes,
    SomeFiles,
    Source,
    Tenant,
    each_past,
)
from trustladder.cli.writing import write_json, write_page

if TYPE_CHECKING:
    from trustladder.core import events as e
    from trustladder.core.policy import Policy
    from trustladder.learn.conversation import Conversation
    from trustladder.learn.replay import Perceive
    from trustladder.learn.tried import Tried


class Format(StrEnum):
    """How the summary is written: for people, or for programs."""

    TEXT = "text"
    JSON = "json"


def backtest(  # noqa: PLR0913, PLR0917 - one argument for each option
    old: Annotated[Path, typer.Argument(help="The policy as it is.", show_default=False)],
    new: Annotated[Path, typer.Argument(help="The policy as it would be.", show_default=False)],
    files: SomeFiles = None,
    ledger: LedgerUrl = "",
    tenant: Tenant = "default",
    report: Annotated[Path, typer.Option("--report", help="The HTML report to write.")] = Path(
        "trustladder-backtest.html"
    ),
    format: Annotated[Format, typer.Option("--format", help="text for people, json for programs.")] = Format.TEXT,  # noqa: A002 - the option's name
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many changed tickets are listed.")] = 50,
    handling: HandlingMinutes = None,
    patience: PatienceMinutes = None,
    in_time: InTime = 0.9,
    like: Like = "",
    columns: ColumnMap = None,
    roles: RoleMap = None,
    bot_author: BotAuthor = None,
    csat_scale: CsatScale = 5,
    workers: Workers = 1,
) -> None:
    """Decide past tickets under two policies: what is newly caught or unneeded, and what it takes in people.

    Conversations are perceived once; a ledger's recorded signals are used as they are. Nothing leaves this machine.
    """
    from trustladder.learn.backtest import Backtester
    from trustladder.learn.load import handling_time
    from trustladder.learn.report.backtest import as_json, render

    source, how = Source(files or [], ledger, tenant), read_as(like, columns, roles, bot_author, csat_scale)
    both = TryBoth(old, new)
    tester, started = Backtester(both.old, both.new, limit), time.perf_counter()
    for tried in each_past(source, how, new, workers, both, both.recorded):
        tester.add(tried)
    tester.assumed = handling_time(both.new, [one.episode for one in tester.tried], handling, patience, in_time)
    found = tester.finish(source.names, source.notices, time.perf_counter() - started)
    written = write_page(partial(render, found), report)
    if format is Format.JSON:
        write_json(as_json(found))
        return
    from rich.console import Console

    from trustladder.learn.report.backtest import show

    show(found, Console())
    typer.echo(f"Report: {written}")


class TryBoth:
    """Tries a conversation or a recorded ticket under two policy files; it may be sent to another process."""

    def __init__(self, old: Path, new: Path) -> None:
        self.paths = old, new

    @property
    def old(self) -> "Policy":
        """The policy as it is."""
        return _loaded(self.paths[0])

    @property
    def new(self) -> "Policy":
        """The policy as it would be."""
        return _loaded(self.paths[1])

    def __call__(self, conversation: "Conversation", policy: "Policy", perceive: "Perceive") -> "tuple[Tried, ...]":
        """Try a past conversation; ``policy`` is the new one."""
        from trustladder.learn.tried import try_both

        return try_both(conversation, self.old, policy, perceive)

    def recorded(self, ticket_id: str, history: "tuple[e.Recorded, ...]") -> "tuple[Tried, ...]":
        """Try a ticket of the ledger."""
        from trustladder.learn.tried import try_recorded

        return try_recorded(ticket_id, history, self.old, self.new)


@cache
def _loaded(path: Path) -> "Policy":
    return policy_of(path)
