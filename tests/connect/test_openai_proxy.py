"""The proxy between the official ``openai`` client, a real service and an upstream that speaks the protocol."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import openai
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from tests.connect.conftest import People
from tests.support.server import served

from trustladder.client import AsyncClient
from trustladder.connect.openai_proxy import create_proxy
from trustladder.connect.openai_proxy.draft import for_the_gate
from trustladder.connect.openai_proxy.judging import Outcome
from trustladder.connect.openai_proxy.wording import pieces, spoken

QUESTION = "Hello, why is there a second charge of 49 EUR on my invoice for May?"
AGAIN = "I asked why there is a second charge of 49 EUR on my invoice for May."
PERSON = "I want to speak to a human agent now."
MILD = "Thank you for telling me. Which invoice number is it? The number is at the top."
REFUND = "I have refunded the 49 EUR to your card."

Call = tuple[str, dict[str, object]]


@dataclass
class Model:
    """An upstream that says what the test tells it to, one answer a request, streamed or whole."""

    answers: list[str | list[Call]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    between_sentences: list[Any] = field(default_factory=list)
    fails_with: int = 0
    breaks_off: bool = False

    def next_message(self) -> dict[str, Any]:
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            return {"role": "assistant", "content": answer}
        calls = [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for number, (name, arguments) in enumerate(answer)
        ]
        return {"role": "assistant", "content": None, "tool_calls": calls}

    async def complete(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.keys.append(request.headers.get("authorization", ""))
        if self.fails_with:
            return JSONResponse({"error": {"message": "no", "type": "t", "code": "c"}}, self.fails_with)
        message = self.next_message()
        if body.get("stream"):
            return StreamingResponse(self._stream(message), media_type="text/event-stream")
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if "tool_calls" in message else "stop"}
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        return JSONResponse({**HEAD, "object": "chat.completion", "choices": [choice], "usage": usage})

    async def _stream(self, message: dict[str, Any]) -> AsyncIterator[str]:
        for piece in pieces(message["content"] or ""):
            for part in (piece[:5], piece[5:]):
                yield _chunk({"content": part})
            if self.between_sentences:
                await asyncio.to_thread(self.between_sentences.pop(0))
        for number, call in enumerate(message.get("tool_calls", ())):
            arguments = call["function"]["arguments"]
            begun = {**call, "index": number, "function": {**call["function"], "arguments": arguments[:4]}}
            yield _chunk({"tool_calls": [begun]})
            yield _chunk({"tool_calls": [{"index": number, "function": {"arguments": arguments[4:]}}]})
        if self.breaks_off:
            return
        yield _chunk({}, "tool_calls" if "tool_calls" in message else "stop")
        yield "data: [DONE]\n\n"


HEAD = {"id": "chatcmpl-up", "created": 1, "model": "small-model"}


def _chunk(delta: dict[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return f"data: {json.dumps({**HEAD, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"


@dataclass
class Bot:
    """An application that uses the official client: only its ``base_url`` is ours."""

    client: OpenAI
    model: Model
    ticket: str
    ticket_type: str = "billing"
    history: list[ChatCompletionMessageParam] = field(default_factory=list)

    def ask(self, text: str, *answers: str | list[Call]) -> ChatCompletion:
        self.history.append({"role": "user", "content": text})
        return self.go_on(*answers)

    def go_on(self, *answers: str | list[Call]) -> ChatCompletion:
        self.model.answers = list(answers)
        return self.client.chat.completions.create(
            model="small-model",
            messages=self.history,
            metadata={"ticket": self.ticket, "ticket_type": self.ticket_type, "theirs": "stays"},
        )

    def stream(self, text: str, *answers: str | list[Call]) -> "Streamed":
        self.history.append({"role": "user", "content": text})
        self.model.answers = list(answers)
        stream = self.client.chat.completions.create(
            model="small-model",
            messages=self.history,
            stream=True,
            extra_headers={"X-Trustladder-Ticket": self.ticket},
        )
        return Streamed([chunk.model_dump() for chunk in stream])


@dataclass
class Streamed:
    """What came out of a stream."""

    chunks: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return "".join(c["choices"][0]["delta"].get("content") or "" for c in self.chunks)

    @property
    def calls(self) -> list[Any]:
        return [call for c in self.chunks for call in c["choices"][0]["delta"].get("tool_calls") or ()]

    @property
    def trustladder(self) -> dict[str, Any]:
        told: dict[str, Any] = self.chunks[-1]["trustladder"]
        return told

    @property
    def finish_reason(self) -> str:
        return str(self.chunks[-1]["choices"][0]["finish_reason"])


@pytest.fixture(scope="module")
def wired(service: str) -> Iterator[tuple[str, Model]]:
    """A proxy between the service and an upstream; its URL and the upstream's script."""
    model = Model()
    upstream = FastAPI()
    upstream.add_api_route("/v1/chat/completions", model.complete, methods=["POST"], response_model=None)
    upstream.add_api_route("/v1/models", lambda: {"object": "list", "data": [{"id": "small-model"}]})
    with served(upstream) as url, served(create_proxy(f"{url}/v1", AsyncClient(service, seconds=20))) as proxy:
        yield proxy, model


