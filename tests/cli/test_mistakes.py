"""Mistakes at the verbs that serve and explain: each is answered with what happened, where, and what to do."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from trustladder.cli import app
from trustladder.settings import Settings
from trustladder.web.service import build_app, said_at_start
from trustladder.web.serving import listen


def refused(*arguments: str) -> Result:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 1, done.output
    assert done.stderr.startswith("error: ")
    assert "\n  → " in done.stderr
    return done


@pytest.fixture
def taken() -> Iterator[str]:
    """A port at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        yield str(there.getsockname()[1])


def test_a_port_that_is_taken_is_told_before_anything_is_said_to_be_up(taken: str, tmp_path: Path) -> None:
    ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
    for command in (("up", "--ledger", ledger), ("proxy", "--upstream", "https://model.example.org/v1")):
        done = refused(*command, "--port", taken)
        assert f"127.0.0.1:{taken}: cannot listen there: Address already in use" in done.stderr
        assert done.stdout == ""


def test_a_port_that_is_none_is_told(tmp_path: Path) -> None:
    for command in (("up", "--ledger", f"sqlite:///{tmp_path / 'ledger.db'}"), ("demo", "--no-stay")):
        assert "127.0.0.1:70000: cannot listen there" in refused(*command, "--port", "70000").stderr


def test_small_answers_are_sent_at_once() -> None:
    """Asyncio asks for TCP_NODELAY only where the protocol is named."""
    with listen("127.0.0.1", 0) as at:
        assert at.proto == socket.IPPROTO_TCP


def test_a_folder_in_the_place_of_a_policy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ".: this is a folder\n  → name the file in it: --to policy.yaml" in refused("init", "--to", ".").stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["api.openai.com/v1", "ftp://model.example.org", "http://"])
def test_a_model_that_has_no_web_address_is_told(url: str) -> None:
    assert f"--upstream {url}: this is no web address" in refused("proxy", "--upstream", url).stderr


def test_a_ticket_that_is_not_there_may_be_in_another_ledger(tmp_path: Path) -> None:
    done = refused("explain", "T-9", "--ledger", f"sqlite:///{tmp_path / 'ledger.db'}")
    assert "there is no ticket 'T-9'" in done.stderr
    assert "--tenant and --ledger" in done.stderr


def test_a_policy_that_does_not_load_is_an_alarm_that_says_what_holds_instead(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("thresholds: [")
    settings = Settings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", policy=str(policy))
    said = said_at_start(settings, build_app(settings))
    alarm = said[said.index("ALARM") :]
    assert alarm.startswith("ALARM   the policy could not be read, everything is contained: ")
    assert "last good one" not in alarm
    assert alarm.splitlines()[1].startswith("          → ")
