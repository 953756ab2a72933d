"""`trustladder learn propose`: policy changes that past tickets speak for, each with its price."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trustladder.cli.backtest import Format
from trustladder.cli.conversations import BotAuthor, ColumnMap, CsatScale, Like, PolicyFile, RoleMap, Workers, read_as
from trustladder.cli.past import HandlingMinutes, LedgerUrl, SomeFiles, Source, Tenant, pasts
from trustladder.cli.writing import write_json, write_page
from trustladder.errors import BadInput

if TYPE_CHECKING:
    from trustladder.core.threshold import Costs
    from trustladder.learn.proposals import Learned


def propose(  # noqa: PLR0913, PLR0917 - one argument for each option
    files: SomeFiles = None,
    ledger: LedgerUrl = "",
    tenant: Tenant = "default",
    policy: PolicyFile = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A folder for each proposal's policy file and its backtest.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Put the proposals before people: into the journal of the ledger's tenant.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="text for people, json for programs.")] = Format.TEXT,  # noqa: A002 - the option's name
    alpha: Annotated[float, typer.Option(min=0.001, max=0.5, help="A guarantee: late or missed at most this.")] = 0.05,
    delta: Annotated[float, typer.Option(min=0.001, max=0.5, help="… except with this probability.")] = 0.1,
    spillover: Annotated[float | None, typer.Option(min=0.01, help="What one badly handled ticket costs.")] = None,
    handoff: Annotated[float | None, typer.Option(min=0.01, help="What one handoff costs, with --spillover.")] = None,
    handling: HandlingMinutes = None,
    like: Like = "",
    columns: ColumnMap = None,
    roles: RoleMap = None,
    bot_author: BotAuthor = None,
    csat_scale: CsatScale = 5,
    workers: Workers = 1,
) -> None:
    """Propose policy changes that past tickets speak for. Nothing applies itself.

    Thresholds and bases that cost less, weights that fit better, a threshold with a guarantee, and more or less
    authority by ticket type: each with its backtest, the tickets that change, and what it takes in people.
    """
    from trustladder.learn.proposals import Learner, Wish

    if record and not ledger:
        raise BadInput(
            "--record needs a ledger: proposals wait in its journal", fix="give --ledger URL, or --out FOLDER"
        )
    source, how = Source(files or [], ledger, tenant), read_as(like, columns, roles, bot_author, csat_scale)
    wish = Wish(alpha, delta, _costs(spillover, handoff), handling_minutes=handling)
    text = policy_text(policy)
    learned = Learner(text, pasts(source, how, policy, workers), wish, ", ".join(source.names)).learn()
    if out is not None:
        _write(learned, out)
    if record:
        _record(learned, ledger, tenant, policy)
    _tell(learned, format, out)


def _tell(learned: "Learned", format: Format, out: Path | None) -> None:  # noqa: A002 - named after the option
    if format is Format.JSON:
        write_json(as_json(learned))
        return
    from rich.console import Console

    from trustladder.learn.report.proposals import show

    show(learned, Console())
    if out is not None:
        typer.echo(f"Proposals: {out}")


def _costs(spillover: float | None, handoff: float | None) -> "Costs | None":
    from trustladder.core.threshold import Costs

    if (spillover is None) != (handoff is None):
        raise BadInput(
            "--spillover and --handoff go together", fix="give both, or neither: then the policy's costs hold"
        )
    return Costs(spillover, handoff) if spillover is not None and handoff is not None else None


def policy_text(policy: Path | None) -> str:
    """Return the text of a policy file, or of the profile that comes with the product. Raises `PolicyError`."""
    from trustladder.policy.profiles import DEFAULT_PROFILE, profile_text
    from trustladder.policy.source import read_source

    return profile_text(DEFAULT_PROFILE) if policy is None else read_source(policy).text


def as_json(learned: "Learned") -> dict[str, Any]:
    """Return what was learned as plain values; proposals are as the journal keeps them."""
    import msgspec

    plain: dict[str, Any] = {
        name: getattr(learned, name) for name in ("policy_digest", "tickets", "labels", "notes", "records", "prices")
    }
    plain["proposals"] = [proposed.made for proposed in learned.proposals]
    builtins: dict[str, Any] = msgspec.to_builtins(plain)
    return builtins


def _write(learned: "Learned", folder: Path) -> None:
    from trustladder.learn.report.backtest import render

    for number, proposed in enumerate(learned.proposals, 1):
        stem = folder / f"{number}-{proposed.made.kind}-{proposed.made.proposal_id}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stem.with_suffix(".yaml").write_text(proposed.made.policy_yaml, encoding="utf-8")
        except OSError as error:
            raise BadInput(f"cannot be written: {error.strerror}", where=str(folder), fix="choose --out") from error
        write_page(partial(render, proposed.backtest), stem.with_suffix(".html"))


def _record(learned: "Learned", ledger: str, tenant: str, policy: Path | None) -> None:
    from trustladder.cli.conversations import policy_of
    from trustladder.desk.policies import PolicyBook
    from trustladder.desk.rollout import Rollouts
    from trustladder.ledger import open_ledger

    book = open_ledger(ledger)
    try:
        rollouts = Rollouts(book, PolicyBook(None, policy_of, policy_of(policy), policy_text(policy)))
        for proposed in learned.proposals:
            rollouts.propose(tenant, proposed.made)
    finally:
        book.close()
