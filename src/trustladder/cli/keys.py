"""`trustladder keys`: make a key for a bot, for people, for reading or for metrics."""

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Make API keys.")


@app.callback()
def frame() -> None:
    """Make API keys."""


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="The file of keys; TRUSTLADDER_KEYS names it to the service.")],
    scope: Annotated[list[str], typer.Option(help="bot, people, read or metrics; may be given more than once.")],
    tenant: Annotated[str, typer.Option(help="The tenant whose tickets the key opens.")] = "default",
) -> None:
    """Make a key, show it once, and keep its digest in the file. Taking its line out takes the key back."""
    from trustladder.errors import BadInput
    from trustladder.web.keys import Scope, line_of, new_key

    unknown = sorted(set(scope) - set(Scope))
    if unknown:
        raise BadInput(f"no such scope: {', '.join(unknown)}", fix="scopes are: " + ", ".join(Scope))
    key, kept = new_key(tenant, frozenset(map(Scope, scope)))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as keys:
        keys.write(line_of(kept))
    typer.echo(key)
