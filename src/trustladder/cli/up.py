"""`trustladder up`: the live control layer on this machine."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer


def up(
    ledger: Annotated[str, typer.Option(help="sqlite:///path or postgresql://…")] = "",
    policy: Annotated[Path | None, typer.Option(help="The policy file; the default profile when absent.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 0,
) -> None:
    """Start the control layer: the HTTP API and the pages, on an embedded ledger unless told otherwise."""
    from trustladder.settings import read_settings
    from trustladder.web.service import build_app, said_at_start
    from trustladder.web.serving import listen, serve

    settings = read_settings()
    chosen = replace(
        settings,
        ledger=ledger or settings.ledger,
        policy=str(policy) if policy else settings.policy,
        host=host or settings.host,
        port=port or settings.port,
    )
    app = build_app(chosen)
    at = listen(chosen.host, chosen.port)
    typer.echo(said_at_start(chosen, app))
    serve(app, at)
