"""The nodes inside a real LangGraph graph, with LangChain's own scripted chat model and the real service."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolCall
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from tests.connect.conftest import People

from trustladder.client import AsyncClient
from trustladder.connect.langgraph_node import guard

QUESTION = "Hello, why is there a second charge of 49 EUR on my invoice for May?"
AGAIN = "I asked why there is a second charge of 49 EUR on my invoice for May."
PERSON = "I want to speak to a human agent now."
MILD = "Thank you. Which invoice number is it?"
REFUND = "I have refunded the 49 EUR to your card."

paid: list[float] = []


@tool
def refund(amount: float) -> str:
    """Pay an amount back."""
    paid.append(amount)
    return "paid back"


@tool
def transfer_to_human_agents(summary: str) -> str:
    """Hand over to people."""
    raise AssertionError(f"the tool itself never runs: the gate has handed over ({summary})")


def calls(name: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[ToolCall(name=name, args=arguments, id=f"call-{name}")])


class Bot:
    """A graph of a model and its tools, guarded, with the memory of a thread."""

    def __init__(self, url: str, ticket: str) -> None:
        self.url = url
        self.ticket = ticket
        self.memory = InMemorySaver()
        self.asked: list[Any] = []

    def ask(self, text: str, *answers: AIMessage | str) -> list[Any]:
        """Run the graph on the customer's message; return what it added to the conversation."""
        scripted: Iterator[AIMessage | str] = iter(answers)
        model = GenericFakeChatModel(messages=scripted)

        async def think(state: MessagesState) -> dict[str, Any]:
            self.asked.append(state["messages"])
            return {"messages": [await model.ainvoke(state["messages"])]}

        async def run() -> list[Any]:
            async with AsyncClient(self.url, seconds=20) as client:
                builder = StateGraph(MessagesState)
                builder.add_node("model", think)
                builder.add_node("tools", ToolNode([refund, transfer_to_human_agents]))
                builder.add_edge("tools", "model")
                graph = guard(builder, client, tools="tools").compile(checkpointer=self.memory)
                state = await graph.ainvoke(
                    {"messages": [HumanMessage(text)]}, {"configurable": {"thread_id": self.ticket}}
                )
                said: list[Any] = state["messages"]
                return said

        said = asyncio.run(run())
        newest = max(place for place, item in enumerate(said) if item.type == "human")
        return said[newest + 1 :]


@pytest.fixture
def bot(service: str, request: pytest.FixtureRequest) -> Bot:
    paid.clear()
    return Bot(service, f"graph-{request.node.name}")


def test_a_mild_message_is_released_as_it_is(bot: Bot, people: People) -> None:
    (said,) = bot.ask(QUESTION, MILD)
    assert said.text == MILD
    assert people.heard(bot.ticket) == [QUESTION]
    assert people.sent(bot.ticket) == [MILD]


def test_a_refund_told_on_a_contained_ticket_is_replaced_in_the_state_too(bot: Bot, people: People) -> None:
    people.customer(bot.ticket, QUESTION)
    (said,) = bot.ask(AGAIN, REFUND)
    assert "refunded" not in said.text
    assert said.response_metadata["trustladder"]["answer"] == "replace"
    assert people.sent(bot.ticket) == [said.text]


def test_a_turn_that_hands_over_ends_the_run_with_the_notice(bot: Bot, people: People) -> None:
    (said,) = bot.ask(PERSON, MILD)
    assert said.text == said.response_metadata["trustladder"]["notice"] != ""
    (later,) = bot.ask("Hello?", MILD)
    assert later.text == ""
    assert bot.asked == []
    assert people.sent(bot.ticket) == []


def test_an_allowed_call_reaches_its_tool(bot: Bot) -> None:
    said = bot.ask("What are your opening hours?", calls("refund", amount=20), MILD)
    assert paid == [20]
    assert said[-1].text == MILD


def test_a_refused_call_is_told_to_the_model_once_and_never_made(bot: Bot) -> None:
    said = bot.ask("What are your opening hours?", calls("refund", amount=100000), MILD)
    assert paid == []
    assert said[-1].text == MILD
    assert "Refused" in bot.asked[1][-1].text
    stubborn = bot.ask("And now?", calls("refund", amount=100000), calls("refund", amount=100000), MILD)
    assert paid == []
    assert "noted" in stubborn[-1].text, "the second refusal is final, and the customer hears a true word"
    assert stubborn[-1].tool_calls == []


def test_a_call_for_a_handoff_becomes_the_handoff(bot: Bot, people: People) -> None:
    (said,) = bot.ask(QUESTION, calls("transfer_to_human_agents", summary="double charge"), MILD)
    assert said.text == said.response_metadata["trustladder"]["notice"] != ""
    assert said.tool_calls == []
    assert people.client.lane(bot.ticket) == "escalated"


def test_without_a_service_the_model_is_not_asked_and_nothing_is_said() -> None:
    bot = Bot("http://127.0.0.1:9", "t")
    (said,) = bot.ask(QUESTION, MILD)
    assert said.text == ""
    assert bot.asked == []


def test_without_the_extra_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['langgraph.graph'] = None; import trustladder.connect.langgraph_node"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'trustladder[langgraph]'" in run.stderr
