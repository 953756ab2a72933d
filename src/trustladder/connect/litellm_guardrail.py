"""LiteLLM's generic guardrail endpoint (beta), for requests and for responses; the package litellm is never imported.

LiteLLM calls it before it asks a model (the newest customer message is posted as a turn) and with the model's answer
(the texts and tool calls are judged as one draft, and the permit is redeemed before the answer to LiteLLM). What
cannot be judged is blocked. Contract: https://docs.litellm.ai/docs/adding_provider/generic_guardrail_api
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from trustladder.connect.openai_proxy.conversation import NO_WORDS, TICKET_HEADER, heard
from trustladder.connect.openai_proxy.draft import for_the_gate
from trustladder.core.containment import Answer, ToolCall
from trustladder.desk import AccountFacts, CustomerTurn, Desk, Draft
from trustladder.errors import TrustladderError
from trustladder.ledger.protocol import TicketKey

PATH = "/beta/litellm_basic_guardrail_api"
NO_TICKET = (
    "the request names no ticket: send the header X-Trustladder-Ticket (list it under extra_headers), "
    "additional_provider_specific_params.ticket or user"
)

Json = dict[str, Any]
Text = Annotated[str, Field(max_length=1_000_000)]

router = APIRouter(tags=["connectors"])


class GuardrailIn(BaseModel):
    """What LiteLLM sends. Fields that later versions add are ignored."""

    model_config = ConfigDict(frozen=True)

    texts: list[Text] | None = Field(default=None, max_length=1000)
    input_type: Literal["request", "response"]
    structured_messages: list[Json] | None = Field(default=None, max_length=10_000)
    tool_calls: list[Json] | None = Field(default=None, max_length=128)
    request_data: Json | None = None
    request_headers: Json | None = None
    additional_provider_specific_params: Json | None = None
    litellm_call_id: str | None = None
    litellm_trace_id: str | None = None


class GuardrailOut(BaseModel):
    """What LiteLLM is told: go on, take these texts instead, or block with a reason."""

    action: Literal["NONE", "BLOCKED", "GUARDRAIL_INTERVENED"]
    blocked_reason: str | None = None
    texts: list[str] | None = None


@router.post(PATH, summary="LiteLLM's generic guardrail (beta)", response_model_exclude_none=True)
def guardrail(
    given: GuardrailIn,
    request: Request,
    tenant: Annotated[str, Header(alias="X-Tenant", min_length=1, max_length=100)] = "default",
) -> GuardrailOut:
    """Post the customer's newest message (`request`), or judge the model's answer (`response`). Fails closed."""
    ticket = _ticket(given)
    if not ticket:
        return _blocked(NO_TICKET)
    desk: Desk = request.app.state.desk
    try:
        judge = _hear if given.input_type == "request" else _may_say
        return judge(desk, TicketKey(tenant, ticket), given)
    except TrustladderError as error:
        return _blocked(f"nothing may be sent: {error.what}")
    except UnicodeEncodeError:
        return _blocked("the texts are no valid Unicode")


def _ticket(given: GuardrailIn) -> str:
    headers = {str(name).lower(): value for name, value in (given.request_headers or {}).items()}
    named: tuple[object, ...] = (
        headers.get(TICKET_HEADER),
        (given.additional_provider_specific_params or {}).get("ticket"),
        (given.request_data or {}).get("user_api_key_end_user_id"),
    )
    found = (value.strip() for value in named if isinstance(value, str) and value != "[present]")
    return next((value for value in found if 0 < len(value) <= 200), "")


def _hear(desk: Desk, key: TicketKey, given: GuardrailIn) -> GuardrailOut:
    new = heard(given.structured_messages or [])
    text = new.text if new is not None else ((given.texts or [""])[-1].strip() or NO_WORDS)
    message_id = new.message_id if new is not None else (given.litellm_call_id or uuid4().hex)[:200]
    told = (given.additional_provider_specific_params or {}).get("ticket_type")
    facts = AccountFacts(ticket_type=told if isinstance(told, str) else None)
    answer = desk.customer_wrote(key, CustomerTurn(message_id, text, channel="litellm", facts=facts))
    if answer.lane in {"automated", "contained"}:
        return GuardrailOut(action="NONE")
    return _blocked(answer.notice or f"the ticket is {answer.lane}: automation is silent")


def _may_say(desk: Desk, key: TicketKey, given: GuardrailIn) -> GuardrailOut:
    texts = given.texts or []
    calls = _calls(given.tool_calls or [])
    if calls is None:
        return _blocked("a tool call's name or arguments cannot be read")
    said = "\n".join(texts)
    if not said.strip() and not calls:
        return GuardrailOut(action="NONE")
    gate = desk.bot_drafted(key, Draft(uuid4().hex, said, calls))
    if gate.permit is None or (calls and gate.answer is not Answer.RELEASE):
        return _blocked(gate.notice or "; ".join(gate.objections))
    sent = desk.redeem(key, gate.permit.permit_id)
    if gate.answer is Answer.RELEASE:
        return GuardrailOut(action="NONE")
    return GuardrailOut(action="GUARDRAIL_INTERVENED", texts=[sent.text, *([""] * (len(texts) - 1))])


def _calls(given: list[Json]) -> tuple[ToolCall, ...] | None:
    read = [for_the_gate(call) for call in given]
    known: list[Mapping[str, Any]] = [call for call in read if call is not None]
    return tuple(ToolCall(call["name"], call["arguments"]) for call in known) if len(known) == len(read) else None


def _blocked(reason: str) -> GuardrailOut:
    return GuardrailOut(action="BLOCKED", blocked_reason=reason)