@pytest.fixture
def bot(wired: tuple[str, Model], request: pytest.FixtureRequest) -> Iterator[Bot]:
    url, model = wired
    model.__init__()  # type: ignore[misc]  # a fresh script for each test, behind the one server
    with OpenAI(base_url=f"{url}/v1", api_key="sk-theirs", max_retries=0) as client:
        yield Bot(client, model, f"oai-{request.node.name}")


def told(answer: ChatCompletion) -> dict[str, Any]:
    extra = answer.model_extra or {}
    found: dict[str, Any] = extra["trustladder"]
    return found


def content(answer: ChatCompletion) -> str | None:
    return answer.choices[0].message.content


def test_a_mild_answer_comes_through_as_the_model_gave_it(bot: Bot, people: People) -> None:
    answer = bot.ask(QUESTION, MILD)
    assert content(answer) == MILD
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.id, answer.model) == ("chatcmpl-up", "small-model")
    assert answer.usage is not None
    assert answer.usage.total_tokens == 12
    assert told(answer)["answer"] == "release"
    assert people.heard(bot.ticket) == [QUESTION]
    assert people.sent(bot.ticket) == [MILD]


def test_the_model_gets_the_callers_key_and_not_our_metadata(bot: Bot) -> None:
    bot.ask(QUESTION, MILD)
    assert bot.model.keys == ["Bearer sk-theirs"]
    assert bot.model.asked[0]["metadata"] == {"theirs": "stays"}


def test_a_refund_that_is_told_on_a_contained_ticket_is_replaced(bot: Bot, people: People) -> None:
    bot.ask(QUESTION, MILD)
    bot.history.append({"role": "assistant", "content": MILD})
    answer = bot.ask(AGAIN, REFUND)
    assert told(answer)["lane"] == "contained"
    assert told(answer)["answer"] == "replace"
    assert "refunded" not in str(content(answer))
    assert people.sent(bot.ticket) == [MILD, content(answer)]


def test_a_turn_that_hands_over_gives_the_notice_and_asks_no_model(bot: Bot, people: People) -> None:
    answer = bot.ask(PERSON, MILD)
    assert content(answer) == told(answer)["notice"] != ""
    assert told(answer)["lane"] == "escalated"
    assert bot.model.asked == []
    later = bot.ask("Hello? Is anybody there?", MILD)
    assert content(later) == ""
    assert later.choices[0].finish_reason == "stop"
    assert told(later)["answer"] == "withhold"
    assert people.sent(bot.ticket) == []


def test_a_repeated_request_is_one_turn_and_the_same_words_again_are_another(bot: Bot, people: People) -> None:
    bot.ask(QUESTION, MILD)
    bot.go_on(MILD)
    assert people.heard(bot.ticket) == [QUESTION]
    bot.history.append({"role": "assistant", "content": MILD})
    bot.ask(QUESTION, MILD)
    assert people.heard(bot.ticket) == [QUESTION, QUESTION]


