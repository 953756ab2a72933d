"""A run of Learn on a terminal, and as JSON: what is going wrong first, figures after."""

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trustladder.core.indicators import SMALL_N
from trustladder.core.verdict import TOLERANCES, Verdict
from trustladder.learn.audit_words import counted
from trustladder.learn.report import words
from trustladder.learn.run import LearnRun

SHOWN_TOLERANCE = 2
"""The tolerance of GT-T, in turns, that a terminal has room for; the page and the JSON hold them all."""

_SHORT = {
    Verdict.ON_TIME: "on time",
    Verdict.LATE: "late",
    Verdict.UNNECESSARY: "unneeded",
    Verdict.MISSED: "missed",
    Verdict.RIGHTLY_AUTOMATED: "automated",
}


def as_json(run: LearnRun, proposing: object | None = None) -> str:
    """Return everything that a run found as one JSON object, with what was proposed under ``proposing``."""
    plain = msgspec.to_builtins(run)
    if proposing is not None:
        plain["proposing"] = msgspec.to_builtins(proposing)
    return msgspec.json.format(msgspec.json.encode(plain), indent=2).decode()


def show_run(run: LearnRun, console: Console | None = None) -> None:
    """Print a run for people."""
    console = console or Console()
    console.print(Padding(Text(headline(run), style="bold"), (1, 0, 0, 0)))
    if not run.throughput.episodes:
        return
    for finding in run.findings:
        console.print(Text(f"\n{finding.mode.words}", style="bold red"))
        console.print(Text(finding.sentence))
        console.print(Text(f"→ {finding.fix}", style="dim"))
    console.print("", _indicators(run), "", _misses(run), "", _types(run), "", _throughput(run), sep="\n")


def headline(run: LearnRun) -> str:
    """Return what a run found in one sentence."""
    n, found = run.throughput.episodes, len(run.findings)
    tickets = f"{counted(n, 'ticket')} since {words.day(run.since_ms)}"
    if not n:
        return f"No ticket since {words.day(run.since_ms)}: there is nothing to learn from yet."
    if not found:
        return f"{tickets}: none of the five failure modes shows."
    return f"{tickets}: {found} of the five failure modes {'shows' if found == 1 else 'show'}."


def _indicators(run: LearnRun) -> Table:
    table = Table(title="The five indicators", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in ("", "now", "before", ""):
        table.add_column(column)
    for now, before in zip(run.indicators, run.before, strict=True):
        told = words.reach(now) or f"cannot be told: {now.missing}"
        few = " (few tickets)" if now.n and now.is_small else ""
        value = Text(words.figure(now) or "–", style="dim" if few else "bold")
        table.add_row(now.name, value, words.figure(before) or "–", Text(told + few, style="dim"))
    return table


def _misses(run: LearnRun) -> Text:
    misses, reviews = run.misses, run.reviews
    waiting = f"{reviews.waiting:,} of the audit sample wait for a review, {reviews.overdue:,} overdue."
    if misses.rate is None or misses.low is None or misses.high is None:
        return Text(f"Missed escalations: {misses.missing} {waiting}")
    return Text(
        f"Missed escalations: {words.percent(misses.rate)} of {misses.automated:,} automated tickets (95 % interval "
        f"{words.percent(misses.low)} to {words.percent(misses.high)}, {misses.reviewed:,} reviewed). "
        f"{misses.caution} {waiting}"
    )


def _types(run: LearnRun) -> Table:
    names = [_SHORT[verdict] for verdict in Verdict]
    table = Table(
        title="Timing by ticket type", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0)
    )
    table.add_column("type")
    for name in ("tickets", *names, f"GT-T {SHOWN_TOLERANCE}"):
        table.add_column(name, justify="right")
    scores = {transfer.ticket_type or "unknown": transfer.scores for transfer in run.transfers}
    for row in run.types:
        counts = [f"{row.counts[verdict.value]:,}" for verdict in Verdict]
        score = f"{scores[row.ticket_type][TOLERANCES.index(SHOWN_TOLERANCE)]:.2f}"
        table.add_row(row.ticket_type, f"{row.n:,}", *counts, score, style="dim" if row.n < SMALL_N else "")
    return table


def _throughput(run: LearnRun) -> Text:
    kept = run.throughput
    share = "" if kept.deflection is None else f" ({words.percent(kept.deflection)})"
    return Text(f"Beside it: {kept.automated:,} of {kept.episodes:,} tickets never had a person{share}.", style="dim")
