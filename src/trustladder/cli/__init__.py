"""The command line: a frame that loads a verb's module when the verb is used.

Each verb is one thin module. The frame imports none of them for ``--help``, so that it starts at once and a
verb that cannot be loaded leaves the others alone.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from trustladder import __version__
from trustladder.errors import TrustladderError

DEBUG_VARIABLE = "TRUSTLADDER_DEBUG"
"""Set to anything, this environment variable shows the traceback of an internal error."""


TYPERS_OWN = (typer.Exit, typer.Abort, TyperException)
"""An exit, an abort, a wrong option: typer answers these itself."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: its name, where its function or sub-app is (``module:attribute``), and its line in the help."""

    name: str
    place: str
    line: str

    @property
    def module(self) -> str:
        """The module to import."""
        return self.place.partition(":")[0]

    @property
    def attribute(self) -> str:
        """The function or typer app in the module."""
        return self.place.partition(":")[2]


VERBS = (
    Verb("demo", "trustladder.cli.demo:demo", "See it work on made-up tickets."),
    Verb("audit", "trustladder.cli.audit:audit", "Read past conversations; report where automation overstayed."),
    Verb("replay", "trustladder.cli.replay:replay", "Decide every turn of past conversations, one JSON line each."),
    Verb("backtest", "trustladder.cli.backtest:backtest", "Price a change of the policy on past tickets."),
    Verb("init", "trustladder.cli.init:init", "Write a policy file to start from."),
    Verb("policy", "trustladder.cli.policy:app", "Lint, test and compare policy files."),
    Verb("up", "trustladder.cli.up:up", "Run the live control layer and the agents' workspace."),
    Verb("keys", "trustladder.cli.keys:app", "Make API keys: for a bot, for people, for reading."),
    Verb("proxy", "trustladder.cli.proxy:proxy", "Put the gate between a bot and its model (OpenAI-compatible)."),
    Verb("mcp", "trustladder.cli.mcp:mcp", "Offer the gate to agents as MCP tools (advisory)."),
    Verb("outbox", "trustladder.cli.outbox:outbox", "List notifications that could not be delivered; send them again."),
    Verb("explain", "trustladder.cli.explain:explain", "Explain the decisions on one ticket."),
    Verb("eval", "trustladder.cli.eval:evaluate", "Measure perception and risk on labelled conversations."),
    Verb(
        "learn",
        "trustladder.cli.learn:app",
        "Learn from past tickets: indicators, proposals, a risk score of your own.",
    ),
    Verb("acts", "trustladder.cli.acts:acts", "Tell which acts a bot's draft performs."),
)
"""Every verb, in the order of the help. One whose module is not there is not shown."""


class LazyGroup(TyperGroup):
    """A group that lists verbs from the table and imports one only to run it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.verbs = {verb.name: verb for verb in VERBS if find_spec(verb.module) is not None}
        self.commands.update({verb.name: TyperCommand(verb.name, help=verb.line) for verb in self.verbs.values()})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the loaded command that the first argument names, and the arguments for it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(self.verbs[name]) if name in self.verbs else command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; whatever goes wrong is told in words."""
        with errors_in_words():
            return super().invoke(ctx)


def load(verb: Verb) -> Any:
    """Import a verb's module and return its command. Raises `TrustladderError` when it cannot be imported."""
    try:
        found = getattr(import_module(verb.module), verb.attribute)
    except (ImportError, AttributeError) as error:
        raise TrustladderError(
            f"{verb.name} cannot be loaded: {error}",
            fix="install the extra that it needs, or install trustladder again",
        ) from error
    if isinstance(found, typer.Typer):
        command = typer.main.get_command(found)
    else:
        single = typer.Typer(add_completion=False)
        single.command(verb.name)(found)
        command = typer.main.get_command(single)
    command.name = verb.name
    return command


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn errors into a message and an exit code: 1 for what the user can mend, 70 for our own fault."""
    try:
        yield
    except TrustladderError as error:
        _fail(f"error: {error}", 1)
    except BrokenPipeError:
        _leave_quietly()
    except OSError as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        _fail(f"error: {_outside(error)}", 1)
    except Exception as error:
        if isinstance(error, TYPERS_OWN) or os.environ.get(DEBUG_VARIABLE):
            raise
        _fail(f"internal error: {type(error).__name__}: {error}\n  → set {DEBUG_VARIABLE}=1 for the details", 70)


def _outside(error: OSError) -> TrustladderError:
    """Return what the system refused, in words: no room, no permission, a folder in the place of a file."""
    return TrustladderError(
        error.strerror or str(error),
        where=str(error.filename or "the system refused this"),
        fix="check the path, its permissions and the room on its disk"
        if error.filename or error.errno == errno.ENOSPC
        else f"set {DEBUG_VARIABLE}=1 for the details",
    )


def _fail(message: str, code: int) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _leave_quietly() -> None:
    """The reader of our output has gone (``| head``): nothing is wrong, and nothing more can be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(0)


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help takes a third of the start
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"trustladder {__version__}")
        raise typer.Exit


@app.callback()
def frame(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The control layer between AI support bots and helpdesks."""


def main() -> None:
    """Run the command line."""
    app()