def test_an_allowed_tool_call_comes_through_and_its_result_is_recorded(bot: Bot, people: People) -> None:
    bot.ticket_type = ""
    answer = bot.ask("What are your opening hours?", [("opening_hours", {"city": "Linz"})])
    call = (answer.choices[0].message.tool_calls or [])[0]
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"city": "Linz"}
    assert answer.choices[0].finish_reason == "tool_calls"
    bot.history.append(answer.choices[0].message.model_dump(exclude_none=True))  # type: ignore[arg-type]  # as the docs say
    bot.history.append({"role": "tool", "tool_call_id": call.id, "content": "9 to 17"})
    assert content(bot.go_on(MILD)) == MILD
    body = people.client._request("GET", f"/v1/tickets/{bot.ticket}")
    assert body is not None
    tool = [turn for turn in body["turns"] if turn["role"] == "tool"]
    assert [(turn["author"], turn["text"]) for turn in tool] == [("opening_hours", "9 to 17")]


def test_a_refused_call_is_taken_out_the_allowed_one_stays(bot: Bot) -> None:
    bot.ticket_type = ""
    wanted: list[Call] = [("opening_hours", {"city": "Linz"}), ("refund", {"amount": 100000})]
    answer = bot.ask("What are your opening hours?", wanted)
    calls = answer.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls if call.type == "function"] == ["opening_hours"]
    gone = told(answer)["refused_tool_calls"]
    assert [item["name"] for item in gone] == ["refund"]
    assert "refund" in gone[0]["why"]


def test_the_model_is_told_why_its_only_call_was_refused_and_may_say_something_else(bot: Bot) -> None:
    asks = "Thank you for telling me. Which invoice number is it?"  # such a call contains the ticket: only to take in
    answer = bot.ask("What are your opening hours?", [("refund", {"amount": 100000})], asks)
    assert content(answer) == asks
    assert answer.choices[0].message.tool_calls is None
    assert [item["name"] for item in told(answer)["refused_tool_calls"]] == ["refund"]
    assert "Refused" in bot.model.asked[1]["messages"][-1]["content"]


def test_a_model_that_insists_on_a_refused_call_is_not_asked_a_third_time(bot: Bot) -> None:
    refused: list[Call] = [("refund", {"amount": 100000})]
    answer = bot.ask("What are your opening hours?", refused, refused, MILD)
    assert "noted" in (content(answer) or ""), "the customer hears a true word instead"
    assert answer.choices[0].message.tool_calls is None
    assert len(bot.model.asked) == 2


def test_a_call_that_names_an_argument_twice_cannot_be_read() -> None:
    call = {"function": {"name": "refund", "arguments": '{"amount": 100000, "amount": 5}'}}
    assert for_the_gate(call) is None, "who carries it out may take the other one"


def test_a_call_for_a_handoff_becomes_the_handoff(bot: Bot, people: People) -> None:
    answer = bot.ask(QUESTION, [("transfer_to_human_agents", {"summary": "double charge in May"})])
    assert content(answer) == told(answer)["notice"] != ""
    assert answer.choices[0].message.tool_calls is None
    assert people.client.lane(bot.ticket) == "escalated"


# -- streams ---------------------------------------------------------------------------------------------------


def test_a_stream_says_what_the_gate_released_by_sentences(bot: Bot, people: People) -> None:
    streamed = bot.stream(QUESTION, MILD)
    assert streamed.text == MILD
    assert len(streamed.chunks) == 5  # the role, three sentences, the end
    assert streamed.finish_reason == "stop"
    assert streamed.trustladder["answer"] == "release"
    assert people.sent(bot.ticket) == [MILD]


def test_a_stream_never_begins_to_say_what_is_replaced(bot: Bot) -> None:
    bot.stream(QUESTION, MILD)
    bot.history.append({"role": "assistant", "content": MILD})
    streamed = bot.stream(AGAIN, "Good news! " + REFUND)
    assert streamed.trustladder["answer"] == "replace"
    assert "Good news" not in streamed.text
    assert "refunded" not in streamed.text
    assert streamed.text


def test_streamed_tool_calls_are_put_together_judged_and_passed_on(bot: Bot) -> None:
    wanted: list[Call] = [("opening_hours", {"city": "Linz"}), ("refund", {"amount": 100000})]
    streamed = bot.stream("What are your opening hours?", wanted)
    assert [json.loads(call["function"]["arguments"]) for call in streamed.calls] == [{"city": "Linz"}]
    assert streamed.finish_reason == "tool_calls"


