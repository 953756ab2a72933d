"""`trustladder init`: write a policy to start from, with scenarios that show what it does."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    profile: Annotated[
        str, typer.Option("--profile", "-p", help="service-heavy, product-heavy or small-team.")
    ] = "product-heavy",
    to: Annotated[Path, typer.Option("--to", help="The policy file to write.")] = Path("policy.yaml"),
) -> None:
    """Write a policy file to start from, its scenarios and its schema beside it. Nothing is overwritten."""
    from trustladder.policy.profiles import PROFILES
    from trustladder.policy.start import files_to_start_with, write_new

    written = write_new(files_to_start_with(profile, to))
    typer.echo(f"Wrote {to}: a policy in which {PROFILES[profile]}.")
    for path in written[1:]:
        typer.echo(f"Beside it: {path}")
    typer.echo(f"Next: put your people and hours in, then run: trustladder policy lint {to}")
    typer.echo(f"Then see what it does:                     trustladder policy test {to}")
