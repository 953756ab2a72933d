"""`trustladder learn`: what past conversations teach. Nothing that is learned applies by itself."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trustladder.cli.conversations import (
    BotAuthor,
    ColumnMap,
    CsatScale,
    Files,
    Like,
    RoleMap,
    conversations_of,
    nothing_usable,
    progress,
    read_as,
    tell_notices,
)
from trustladder.cli.propose import propose
from trustladder.errors import BadInput

if TYPE_CHECKING:
    from trustladder.learn.own_risk import Learned
    from trustladder.learn.run import LearnRun
    from trustladder.web.learning import Proposing

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Learn from past conversations."
)


class Format(StrEnum):
    """How an answer is written: for people, or for programs."""

    TEXT = "text"
    JSON = "json"


@app.callback()
def learn() -> None:
    """Learn from past conversations. Nothing applies itself: each verb writes a file or a proposal for a person."""


app.command()(propose)


@app.command()
def run(
    by: Annotated[
        str,
        typer.Option(
            "--by", help="Who runs it: with a name, what was found and what is proposed goes into the journal."
        ),
    ] = "",
    ledger: Annotated[str, typer.Option("--ledger", help="sqlite:///path or postgresql://…")] = "",
    tenant: Annotated[str, typer.Option("--tenant", help="The tenant.")] = "default",
    days: Annotated[
        int, typer.Option("--days", min=1, max=120, help="How far back; the same time before is beside it.")
    ] = 28,
    format: Annotated[Format, typer.Option("--format", help="text for people, json for programs.")] = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Run Learn over a ledger: what is going wrong by name, the five indicators, misses, spillover, timing by type.

    With --by, it also puts policy changes that the tickets speak for before people. Nothing applies itself.
    """
    from dataclasses import replace

    from trustladder.desk.rollout import Rollouts
    from trustladder.ledger import open_ledger
    from trustladder.settings import read_settings
    from trustladder.web.learning import Learning
    from trustladder.web.service import policy_book

    settings = read_settings()
    settings = replace(settings, ledger=ledger or settings.ledger)
    book = open_ledger(settings.ledger)
    try:
        learning = Learning(book, Rollouts(book, policy_book(settings)))
        found = learning.run_for(tenant, by, days) if by else learning.run(tenant, days)
        proposing = learning.propose(tenant) if by else None
    finally:
        book.close()
    _tell_run(found, proposing, format)


def _tell_run(found: "LearnRun", proposing: "Proposing | None", format: Format) -> None:  # noqa: A002 - after the option
    from trustladder.learn.report.learn import as_json, show_run

    if format is Format.JSON:
        typer.echo(as_json(found, proposing))
        return
    show_run(found)
    if proposing is None:
        return
    for made in proposing.new:
        typer.echo(f"\nProposed: {made.title}\n{made.because}")
    waiting = f"{proposing.wait} wait{'s' if proposing.wait == 1 else ''} for a person under Learn, Proposals."
    typer.echo(f"\n{proposing.missing or f'{len(proposing.new)} new proposals'}; {waiting}")