def test_a_person_who_writes_while_the_model_streams_cuts_it(bot: Bot, people: People) -> None:
    bot.model.between_sentences = [lambda: people.human(bot.ticket)]
    streamed = bot.stream(QUESTION, MILD)
    assert streamed.text == ""
    assert streamed.trustladder["lane"] == "owned"
    assert people.sent(bot.ticket) == []


def test_an_escalated_ticket_streams_the_notice_and_then_nothing(bot: Bot) -> None:
    first = bot.stream(PERSON, MILD)
    assert first.text == first.trustladder["notice"] != ""
    assert bot.stream("Hello?", MILD).text == ""


def test_a_released_text_stops_between_two_sentences_when_a_person_writes(
    service: str, people: People, bot: Bot
) -> None:
    people.customer(bot.ticket, QUESTION)

    async def run() -> list[str]:
        said: list[str] = []
        async with AsyncClient(service, seconds=20) as client:
            async for piece in spoken(client, bot.ticket, Outcome("automated", "release", MILD)):
                said.append(piece)
                await asyncio.to_thread(people.human, bot.ticket)
        return said

    assert asyncio.run(run()) == ["Thank you for telling me. "]


# -- trouble ---------------------------------------------------------------------------------------------------


def test_without_trustladder_nothing_is_asked_and_nothing_is_said(bot: Bot) -> None:
    app = FastAPI()
    app.add_api_route("/v1/chat/completions", bot.model.complete, methods=["POST"], response_model=None)
    bot.model.answers = [MILD]
    with served(app) as url, served(create_proxy(f"{url}/v1", AsyncClient("http://127.0.0.1:9", seconds=1))) as proxy:
        client = OpenAI(base_url=f"{proxy}/v1", api_key="k", max_retries=0)
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": QUESTION}], user="t")
        client.close()
    assert caught.value.status_code == 503
    assert bot.model.asked == []


def test_an_upstream_that_breaks_off_says_nothing(bot: Bot, people: People) -> None:
    bot.model.breaks_off = True
    with pytest.raises(openai.InternalServerError):
        bot.stream(QUESTION, MILD)
    assert people.sent(bot.ticket) == []


def test_the_upstreams_error_is_passed_on(bot: Bot) -> None:
    bot.model.fails_with = 429
    with pytest.raises(openai.RateLimitError):
        bot.ask(QUESTION, MILD)


def test_a_request_that_names_no_ticket_is_refused_with_what_to_do(bot: Bot) -> None:
    with pytest.raises(openai.BadRequestError, match="X-Trustladder-Ticket"):
        bot.client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
    with pytest.raises(openai.BadRequestError, match="n must be 1"):
        bot.client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], user="t", n=2)


def test_what_would_not_pass_the_gate_is_not_served(bot: Bot) -> None:
    assert [model.id for model in bot.client.models.list()] == ["small-model"]
    with pytest.raises(openai.NotFoundError, match="would not pass the gate"):
        bot.client.responses.create(model="m", input="Hi")


def test_the_verb_serves_the_proxy(service: str, bot: Bot) -> None:
    upstream = FastAPI()
    upstream.add_api_route("/v1/chat/completions", bot.model.complete, methods=["POST"], response_model=None)
    bot.model.answers = [MILD]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with served(upstream) as url:
        code = "from trustladder.cli import main; main()"
        options = [
            "proxy",
            "--upstream",
            f"{url}/v1",
            "--service",
            service,
            "--port",
            port,
            "--upstream-key",
            "sk-ours",
        ]
        process = subprocess.Popen([sys.executable, "-c", code, *options], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert f"http://127.0.0.1:{port}/v1" in process.stdout.readline()
            with OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="any", max_retries=8) as client:
                answer = client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": QUESTION}], user=bot.ticket
                )
        finally:
            process.terminate()
            process.communicate(timeout=10)
    assert content(answer) == MILD
    assert bot.model.keys == ["Bearer sk-ours"]
