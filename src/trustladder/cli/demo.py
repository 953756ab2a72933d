"""`trustladder demo`: conversations of our own through the live service, at a pace that an eye can follow."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer


def demo(
    pace: Annotated[float, typer.Option(min=0, help="Seconds between two turns.")] = 0.35,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for a free one.")] = 0,
    stay: Annotated[
        bool | None, typer.Option(help="Keep the pages open afterwards (the default on a terminal).")
    ] = None,
) -> None:
    """Show the ladder at work: each turn's decision, each draft at the gate, and the pages to look at."""
    from trustladder.web.demo.player import DemoService, conversations

    remain = sys.stdout.isatty() if stay is None else stay
    with TemporaryDirectory(prefix="trustladder-demo-") as folder, DemoService(Path(folder), port) as service:
        typer.echo(f"trustladder is up at {service.url} (pages) and {service.url}/docs (API)\n")
        tally = Tally()
        for conversation in conversations():
            typer.secho(f"— {conversation.title}", bold=True)
            for step in service.play(conversation):
                tally.count(step)
                _show(step)
                time.sleep(pace)
            typer.echo("")
        typer.echo(tally.text())
        if remain:
            _stay(service.url)


class Tally:
    """What the gate did, counted."""

    def __init__(self) -> None:
        self.drafts: dict[str, int] = {"release": 0, "replace": 0, "withhold": 0}
        self.escalated = 0

    def count(self, step: Any) -> None:
        """Count one step of a conversation."""
        if step.answer:
            self.drafts[step.answer] += 1
        self.escalated += bool(step.notice)

    def text(self) -> str:
        """Return the tally in a sentence."""
        drafts = self.drafts
        return (
            f"{sum(drafts.values())} drafts came to the gate: {drafts['release']} released, "
            f"{drafts['replace']} replaced by a holding message, {drafts['withhold']} withheld. "
            f"{self.escalated} tickets were handed to people, each with its packet."
        )


_COLOURS = {
    "automated": typer.colors.GREEN,
    "contained": typer.colors.YELLOW,
    "escalated": typer.colors.RED,
    "owned": typer.colors.BLUE,
    "resolved": typer.colors.WHITE,
}


def _show(step: Any) -> None:
    lane = typer.style(f"{step.lane:>10}", fg=_COLOURS.get(step.lane))
    typer.echo(f"{lane}  {step.who}: {step.text}")
    for line in step.because:
        typer.secho(f"{'':>10}    {line}", dim=True)


def _stay(url: str) -> None:
    typer.echo(f"\nThe pages stay open at {url} until you press Ctrl-C.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        typer.echo("")