@app.command()
def risk(  # noqa: PLR0913, PLR0917 - one argument for each option
    files: Files,
    out: Annotated[Path, typer.Option("--out", "-o", help="The model file to write.")] = Path("trustladder-risk.npz"),
    format: Annotated[Format, typer.Option("--format", help="text for people, json for programs.")] = Format.TEXT,  # noqa: A002 - the option's name
    like: Like = "",
    columns: ColumnMap = None,
    roles: RoleMap = None,
    bot_author: BotAuthor = None,
    csat_scale: CsatScale = 5,
) -> None:
    """Learn the text score (the signal outcome_risk) from your own conversations with a known end.

    Prints how well it tells bad ends from good ones on customers that it was not learned from, beside plain
    baselines, and writes a model file. Nothing uses it until TRUSTLADDER_RISK_MODEL names it.
    """
    from trustladder.detect.outcome import load_outcome_model
    from trustladder.learn.conversation import Notices
    from trustladder.learn.own_risk import labelled, learn_risk

    notices = Notices()
    how = read_as(like, columns, roles, bot_author, csat_scale)
    with progress("reading") as counted:
        cases = list(labelled(counted(conversations_of(files, how, notices)), notices))
    tell_notices(notices)
    if not cases and not notices.list():
        raise nothing_usable(files)
    learned = learn_risk(cases, load_outcome_model())
    _tell(learned, format)
    if not learned.tells:
        raise BadInput(
            "on customers left out it does not tell bad ends from good ones: nothing was written",
            fix="give more conversations, or keep the shipped score",
        )
    _write(out, learned.content)
    typer.echo(
        f"Model: {out} ({len(learned.content) / 1000:.0f} kB). To use it: TRUSTLADDER_RISK_MODEL={out}", err=True
    )


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(f"the model cannot be written: {error.strerror}", where=str(path), fix="choose --out") from error


def _tell(learned: "Learned", format: Format) -> None:  # noqa: A002 - named after the option
    if format is Format.JSON:
        rows = {"conversations": learned.conversations, "failed": learned.failed, "customers": learned.customers}
        typer.echo(json.dumps({**rows, "tells": learned.tells, "figures": learned.figures}, indent=2))
        return
    typer.echo(
        f"Learned from {learned.conversations} conversations of {learned.customers} customers; "
        f"{learned.failed} ended badly. Measured on customers left out (5 folds):"
    )
    for share, found in learned.figures.items():
        typer.echo(_paragraph(share, found))


def _paragraph(share: str, found: dict[str, Any]) -> str:
    low, high = found["interval"]
    beside = " · ".join(f"{name.replace('_', ' ')} {found[name]:.3f}" for name in _BASELINES)
    lines = (
        f"\nafter {share} of the customer's turns",
        f"  AUC {found['auc']:.3f} ({low:.3f} to {high:.3f}); {beside}",
        f"  against words alone {_gain(*found['against_words'])}",
        f"  against the shipped score {_gain(*found['against_shipped'])}",
        f"  calibration error {found['calibration_error']:.3f}; of all {found['failure_rate']:.2f} end badly, "
        f"without the riskiest fifth {found['left_in_automation']:.2f}",
    )
    return "\n".join(lines)


_BASELINES = ("words", "turn_count", "ticket_type", "shipped")


def _gain(low: float, high: float) -> str:
    said = "better" if low > 0 else "worse" if high < 0 else "no difference shown"
    return f"{low:+.3f} to {high:+.3f} ({said})"


@app.command("cycle-eval")
def cycle_eval(
    data: Annotated[Path, typer.Argument(help="A folder that holds the labelled set tau.")],
    format: Annotated[str, typer.Option("--format", help="markdown or json")] = "markdown",  # noqa: A002 - the option's name
) -> None:
    """Measure one Learn cycle on customers and bots that it did not see: the default policy before and after."""
    from dataclasses import asdict

    from trustladder.connect.exports import ReadAs, read_conversations
    from trustladder.learn.conversation import Notices
    from trustladder.learn.cycle_eval import as_markdown, evaluate_cycle, said_first
    from trustladder.policy.profiles import default_policy

    files = sorted(str(path) for path in (data / "tau").glob("*.json.gz"))
    if not files:
        raise BadInput("the labelled set is not here", where=str(data / "tau"), fix="give the folder that holds tau")
    read = read_conversations(files, ReadAs(like="tau"), Notices())
    known = [conversation for conversation in read if conversation.ending.outcome]
    found = evaluate_cycle(known, default_policy(), lambda step: typer.echo(f"{step} …", err=True))
    if format == "json":
        typer.echo(json.dumps(asdict(found), indent=2))
    else:
        typer.echo(f"{said_first(found)}\n\n{as_markdown(found)}")
