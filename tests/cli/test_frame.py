"""The frame of the command line: it starts at once, loads a verb only to run it, and never shows a traceback."""

import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from trustladder import __version__, cli
from trustladder.errors import BadInput


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from trustladder.cli import main; main()", *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_help_lists_the_verbs_and_imports_none_of_their_packages() -> None:
    code = (
        "import sys; from trustladder.cli import app; from typer.testing import CliRunner; "
        "print(CliRunner().invoke(app, ['--help']).output); "
        "print(sorted(set(sys.modules) & {'numpy', 'fastapi', 'rich', 'jinja2', 'psycopg', 'trustladder.core.ladder'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "audit" in done.stdout
    assert "replay" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_the_version() -> None:
    assert run("--version").stdout == f"trustladder {__version__}\n"


def test_a_verb_that_is_not_there_is_answered_in_words() -> None:
    done = run("audits")
    assert done.returncode == 2
    assert "No such command 'audits'" in done.stderr
    assert "did you mean" in done.stderr.lower()


@pytest.mark.parametrize("verb", [verb.name for verb in cli.VERBS])
def test_every_verb_that_is_listed_can_be_loaded(verb: str) -> None:
    chosen = next(v for v in cli.VERBS if v.name == verb)
    if chosen.module not in {v.module for v in cli.LazyGroup(name="t").verbs.values()}:
        pytest.skip(f"{chosen.module} is not in this installation")
    assert cli.load(chosen).name == verb


def test_a_verb_that_cannot_be_loaded_says_so_and_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = cli.Verb("broken", "trustladder.errors:nothing", "A verb without its function.")
    monkeypatch.setattr(cli, "VERBS", (*cli.VERBS, broken))
    told = CliRunner().invoke(_app(), ["broken"])
    assert told.exit_code == 1
    assert "error: broken cannot be loaded" in told.output
    assert CliRunner().invoke(_app(), ["audit", "--help"]).exit_code == 0


def _app() -> typer.Typer:
    app = typer.Typer(cls=cli.LazyGroup, add_completion=False, rich_markup_mode=None)
    app.callback()(cli.frame)
    return app


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (BadInput("it is odd", where="a.jsonl:3", fix="mend it"), 1, "error: a.jsonl:3: it is odd\n  → mend it\n"),
        (IsADirectoryError(21, "Is a directory", "keys"), 1, "error: keys: Is a directory\n  → check the path"),
        (OSError(28, "No space left on device"), 1, "error: the system refused this: No space left on device\n  → "),
        (ZeroDivisionError("by zero"), 70, "internal error: ZeroDivisionError: by zero"),
        (KeyError("x"), 70, "internal error: KeyError"),
    ],
)
def test_errors_are_told_in_words(
    raised: Exception, code: int, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cli.DEBUG_VARIABLE, raising=False)
    with pytest.raises(typer.Exit) as left, cli.errors_in_words():
        raise raised
    assert left.value.exit_code == code
    assert capsys.readouterr().err.startswith(words)


def test_the_details_of_an_internal_error_are_there_for_those_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    with pytest.raises(ZeroDivisionError), cli.errors_in_words():
        raise ZeroDivisionError
