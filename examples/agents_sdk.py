"""An agent of the OpenAI Agents SDK behind the gate.

Needs:                    pip install 'trustladder[agents]'
Start the service first:  trustladder up
Then:                     python examples/agents_sdk.py

The model here is the SDK's own scripted one, so that no key is needed; give your agent a real model instead.
"""

import asyncio
import os

from agents import Agent, RunConfig, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from trustladder.client import AsyncClient
from trustladder.connect.agents_sdk import answer, guarded

URL = os.environ.get("TRUSTLADDER_URL", "http://127.0.0.1:8700")


@function_tool
def refund(amount: float) -> str:
    """Pay an amount back."""
    return f"{amount} EUR paid back"


async def main() -> None:
    """Ask for far too much, be refused, and say something milder."""
    too_much = function_call("refund", {"amount": 100000}, call_id="call_1")
    model = ScriptedModel([[too_much], [assistant_message("Thank you. Which order is it about?")]])
    async with AsyncClient(URL) as gate:
        agent = guarded(Agent(name="support", model=model, tools=[refund]), gate)
        context = {"ticket": f"example-agents-{os.getpid()}"}
        reply = await answer(agent, "My lamp is broken.", context, run_config=RunConfig(tracing_disabled=True))
    print("bot:", reply.text or "(nothing)")
    print("gate:", reply.answer, "| lane:", reply.lane)


asyncio.run(main())
