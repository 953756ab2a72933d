"""The same with the Python client: `send` asks, redeems and delivers, or delivers nothing.

Start the service first:  trustladder up
Then:                     python examples/python_client.py
"""

import asyncio
import os

from trustladder.client import AsyncClient, Client

URL = os.environ.get("TRUSTLADDER_URL", "http://127.0.0.1:8700")

with Client(URL) as gate:
    ticket = f"example-client-{os.getpid()}"
    decision = gate.customer_wrote(ticket, "Where can I see my invoice?", ticket_type="billing")
    print("lane:", decision.lane, "| automation may:", ", ".join(decision.acts))
    sent = gate.send(ticket, "Thank you. Which order is it about?", deliver=lambda text: print("bot:", text))
    print("delivered:", sent.delivered)


async def chat() -> None:
    """The asynchronous client, on a ticket that a person takes over."""
    ticket = f"example-async-{os.getpid()}"

    async def deliver(text: str) -> None:
        print("bot:", text)

    async with AsyncClient(URL) as gate:
        await gate.customer_wrote(ticket, "Where can I see my invoice?")
        await gate.escalate(ticket, reason="needs a person", by="bot")
        sent = await gate.send(ticket, "One moment, please.", deliver)
        print("delivered after the handoff:", sent.delivered, "|", sent.why)


asyncio.run(chat())
