"""The MCP server through the real client: over stdio as an agent starts it, and in memory."""

import asyncio
import builtins
import os
import sys
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from tests.connect.conftest import People

from trustladder.client import AsyncClient
from trustladder.connect.mcp_server import create_server
from trustladder.errors import MissingExtra

QUESTION = "Hello, why is there a second charge of 49 EUR on my invoice for May?"
MILD = "Thank you. Which invoice number is it?"
Asked = tuple[str, dict[str, Any]]


def in_memory(url: str, *calls: Asked) -> list[dict[str, Any]]:
    """Call the tools of a server in this process, one after another."""

    async def run() -> list[dict[str, Any]]:
        async with AsyncClient(url, seconds=20) as gate, Client(create_server(gate)) as agent:
            return [await answer(agent, *call) for call in calls]

    return asyncio.run(run())


async def answer(agent: Client, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await agent.call_tool(name, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def test_over_stdio_a_turn_a_draft_and_a_handoff(service: str, people: People) -> None:
    """The whole way, as an agent's configuration starts it: ``trustladder mcp``."""
    command = ["-c", "from trustladder.cli import main; main()", "mcp", "--service", service]

    async def run() -> list[Any]:
        server = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))
        async with Client(stdio_client(server)) as agent:
            names = sorted(tool.name for tool in (await agent.list_tools()).tools)
            checked = await answer(agent, "check_turn", {"ticket": "mcp-stdio", "text": QUESTION})
            said = await answer(agent, "may_i_say", {"ticket": "mcp-stdio", "text": MILD})
            handed = await answer(agent, "escalate", {"ticket": "mcp-stdio", "reason": "above my limit"})
            packet = await answer(agent, "get_handoff", {"ticket": "mcp-stdio"})
            return [names, checked, said, handed, packet, agent.instructions]

    names, checked, said, handed, packet, instructions = asyncio.run(run())
    assert names == ["check_turn", "escalate", "get_handoff", "may_i_say", "transfer_to_human_agents"]
    assert (checked["lane"], checked["may_answer"]) == ("automated", True)
    assert (said["send"], said["text"]) == (True, MILD)
    assert people.sent("mcp-stdio") == [MILD]
    assert handed["escalated"]
    assert packet["packet"]["customer_wants"]
    assert "advise" in instructions


def test_after_a_handoff_the_tool_says_send_nothing(service: str) -> None:
    turn = {"ticket": "mcp-2", "text": "I want to speak to a human agent now."}
    checked, said = in_memory(service, ("check_turn", turn), ("may_i_say", {"ticket": "mcp-2", "text": MILD}))
    assert (checked["lane"], checked["may_answer"]) == ("escalated", False)
    assert checked["notice"]
    assert checked["why"]
    assert (said["send"], said["text"], said["answer"]) == (False, "", "withhold")
    assert said["objections"]


def test_the_benchmarks_own_transfer_tool_is_an_escalation(service: str, people: People) -> None:
    people.customer("mcp-3", QUESTION)
    (handed,) = in_memory(service, ("transfer_to_human_agents", {"ticket": "mcp-3", "summary": "double charge"}))
    assert handed["escalated"]
    assert people.client.lane("mcp-3") == "escalated"


def test_a_tool_call_is_judged_by_name_and_arguments(service: str, people: People) -> None:
    people.customer("mcp-4", "What are your opening hours?")
    calls = [{"name": "refund", "arguments": {"amount": 100000}}]
    (said,) = in_memory(service, ("may_i_say", {"ticket": "mcp-4", "tool_calls": calls}))
    assert said["tools"] == []
    assert (said["answer"], said["send"]) == ("replace", True), "what may be sent is the holding message"
    assert "refund" in said["objections"][0]


def test_without_a_service_the_advice_is_to_say_nothing() -> None:
    checked, said, handed = in_memory(
        "http://127.0.0.1:9",
        ("check_turn", {"ticket": "t", "text": QUESTION}),
        ("may_i_say", {"ticket": "t", "text": MILD}),
        ("escalate", {"ticket": "t", "reason": "r"}),
    )
    assert not checked["may_answer"]
    assert not said["send"]
    assert not handed["escalated"]


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "mcp":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"trustladder\[mcp\]"):
        create_server(AsyncClient())
