"""A LangGraph graph behind the gate.

Needs:                    pip install 'trustladder[langgraph]'
Start the service first:  trustladder up
Then:                     python examples/langgraph_graph.py
"""

import asyncio
import os

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import MessagesState, StateGraph

from trustladder.client import AsyncClient
from trustladder.connect.langgraph_node import guard

URL = os.environ.get("TRUSTLADDER_URL", "http://127.0.0.1:8700")


async def model(state: MessagesState) -> dict[str, list[AIMessage]]:
    """Your chat model goes here; this one says the same whatever it is asked."""
    assert state["messages"]  # noqa: S101 - what your model would be asked
    return {"messages": [AIMessage("Thank you. Which order is it about?")]}


async def main() -> None:
    """A turn that automation may answer, and one that hands over."""
    async with AsyncClient(URL) as gate:
        builder = StateGraph(MessagesState)
        builder.add_node("model", model)
        graph = guard(builder, gate).compile()
        thread: RunnableConfig = {"configurable": {"thread_id": f"example-graph-{os.getpid()}"}}
        for text in ("My lamp is broken.", "I want to speak to a human agent now."):
            state = await graph.ainvoke(MessagesState(messages=[HumanMessage(text)]), thread)
            print("customer:", text)
            print("bot:     ", state["messages"][-1].text or "(nothing)")


asyncio.run(main())
