"""`trustladder eval DATA`: how good perception and risk are, on labelled conversations, beside the baselines."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    data: Annotated[Path, typer.Argument(help="A folder that holds labelled sets (tau, betold, …).")],
    output: Annotated[str, typer.Option("--format", help="table, markdown or json")] = "table",
    report: Annotated[Path | None, typer.Option(help="Also write a page with reliability and ROC pictures.")] = None,
    scores: Annotated[
        Path | None, typer.Option(help="Somebody's scores of the tau tickets by id (JSON), to compare with ours.")
    ] = None,
) -> None:
    """Measure on data that the fit did not see: grouped cross-validation, intervals and baselines in one run."""
    import json

    from trustladder.errors import BadInput
    from trustladder.learn.evaluation import evaluate as run
    from trustladder.learn.measured import Evaluation, as_json, as_markdown
    from trustladder.learn.report.evaluation import as_page, as_table

    if output not in {"table", "markdown", "json"}:
        raise BadInput(f"--format {output}: no such format", fix="the formats are table, markdown and json")
    if scores is not None:
        from trustladder.learn.compared import compare_scores

        found = Evaluation((compare_scores(data, scores),), (), ())
    else:
        found = run(data, lambda step: typer.echo(f"measuring {step} …", err=True))
    if report is not None:
        report.write_text(as_page(found), "utf-8")
        typer.echo(f"Report: {report}", err=True)
    if output == "json":
        typer.echo(json.dumps(as_json(found)))
    elif output == "markdown":
        typer.echo(as_markdown(found))
    else:
        as_table(found)
