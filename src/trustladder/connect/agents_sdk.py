"""The OpenAI Agents SDK behind the gate: an input hook, a guardrail on each tool, an output guardrail.

`guarded` gives an agent all three, `answer` runs it and returns what the customer may be told. Guard every agent that
a run may hand over to: the SDK runs an agent's own guardrails only. A run that is streamed shows its text before an
output guardrail sees it; show the customer nothing but what `answer` returns. Needs the extra ``agents``.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from trustladder.client import AsyncClient, Decision, GateAnswer, Sent
from trustladder.connect.openai_proxy.conversation import NO_WORDS, heard
from trustladder.connect.openai_proxy.draft import unambiguous
from trustladder.errors import MissingExtra

try:
    from agents import (
        Agent,
        FunctionTool,
        GuardrailFunctionOutput,
        InputGuardrail,
        InputGuardrailTripwireTriggered,
        OutputGuardrail,
        OutputGuardrailTripwireTriggered,
        RunContextWrapper,
        Runner,
        ToolGuardrailFunctionOutput,
        ToolInputGuardrail,
        ToolInputGuardrailData,
        ToolInputGuardrailTripwireTriggered,
    )
except ImportError as missing:
    raise MissingExtra.named("agents", "the guardrails of the OpenAI Agents SDK") from missing

TicketOf = Callable[[Any], str]
"""From the context of a run to the ticket's id."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the customer is to be told now; an empty ``text`` means nothing. ``answer`` is the gate's word."""

    text: str
    answer: str
    lane: str
    why: tuple[str, ...] = ()


def ticket_in_context(context: Any) -> str:
    """Return the ticket's id from a run's context: the context itself, its key or its attribute ``ticket``."""
    if isinstance(context, str):
        return context
    found = context.get("ticket") if isinstance(context, dict) else getattr(context, "ticket", None)
    if not isinstance(found, str) or not found:
        raise ValueError("the run's context names no ticket: pass context={'ticket': ...} to Runner.run")
    return found


def guarded(agent: Agent[Any], client: AsyncClient, ticket_of: TicketOf = ticket_in_context) -> Agent[Any]:
    """Return a copy of the agent whose input, tool calls and output all pass trustladder."""
    guards = Guards(client, ticket_of)
    tools = [
        replace(tool, tool_input_guardrails=[*(tool.tool_input_guardrails or ()), guards.tool()])
        if isinstance(tool, FunctionTool)
        else tool
        for tool in agent.tools
    ]
    return agent.clone(
        input_guardrails=[guards.input(), *agent.input_guardrails],
        output_guardrails=[*agent.output_guardrails, guards.output()],
        tools=tools,
    )


async def answer(agent: Agent[Any], text: Any, context: Any, **options: Any) -> Reply:
    """Run a guarded agent on the customer's message and return what the customer is to be told.

    ``options`` go to ``Runner.run``. Errors of the agent itself are raised as the SDK raises them.
    """
    try:
        run = await Runner.run(agent, text, context=context, **options)
    except (InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered) as stop:
        return _reply_in([stop.guardrail_result])
    except ToolInputGuardrailTripwireTriggered as stop:
        return _reply_in([stop])
    return _reply_in(run.output_guardrail_results)


def _reply_in(results: Sequence[Any]) -> Reply:
    told = [result.output.output_info for result in results]
    replies = [info for info in told if isinstance(info, Reply)]
    return replies[-1] if replies else Reply("", "withhold", "unknown", ("a guardrail stopped the run",))


class Guards:
    """Makes the three guardrails of one trustladder service, for those who put an agent together by hand."""

    def __init__(self, client: AsyncClient, ticket_of: TicketOf = ticket_in_context) -> None:
        self._client = client
        self._ticket_of = ticket_of

    def input(self) -> InputGuardrail[Any]:
        """Post the customer's message before the model is asked; stop the run where automation may not answer."""
        return InputGuardrail(self._hear, name="trustladder_hears", run_in_parallel=False)

    def tool(self) -> ToolInputGuardrail[Any]:
        """Ask the gate for each call of a tool, by name and arguments, before it is made."""
        return ToolInputGuardrail(self._may_call, name="trustladder_gate")

    def output(self) -> OutputGuardrail[Any]:
        """Ask the gate for the final output, and redeem its permit at once; stop the run where it is not released."""
        return OutputGuardrail(self._may_say, name="trustladder_gate")

    async def _hear(self, context: RunContextWrapper[Any], _: Agent[Any], given: Any) -> GuardrailFunctionOutput:
        ticket = self._ticket_of(context.context)
        text, message_id = _newest(given)
        decision = await self._client.customer_wrote(ticket, text, message_id=message_id)
        return GuardrailFunctionOutput(_heard(decision), tripwire_triggered=not decision.may_answer)

    async def _may_call(self, data: ToolInputGuardrailData) -> ToolGuardrailFunctionOutput:
        ticket = self._ticket_of(data.context.context)
        out = ToolGuardrailFunctionOutput
        call = {"name": data.context.tool_name, "arguments": _arguments(data.context.tool_arguments)}
        gate = await self._client.may_i_say(ticket, tool_calls=[call])
        sent = await self._client.redeem(ticket, gate) if gate.answer == "release" else Sent(False)
        reply = _reply(gate, sent)
        if sent.delivered:
            return out.allow(reply)
        if gate.notice or gate.lane not in {"automated", "contained"}:
            return out.raise_exception(reply)
        return out.reject_content("Refused, not carried out: " + "; ".join(reply.why), reply)

    async def _may_say(self, context: RunContextWrapper[Any], _: Agent[Any], output: Any) -> GuardrailFunctionOutput:
        ticket = self._ticket_of(context.context)
        gate = await self._client.may_i_say(ticket, str(output))
        sent = await self._client.redeem(ticket, gate)
        stop = not (sent.delivered and gate.answer == "release")
        return GuardrailFunctionOutput(_reply(gate, sent), tripwire_triggered=stop)


def _heard(decision: Decision) -> Reply:
    why = () if decision.may_answer else (f"the ticket is {decision.lane}: automation is silent",)
    return Reply(decision.notice, "release" if decision.may_answer else "withhold", decision.lane, why)


def _reply(gate: GateAnswer, sent: Sent) -> Reply:
    why = gate.objections or ((sent.why,) if sent.why else ())
    return Reply(sent.text or gate.notice, gate.answer if sent.delivered else "withhold", gate.lane, why)


def _newest(given: Any) -> tuple[str, str]:
    """Return the newest message with an id; alone, it is taken as new, since a session holds what came before."""
    items = given if isinstance(given, list) else [{"role": "user", "content": given}]
    found = heard([item for item in items if isinstance(item, dict)])
    alone = sum(isinstance(item, dict) and item.get("role") == "user" for item in items) < 2
    if found is None:
        return NO_WORDS, uuid4().hex
    return found.text, uuid4().hex if alone else found.message_id


def _arguments(raw: str) -> dict[str, Any]:
    """Return a call's arguments; what is no object is handed on whole, so that a limit on an argument cannot hold."""
    try:
        read = json.loads(raw or "{}", object_pairs_hook=unambiguous)
    except (ValueError, RecursionError):
        read = raw
    return read if isinstance(read, dict) else {"unreadable": str(raw)}
