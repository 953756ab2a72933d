"""`trustladder policy`: lint, test, compare and show policy files. Exit codes: 0 good, 2 findings, 1 broken."""

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trustladder.core.containment import Act, ToolCall
    from trustladder.policy.play import Perceive, ReadActs
    from trustladder.policy.scenarios import ScenarioResult

FOUND = 2

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Lint, test and compare policy files."
)


class Format(StrEnum):
    """How an answer is written: for people, or for programs."""

    TEXT = "text"
    JSON = "json"


PolicyArgument = Annotated[Path, typer.Argument(help="The policy file.", show_default=False)]
FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]


@app.command()
def lint(policy: PolicyArgument, format: FormatOption = Format.TEXT) -> None:  # noqa: A002 - the option's name
    """Say what a policy does that its author cannot have meant. Exit 0 clean, 2 errors found, 1 not readable."""
    from trustladder.policy.lint import has_errors
    from trustladder.policy.lint import lint as find
    from trustladder.policy.load import load_source
    from trustladder.policy.source import read_source

    source = read_source(policy)
    findings = find(load_source(source), source)
    rows = [
        {"severity": f.severity.value, "code": f.code, "message": f.message, "where": f.where, "fix": f.fix}
        for f in findings
    ]
    lines = [f"{f.where}: {f.severity}: {f.message} [{f.code}]\n  → {f.fix}" for f in findings]
    errors = sum(row["severity"] == "error" for row in rows)
    lines.append(f"{errors} errors, {len(rows) - errors} warnings" if rows else f"{policy}: nothing to find fault with")
    _tell(format, {"findings": rows}, lines)
    if has_errors(findings):
        raise typer.Exit(FOUND)


@app.command()
def test(
    policy: PolicyArgument,
    scenarios: Annotated[
        list[Path] | None,
        typer.Argument(help="Scenario files; left out: POLICY's own, beside it.", show_default=False),
    ] = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="Use only the signals that the scenarios give, no detectors.")
    ] = False,
) -> None:
    """Run scenarios against a policy. Exit 0 all pass, 2 some fail, 1 a file is broken."""
    from trustladder.policy.load import load_policy
    from trustladder.policy.scenarios import run_scenarios
    from trustladder.policy.start import scenarios_beside

    loaded = load_policy(policy)
    readers = () if by_hand else _detectors()
    files = scenarios or [scenarios_beside(policy)]
    results = [result for file in files for result in run_scenarios(loaded, file, *readers)]
    failed = sum(not result.passed for result in results)
    rows = {"passed": len(results) - failed, "failed": failed, "scenarios": [_row(result) for result in results]}
    _tell(format, rows, _lines(results))
    if failed:
        raise typer.Exit(FOUND)


def _detectors() -> tuple["Perceive", "ReadActs"]:
    """Return the product's own readers of turns and of drafts: what runs live reads the scenarios."""
    from trustladder.detect.acts import acts_of
    from trustladder.detect.perceiver import perceive
    from trustladder.policy.play import DraftReading

    def read_acts(text: str, declared: tuple["Act", ...], calls: tuple["ToolCall", ...], language: str) -> DraftReading:
        reading = acts_of(text, declared, calls, language)
        return DraftReading(reading.acts, tuple(promise.kind for promise in reading.promises))

    return perceive, read_acts


def _row(result: "ScenarioResult") -> dict[str, object]:
    failures = [{"where": f.where, "expected": f.expected, "got": f.got, "why": list(f.why)} for f in result.failures]
    return {
        "name": result.name,
        "where": result.where,
        "passed": result.passed,
        "tested": result.tested,
        "failures": failures,
    }


def _lines(results: Iterable["ScenarioResult"]) -> list[str]:
    lines, failed, count = [], 0, 0
    for result in results:
        count += 1
        failed += not result.passed
        lines.append(f"{'PASS' if result.passed else 'FAIL'}  {result.name}")
        for failure in result.failures:
            lines.append(f"  {failure.where}: expected {failure.expected}; got: {failure.got}")
            lines += [f"    because {why}" for why in failure.why]
    lines.append(f"{count - failed} of {count} scenarios pass")
    return lines


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The policy as it was.", show_default=False)],
    new: Annotated[Path, typer.Argument(help="The policy as it is now.", show_default=False)],
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Say in words what changed between two policies."""
    from trustladder.policy.diff import changes
    from trustladder.policy.load import load_policy

    before, after = load_policy(old), load_policy(new)
    found = changes(before, after)
    lines: list[str] = []
    for change in found:
        heading = change.group.replace("_", " ")
        lines += [f"{heading}:"] if f"{heading}:" not in lines else []
        lines.append(f"  - {change.sentence}")
    rows = [{"group": change.group, "sentence": change.sentence} for change in found]
    answer = {"old": before.digest, "new": after.digest, "changes": rows}
    _tell(format, answer, lines or ["nothing that a decision depends on has changed"])


@app.command()
def schema(
    scenarios: Annotated[bool, typer.Option("--scenarios", help="The schema of scenario files instead.")] = False,
) -> None:
    """Print the JSON Schema of policy files, for editors."""
    from trustladder.policy.schema import as_text, policy_schema, scenario_schema

    typer.echo(as_text(scenario_schema() if scenarios else policy_schema()), nl=False)


@app.command()
def show(policy: PolicyArgument, format: FormatOption = Format.TEXT) -> None:  # noqa: A002 - the option's name
    """Show what a policy asks for: its digest, and for each ticket type the thresholds that always hold."""
    from trustladder.policy.canonical import canonical
    from trustladder.policy.load import load_policy
    from trustladder.policy.show import overview

    loaded = load_policy(policy)
    _tell(format, {"digest": loaded.digest, "policy": json.loads(canonical(loaded))}, overview(loaded))


def _tell(format: Format, rows: object, lines: Iterable[str]) -> None:  # noqa: A002 - named after the option
    if format is Format.JSON:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in lines:
        typer.echo(line)
