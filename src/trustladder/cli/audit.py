"""`trustladder audit`: past conversations in, a summary and a report out."""

import time
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustladder.cli.conversations import (
    BotAuthor,
    ColumnMap,
    CsatScale,
    Files,
    Like,
    PolicyFile,
    RoleMap,
    Workers,
    conversations_of,
    nothing_usable,
    policy_of,
    progress,
    read_as,
    tell_notices,
    worked,
)
from trustladder.cli.writing import write_json, write_page

if TYPE_CHECKING:
    from trustladder.connect.exports import ReadAs
    from trustladder.learn.audit import Audit


class Format(StrEnum):
    """How the summary is written: for people, or for programs."""

    TEXT = "text"
    JSON = "json"


def audit(  # noqa: PLR0913, PLR0917 - one argument for each option
    files: Files,
    policy: PolicyFile = None,
    report: Annotated[Path, typer.Option("--report", help="The HTML report to write.")] = Path(
        "trustladder-audit.html"
    ),
    format: Annotated[Format, typer.Option("--format", help="text for people, json for programs.")] = Format.TEXT,  # noqa: A002 - the option's name
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many tickets the report shows.")] = 20,
    like: Like = "",
    columns: ColumnMap = None,
    roles: RoleMap = None,
    bot_author: BotAuthor = None,
    csat_scale: CsatScale = 5,
    workers: Workers = 1,
) -> None:
    """Read past conversations and report where automation overstayed, and what another policy would have done.

    Nothing leaves this machine. The report is one HTML file that holds customers' words.
    """
    from trustladder.learn.report import render

    found = conduct(files, policy, read_as(like, columns, roles, bot_author, csat_scale), limit, workers)
    written = write_page(partial(render, found), report)
    if format is Format.JSON:
        from trustladder.learn.report.json import as_json

        write_json(as_json(found))
        return
    from rich.console import Console

    from trustladder.learn.report.terminal import show

    show(found, Console())
    typer.echo(f"Report: {written}")


def conduct(files: list[str], policy: Path | None, how: "ReadAs", limit: int, workers: int = 1) -> "Audit":
    """Audit some files; tell notices on standard error. Raises `BadInput` where nothing can be used."""
    from trustladder.learn.audit import Auditor
    from trustladder.learn.case import examine
    from trustladder.learn.conversation import Notices

    notices, started = Notices(), time.perf_counter()
    auditor = Auditor(policy_of(policy), limit)
    with progress("auditing") as counted:
        for case in counted(worked(conversations_of(files, how, notices), examine, policy, workers)):
            auditor.add(case)
    tell_notices(notices)
    if not auditor.conversations:
        raise nothing_usable(files)
    names = [Path(name).name if name != "-" else "standard input" for name in files]
    return auditor.finish(names, notices.list(), time.perf_counter() - started)
