"""The audit on a terminal: the headline, the indicators, the worst tickets, the simpler ways beside the policy."""

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trustladder.learn.audit import Audit
from trustladder.learn.report import words

SHOWN_TICKETS = 5


def show(audit: Audit, console: Console) -> None:
    """Print the audit's summary."""
    console.print(Padding(Text(audit.headline, style="bold"), (1, 0, 0, 0)))
    if audit.advice:
        console.print(Text(audit.advice))
    read = f"{words.what_was_read(audit)}; policy {audit.policy_name} {audit.policy_digest[:12]}"
    console.print(Padding(Text(read, style="dim"), (0, 0, 1, 0)))
    console.print(_indicators(audit))
    if audit.has_bot:
        console.print(_standing(audit), _worst(audit), _strategies(audit), sep="\n")


def _plain(title: str, *columns: str, right: tuple[str, ...] = (), wide: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=column == wide
        )
    return table


def _indicators(audit: Audit) -> Table:
    table = _plain("The five indicators", "", "", "")
    table.show_header = False
    for indicator in audit.indicators:
        value = words.figure(indicator) or "–"
        told = words.reach(indicator) or f"cannot be told: {indicator.missing}"
        table.add_row(indicator.name, Text(value, style="bold"), Text(told, style="dim"))
    return table


def _standing(audit: Audit) -> Group:
    table = _plain("Against this policy", "verdict", "tickets", "", right=("tickets",), wide="verdict")
    table.show_header = False
    for key, (name, meaning) in words.VERDICTS.items():
        table.add_row(name, f"{audit.standing[key]:,}", Text(meaning, style="dim"))
    return Group("", table)


def _worst(audit: Audit) -> Group:
    table = _plain("Overstayed, most expected harm first", "ticket", "the policy hands over", "what happened")
    for case in audit.worst[:SHOWN_TICKETS]:
        at = case.worst.escalate
        where = f"#{at.message_index + 1} {at.rule_id}" if at is not None else ""
        table.add_row(escape(case.conversation), escape(where), words.what_happened(case))
    return Group("", table) if audit.worst else Group("")


def _strategies(audit: Audit) -> Group:
    known = bool(audit.strategies and audit.strategies[0].ended_badly + audit.strategies[0].ended_well)
    names = ["strategy", "handed over", "turns too long", "late", "missed", "not needed"]
    names += ["bad ends caught", "good ends taken"] if known else []
    table = _plain("Beside simpler ways", *names, right=tuple(names[1:]), wide="strategy")
    for row in audit.strategies:
        counts = (row.handoffs, row.beyond_turns)
        verdicts = (row.verdicts[key] for key in ("late", "missed", "unnecessary"))
        cells = [f"{n:,}" for n in (*counts, *verdicts)]
        cells += [f"{row.caught:,} of {row.ended_badly:,}", f"{row.unneeded:,} of {row.ended_well:,}"] if known else []
        table.add_row(row.name, *cells, style="bold" if row.key == "policy" else "")
    return Group("", table, "")
