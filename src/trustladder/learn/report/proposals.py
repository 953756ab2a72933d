"""Proposals on a terminal: what is proposed and why, what was looked at and left, and each ticket type's record."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trustladder.core.indicators import SMALL_N
from trustladder.learn.proposals import Learned, Proposed
from trustladder.learn.report import backtest_words as say
from trustladder.learn.report.words import percent

ABOUT_WORDS = "It changes what the bot may say and do on these tickets, not when people come."


def show(learned: Learned, console: Console) -> None:
    """Print what one run of Learn found."""
    console.print(Padding(Text(headline(learned), style="bold"), (1, 0, 0, 0)))
    console.print(Text(learned.prices.source, style="dim"))
    for number, proposed in enumerate(learned.proposals, 1):
        _proposal(console, number, proposed)
    if learned.records:
        console.print(_records(learned))
    if learned.notes:
        console.print(Text("\nLooked at, and not proposed", style="bold"))
        for note in learned.notes:
            console.print(Padding(Text(note, style="dim"), (0, 0, 0, 2)))
    console.print()


def headline(learned: Learned) -> str:
    """Return what was found in one sentence."""
    read = f"{say.tickets(learned.tickets)} in which a bot spoke, {learned.labels:,} of them with a known end"
    n = len(learned.proposals)
    found = "nothing to propose" if not n else "1 proposal" if n == 1 else f"{n} proposals"
    return f"From {read}: {found}. Nothing applies itself."


def _proposal(console: Console, number: int, proposed: Proposed) -> None:
    made, tested = proposed.made, proposed.backtest
    console.print(
        Padding(Text(f"{number}. {made.title} [{made.kind}, {made.proposal_id}]", style="bold"), (1, 0, 0, 0))
    )
    lines = [made.because, *(f"- {sentence}" for sentence in made.diff[:8])]
    lines += [f"… and {len(made.diff) - 8} more"] if len(made.diff) > 8 else []
    lines += [ABOUT_WORDS] if made.kind in {"promotion", "demotion"} else [say.headline(tested), say.advice(tested)]
    for line in filter(None, lines):
        console.print(Padding(Text(line), (0, 0, 0, 3)))


def _records(learned: Learned) -> Table:
    table = Table(title="\nEarned authority", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("ticket type", "may now", "known ends", "went badly", "bounds", ""):
        table.add_column(name, justify="right" if name in {"known ends", "went badly"} else "left", overflow="fold")
    for row in learned.records:
        bounds = f"{percent(row.low)} to {percent(row.high)}"
        cells = (row.ticket_type, row.level.value, f"{row.tickets:,}", f"{row.bad:,}", bounds, row.because)
        table.add_row(*cells, style="dim" if row.tickets < SMALL_N else "")
    return table
