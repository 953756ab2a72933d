"""LiteLLM's generic guardrail contract against the real service, in the shapes that LiteLLM sends."""

from typing import Any

import httpx2
import pytest
from tests.connect.conftest import People

PATH = "/beta/litellm_basic_guardrail_api"
QUESTION = "Hello, why is there a second charge of 49 EUR on my invoice for May?"
AGAIN = "I asked why there is a second charge of 49 EUR on my invoice for May."
PERSON = "I want to speak to a human agent now."
MILD = "Thank you. Which invoice number is it?"
REFUND = "I have refunded the 49 EUR to your card."


class LiteLLM:
    """Calls the endpoint as LiteLLM does around one completion."""

    def __init__(self, url: str, ticket: str) -> None:
        self.url = url + PATH
        self.ticket = ticket
        self.messages: list[dict[str, Any]] = []
        self.params: dict[str, Any] = {"ticket_type": "billing"}

    def call(self, body: dict[str, Any]) -> dict[str, Any]:
        """Post a body; return the verdict."""
        response = httpx2.post(self.url, json=body, timeout=20)
        assert response.status_code == 200, response.text
        verdict: dict[str, Any] = response.json()
        return verdict

    def _around(self, input_type: str) -> dict[str, Any]:
        return {
            "input_type": input_type,
            "litellm_call_id": f"call-{len(self.messages)}",
            "litellm_trace_id": "trace-1",
            "litellm_version": "1.93",
            "request_data": {"user_api_key_hash": "h", "user_api_key_end_user_id": self.ticket},
            "request_headers": {"user-agent": "[present]", "x-trustladder-ticket": "[present]"},
            "additional_provider_specific_params": self.params,
            "images": None,
            "tools": None,
        }

    def request(self, text: str) -> dict[str, Any]:
        """Before the model is asked."""
        self.messages.append({"role": "user", "content": text})
        texts = [str(message["content"]) for message in self.messages]
        return self.call({**self._around("request"), "texts": texts, "structured_messages": self.messages})

    def response(self, *texts: str, calls: list[tuple[str, str]] = []) -> dict[str, Any]:  # noqa: B006 - never changed
        """With the model's answer."""
        made = [
            {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": raw}}
            for n, (name, raw) in enumerate(calls)
        ]
        return self.call({**self._around("response"), "texts": list(texts), "tool_calls": made or None})


@pytest.fixture
def lite(service: str, request: pytest.FixtureRequest) -> LiteLLM:
    return LiteLLM(service, f"lite-{request.node.name}")


def test_a_mild_answer_goes_through_and_counts_as_sent(lite: LiteLLM, people: People) -> None:
    assert lite.request(QUESTION) == {"action": "NONE"}
    assert lite.response(MILD) == {"action": "NONE"}
    assert people.heard(lite.ticket) == [QUESTION]
    assert people.sent(lite.ticket) == [MILD]


def test_only_the_newest_customer_message_is_posted_and_once(lite: LiteLLM, people: People) -> None:
    lite.messages = [{"role": "system", "content": "You are a bot."}]
    lite.request(QUESTION)
    lite.messages.pop()
    lite.request(QUESTION)
    assert people.heard(lite.ticket) == [QUESTION]


def test_a_refund_told_on_a_contained_ticket_is_replaced_text_for_text(lite: LiteLLM, people: People) -> None:
    lite.request(QUESTION)
    lite.response(MILD)
    lite.messages.append({"role": "assistant", "content": MILD})
    lite.request(AGAIN)
    verdict = lite.response("Good news!", REFUND)
    assert verdict["action"] == "GUARDRAIL_INTERVENED"
    assert len(verdict["texts"]) == 2
    assert "refunded" not in " ".join(verdict["texts"])
    assert people.sent(lite.ticket) == [MILD, verdict["texts"][0]]


def test_a_turn_that_hands_over_is_blocked_with_the_notice_and_later_ones_with_the_lane(lite: LiteLLM) -> None:
    verdict = lite.request(PERSON)
    assert verdict["action"] == "BLOCKED"
    assert "colleague" in verdict["blocked_reason"] or "team" in verdict["blocked_reason"]
    assert "automation is silent" in lite.request("Hello?")["blocked_reason"]
    assert lite.response(MILD)["action"] == "BLOCKED"


def test_a_person_who_writes_while_the_model_thinks_silences_it(lite: LiteLLM, people: People) -> None:
    lite.request(QUESTION)
    people.human(lite.ticket)
    assert lite.response(MILD)["action"] == "BLOCKED"
    assert people.sent(lite.ticket) == []


def test_tool_calls_pass_by_name_and_arguments(lite: LiteLLM) -> None:
    lite.params = {}
    lite.request("What are your opening hours?")
    assert lite.response("", calls=[("opening_hours", '{"city": "Linz"}')]) == {"action": "NONE"}
    verdict = lite.response("", calls=[("refund", '{"amount": 100000}')])
    assert (verdict["action"], "refund" in verdict["blocked_reason"]) == ("BLOCKED", True)
    assert lite.response("", calls=[("refund", '{"amount": ')])["action"] == "BLOCKED"


def test_a_call_for_a_handoff_becomes_the_handoff(lite: LiteLLM, people: People) -> None:
    lite.request(QUESTION)
    verdict = lite.response("", calls=[("transfer_to_human_agents", '{"summary": "double charge"}')])
    assert verdict["action"] == "BLOCKED"
    assert people.client.lane(lite.ticket) == "escalated"


def test_the_tickets_id_may_come_as_a_header_that_litellm_was_told_to_pass_on(lite: LiteLLM, people: People) -> None:
    body = {**lite._around("request"), "texts": [QUESTION], "request_headers": {"X-Trustladder-Ticket": "lite-header"}}
    assert lite.call(body) == {"action": "NONE"}
    assert people.heard("lite-header") == [QUESTION]


def test_what_names_no_ticket_or_was_never_opened_is_blocked(lite: LiteLLM) -> None:
    verdict = lite.call({"input_type": "request", "texts": [QUESTION]})
    assert (verdict["action"], "names no ticket" in verdict["blocked_reason"]) == ("BLOCKED", True)
    assert lite.response(MILD)["action"] == "BLOCKED"
