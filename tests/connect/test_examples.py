"""Every example runs, as a reader would run it, against the real service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from ruamel.yaml import YAML
from tests.connect.test_openai_proxy import Model
from tests.support.server import served

from trustladder.client import AsyncClient
from trustladder.connect.litellm_guardrail import PATH
from trustladder.connect.openai_proxy import create_proxy

EXAMPLES = Path(__file__).parents[2] / "examples"

SAID = {
    "plain_http.py": ("lane:     contained", "notice:", "(nothing)"),
    "python_client.py": ("delivered: True", "delivered after the handoff: False"),
    "agents_sdk.py": ("bot: Thank you. Which order is it about?",),
    "langgraph_graph.py": ("bot:      Thank you. Which order is it about?",),
    "mcp_agent.py": ("'may_answer': True", "'send': True"),
}


def run(name: str, **environment: str) -> str:
    """Run an example; return what it printed."""
    beside = Path(sys.executable).parent
    paths = {"PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / name)],
        env={**os.environ, **paths, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", SAID)
def test_an_example_runs_and_shows_what_it_says(name: str, service: str) -> None:
    printed = run(name, TRUSTLADDER_URL=service)
    for expected in SAID[name]:
        assert expected in printed


def test_the_example_of_the_openai_client_runs_through_the_proxy(service: str) -> None:
    upstream = FastAPI()
    model = Model(answers=["Thank you. Which order is it about?"])
    upstream.add_api_route("/v1/chat/completions", model.complete, methods=["POST"], response_model=None)
    with served(upstream) as url, served(create_proxy(f"{url}/v1", AsyncClient(service, seconds=20))) as proxy:
        printed = run("openai_client.py", PROXY_URL=f"{proxy}/v1")
    assert "bot: Thank you. Which order is it about?" in printed
    assert "'answer': 'release'" in printed
    assert len(model.asked) == 1


def test_every_example_is_tested_here_and_litellms_names_our_endpoint() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*SAID, "openai_client.py"}
    settings = YAML(typ="safe").load(EXAMPLES / "litellm.yaml")["litellm_settings"]
    assert settings["guardrails"][0]["litellm_params"]["guardrail"] == "generic_guardrail_api"
    assert PATH == "/beta/litellm_basic_guardrail_api"
