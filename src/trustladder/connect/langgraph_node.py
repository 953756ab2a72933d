"""LangGraph behind the gate: a node that hears the customer before the model, and one that asks before anything leaves.

`guard` adds both to a graph of messages. The thread's id is the ticket's. What a model node streams token by token
(``stream_mode="messages"``) has not passed the gate: show the customer what the node ``gate`` gives. Needs the extra
``langgraph``.
"""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from trustladder.client import AsyncClient, GateAnswer, Sent
from trustladder.errors import MissingExtra

try:
    from langchain_core.messages import AIMessage, ToolMessage
    from langchain_core.runnables import RunnableConfig
    from langgraph.graph import END, START, MessagesState, StateGraph
    from langgraph.types import Command
except ImportError as missing:
    raise MissingExtra.named("langgraph", "the nodes for LangGraph") from missing

HEAR = "hear"
GATE = "gate"
REFUSED = "Refused, not carried out: "

Goto = Command[str]
Graph = TypeVar("Graph", bound=StateGraph[Any, Any, Any, Any])


class Node(Protocol):
    """A node of ours."""

    async def __call__(self, state: MessagesState, config: RunnableConfig) -> Goto:
        """Return where the graph goes on, with what changes in its messages."""


def guard(builder: Graph, client: AsyncClient, *, model: str = "model", tools: str = "") -> Graph:
    """Add the nodes and their edges to a ``StateGraph`` over ``messages``, and return it.

    ``model`` and ``tools`` name your nodes. Add no edge out of ``model`` yourself, and one from
    ``tools`` back to ``model``.
    """
    builder.add_node(HEAR, hear_node(client, model), destinations=(model, END))
    builder.add_node(GATE, gate_node(client, model, tools), destinations=(*filter(None, (tools, model)), END))
    builder.add_edge(START, HEAR)
    builder.add_edge(model, GATE)
    return builder


def hear_node(client: AsyncClient, model: str = "model") -> Node:
    """Return the node that posts the customer's newest message and goes on to the model, or ends the run."""

    async def hear(state: MessagesState, config: RunnableConfig) -> Goto:
        newest = next((item for item in reversed(state["messages"]) if item.type == "human"), None)
        if newest is None:
            raise ValueError("the graph's messages hold none of the customer")
        text = newest.text.strip() or "[no text]"
        decision = await client.customer_wrote(_ticket(config), text, message_id=newest.id or uuid4().hex)
        if decision.may_answer:
            return Command(goto=model)
        why = [f"the ticket is {decision.lane}: automation is silent"]
        told = _extension(decision.lane, "withhold", why, decision.notice)
        return _end(AIMessage(decision.notice, response_metadata=told))

    return hear


def gate_node(client: AsyncClient, model: str = "model", tools: str = "") -> Node:
    """Return the node that asks the gate for the model's message and puts what may be said in its place."""

    async def gate(state: MessagesState, config: RunnableConfig) -> Goto:
        draft = state["messages"][-1]
        if not isinstance(draft, AIMessage):
            raise ValueError(f"the newest message is of a {draft.type}, not of the model")
        calls = [{"name": call["name"], "arguments": call["args"]} for call in draft.tool_calls]
        if not draft.text.strip() and not calls:
            return _end(AIMessage("", id=draft.id))
        ticket = _ticket(config)
        answer = await client.may_i_say(ticket, draft.text, tool_calls=calls)
        if calls and answer.answer != "release" and _may_try_again(state, draft, answer):
            return Command(update={"messages": _refusals(draft, answer)}, goto=model)
        sent = await client.redeem(ticket, answer)
        if sent.delivered and answer.answer == "release":
            return Command(goto=tools if calls else END)
        return _end(_instead(draft, answer, sent))

    return gate


def _end(message: AIMessage) -> Goto:
    return Command(update={"messages": [message]}, goto=END)


def _ticket(config: Mapping[str, Any]) -> str:
    thread = (config.get("configurable") or {}).get("thread_id")
    if not thread:
        raise ValueError("the run names no ticket: pass config={'configurable': {'thread_id': ...}}")
    return str(thread)


def _instead(draft: AIMessage, answer: GateAnswer, sent: Sent) -> AIMessage:
    """Put what may be said in the draft's place: the same id, none of its calls."""
    why = [*answer.objections, *([sent.why] if sent.why and not answer.objections else [])]
    word = answer.answer if sent.delivered else "withhold"
    told = _extension(answer.lane, word, why, answer.notice)
    return AIMessage(sent.text or answer.notice, id=draft.id, response_metadata=told)


def _may_try_again(state: MessagesState, draft: AIMessage, answer: GateAnswer) -> bool:
    """True where nothing but calls came, automation may speak, and the model has not been told yet."""
    return not draft.text.strip() and answer.lane in {"automated", "contained"} and not _refused_before(state)


def _refusals(draft: AIMessage, answer: GateAnswer) -> list[ToolMessage]:
    why = REFUSED + "; ".join(answer.objections)
    return [ToolMessage(why, tool_call_id=call["id"], status="error") for call in draft.tool_calls]


def _refused_before(state: MessagesState) -> bool:
    """True when the model has already been told, since the customer wrote, that its calls are refused."""
    for item in reversed(state["messages"]):
        if item.type == "human":
            return False
        if item.type == "tool" and item.text.startswith(REFUSED):
            return True
    return False


def _extension(lane: str, answer: str, why: list[str], notice: str) -> dict[str, Any]:
    return {"trustladder": {"lane": lane, "answer": answer, "objections": why, "notice": notice}}
