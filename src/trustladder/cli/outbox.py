"""`trustladder outbox`: the notifications that could not be delivered, and the way to send them again."""

from typing import Annotated

import typer


def outbox(
    ledger: Annotated[str, typer.Option(help="sqlite:///path or postgresql://…")] = "",
    tenant: Annotated[str, typer.Option(help="The tenant.")] = "default",
    again: Annotated[bool, typer.Option("--again", help="Deliver every one of them again.")] = False,
) -> None:
    """List the dead letters, the oldest first; with --again, let the running service deliver them."""
    from trustladder.desk.outbox import bring_back, dead_letters
    from trustladder.ledger import open_ledger
    from trustladder.ledger.protocol import TicketKey
    from trustladder.settings import read_settings

    book = open_ledger(ledger or read_settings().ledger)
    try:
        letters = dead_letters(book, tenant, limit=1_000)
        for letter in letters:
            note = letter.notification
            typer.echo(f"{note.ticket_id}  {letter.channel}  tried {letter.attempts} times: {letter.why}")
            typer.echo(f"    {note.sentence}")
            if again:
                bring_back(book, TicketKey(tenant, note.ticket_id), letter.name)
    finally:
        book.close()
    verb = "will be delivered again" if again else "could not be delivered"
    typer.echo(f"{len(letters)} notifications {verb}." if letters else "Everything was delivered.")
