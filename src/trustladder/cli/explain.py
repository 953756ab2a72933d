"""`trustladder explain TICKET`: every decision on a ticket, in sentences, and whether the ledger still gives it."""

from typing import Annotated

import typer


def explain(
    ticket: Annotated[str, typer.Argument(help="The ticket's id.")],
    ledger: Annotated[str, typer.Option(help="sqlite:///path or postgresql://…")] = "",
    tenant: Annotated[str, typer.Option(help="The tenant.")] = "default",
    output: Annotated[str, typer.Option("--format", help="text or json")] = "text",
) -> None:
    """Explain a ticket: turn by turn, what was seen, what was decided and what would have flipped it."""
    from trustladder.desk.story import explained, story_text
    from trustladder.errors import NoSuchTicket
    from trustladder.ledger import open_ledger
    from trustladder.ledger.protocol import TicketKey
    from trustladder.settings import read_settings

    book = open_ledger(ledger or read_settings().ledger)
    try:
        told = explained(book, TicketKey(tenant, ticket))
    except NoSuchTicket as error:
        raise NoSuchTicket(error.what, fix="check the id, --tenant and --ledger") from None
    finally:
        book.close()
    if output == "json":
        import msgspec

        typer.echo(msgspec.json.encode(told).decode())
    else:
        typer.echo(story_text(told))
