"""The gate as MCP tools, called as an agent would.

Needs:                    pip install 'trustladder[mcp]'
Start the service first:  trustladder up
Then:                     python examples/mcp_agent.py

For an agent of your own, its configuration runs:  trustladder mcp --service http://127.0.0.1:8700
These tools advise. Where silence has to hold, use the proxy, or redeem permits at the channel.
"""

import asyncio
import os

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

URL = os.environ.get("TRUSTLADDER_URL", "http://127.0.0.1:8700")


async def main() -> None:
    """Ask before answering, and before sending."""
    ticket = f"example-mcp-{os.getpid()}"
    server = StdioServerParameters(command="trustladder", args=["mcp", "--service", URL], env=dict(os.environ))
    async with Client(stdio_client(server)) as agent:
        turn = await agent.call_tool("check_turn", {"ticket": ticket, "text": "My lamp is broken."})
        print("check_turn:", turn.structured_content)
        said = await agent.call_tool("may_i_say", {"ticket": ticket, "text": "Thank you. Which order is it about?"})
        print("may_i_say: ", said.structured_content)


asyncio.run(main())
