"""The gate as tools of the Model Context Protocol: advisory, since a tool that a model may skip enforces nothing.

Put the proxy or a permit at the channel where silence has to hold; these tools let an agent that means well ask.
Needs the extra ``mcp``.
"""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from trustladder.client import UNREACHABLE, AsyncClient
from trustladder.errors import MissingExtra

if TYPE_CHECKING:
    from mcp.server import MCPServer

INSTRUCTIONS = """
Ask check_turn with each message of the customer before you answer it, and may_i_say with each answer before you
send it. Send only the text that may_i_say gives back, at once, and nothing where it gives none. Call escalate when
a person is needed. These tools advise; they do not stop a message that you send without asking.
""".strip()


def create_server(client: AsyncClient) -> "MCPServer[Any]":
    """Return the server over a trustladder service. Raises MissingExtra when the package ``mcp`` is not there."""
    try:
        from mcp.server import MCPServer
    except ImportError as error:
        raise MissingExtra.named("mcp", "the MCP server") from error
    tools = Tools(client)
    server: MCPServer[Any] = MCPServer("trustladder", instructions=INSTRUCTIONS)
    for tool in (tools.check_turn, tools.may_i_say, tools.escalate, tools.transfer_to_human_agents, tools.get_handoff):
        server.add_tool(tool)
    return server


class Tools:
    """The tools. What a model reads of each is its docstring."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def check_turn(self, ticket: str, text: str, message_id: str = "") -> dict[str, Any]:
        """Post what the customer just wrote; get the lane, whether you may answer, and with which acts.

        message_id makes a repeat harmless. Where `notice` is not empty, tell the customer exactly that.
        """
        decision = await self._client.customer_wrote(ticket, text, message_id=message_id or uuid4().hex)
        return {
            "lane": decision.lane,
            "may_answer": decision.may_answer,
            "acts": list(decision.acts),
            "notice": decision.notice,
            "why": _why(decision.body) if decision.reachable else [UNREACHABLE],
        }

    async def may_i_say(
        self,
        ticket: str,
        text: str = "",
        tool_calls: list[dict[str, Any]] | None = None,
        cites: list[str] | None = None,
    ) -> dict[str, Any]:
        """Ask whether you may send this text and make these tool calls ({name, arguments}). Send `text` at once.

        `cites` names the sources that the text rests on. Make only the calls that `tools` gives back.

        What comes back has been redeemed: it counts as sent. `send` false means: send nothing.
        """
        gate = await self._client.may_i_say(ticket, text, tool_calls=tool_calls or (), cites=cites or ())
        sent = await self._client.redeem(ticket, gate)
        return {
            "send": sent.delivered,
            "answer": gate.answer if sent.delivered else "withhold",
            "text": sent.text,
            "tools": list(sent.tools),
            "lane": gate.lane,
            "objections": list(gate.objections) or ([sent.why] if sent.why else []),
            "notice": gate.notice,
        }

    async def escalate(self, ticket: str, reason: str) -> dict[str, Any]:
        """Hand the ticket to people now, with the reason. You are silent on it from then on."""
        done = await self._client.escalate(ticket, reason, "bot")
        return {"escalated": done, "why": "" if done else UNREACHABLE}

    async def transfer_to_human_agents(self, ticket: str, summary: str) -> dict[str, Any]:
        """Hand the ticket to people now, with a summary: the same as escalate."""
        return await self.escalate(ticket, summary)

    async def get_handoff(self, ticket: str) -> dict[str, Any]:
        """Get the packet that people received at the handoff: what the customer wants, what was tried, why."""
        packet = await self._client.handoff(ticket)
        return dict(packet) if packet is not None else {"packet": None, "why": "there is no handoff on this ticket"}


def _why(body: Any) -> list[str]:
    decision = body.get("decision") or {}
    return [reason["sentence"] for reason in decision.get("reasons", ())]
