"""The Python client against the real service, and against services in trouble: nothing is delivered then."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from tests.connect.conftest import People
from tests.support.server import served

from trustladder.client import AsyncClient, Client, Decision, Sent

QUESTION = "Hello, why is there a second charge of 49 EUR on my invoice for May?"
AGAIN = "I asked why there is a second charge of 49 EUR on my invoice for May."
PERSON = "I want to speak to a human agent now."
MILD = "Thank you. Which invoice number is it?"
REFUND = "I have refunded the 49 EUR to your card."

Send = Callable[..., tuple[Sent, list[str]]]
Write = Callable[..., Decision]


def _send_sync(url: str, ticket: str, text: str, seconds: float = 20, **more: object) -> tuple[Sent, list[str]]:
    delivered: list[str] = []
    with Client(url, seconds=seconds) as client:
        return client.send(ticket, text, delivered.append, **more), delivered


def _send_async(url: str, ticket: str, text: str, seconds: float = 20, **more: object) -> tuple[Sent, list[str]]:
    delivered: list[str] = []

    async def deliver(said: str) -> None:
        delivered.append(said)

    async def run() -> Sent:
        async with AsyncClient(url, seconds=seconds) as client:
            return await client.send(ticket, text, deliver, **more)

    return asyncio.run(run()), delivered


def _write_sync(url: str, ticket: str, text: str, seconds: float = 20) -> Decision:
    with Client(url, seconds=seconds) as client:
        return client.customer_wrote(ticket, text)


def _write_async(url: str, ticket: str, text: str, seconds: float = 20) -> Decision:
    async def run() -> Decision:
        async with AsyncClient(url, seconds=seconds) as client:
            return await client.customer_wrote(ticket, text)

    return asyncio.run(run())


@pytest.fixture(params=[_send_sync, _send_async], ids=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    chosen: Send = request.param
    return chosen


@pytest.fixture(params=[_write_sync, _write_async], ids=["sync", "async"])
def write(request: pytest.FixtureRequest) -> Write:
    chosen: Write = request.param
    return chosen


@pytest.fixture
def ticket(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def test_a_released_text_is_delivered_as_it_is(service: str, people: People, send: Send, ticket: str) -> None:
    people.customer(ticket, QUESTION)
    sent, delivered = send(service, ticket, MILD)
    assert sent.delivered
    assert delivered == [MILD] == people.sent(ticket)


def test_contained_automation_says_the_holding_message_instead(
    service: str, people: People, send: Send, ticket: str
) -> None:
    people.customer(ticket, QUESTION)
    send(service, ticket, MILD)
    assert people.customer(ticket, AGAIN) == "contained"
    sent, delivered = send(service, ticket, REFUND)
    assert sent.gate is not None
    assert sent.gate.answer == "replace"
    assert delivered == [sent.gate.text]
    assert "refunded" not in delivered[0]


def test_after_the_handoff_nothing_is_delivered(service: str, people: People, send: Send, ticket: str) -> None:
    assert people.customer(ticket, PERSON) == "escalated"
    sent, delivered = send(service, ticket, MILD)
    assert not sent.delivered
    assert sent.why
    assert delivered == [] == people.sent(ticket)


def test_a_turn_that_hands_over_says_so_and_gives_the_notice(service: str, write: Write, ticket: str) -> None:
    decision = write(service, ticket, PERSON)
    assert (decision.lane, decision.may_answer) == ("escalated", False)
    assert decision.notice


def test_released_tool_calls_are_named_and_a_refused_one_is_not(
    service: str, people: People, send: Send, ticket: str
) -> None:
    people.customer(ticket, QUESTION)
    sent, delivered = send(service, ticket, "", tool_calls=[{"name": "refund", "arguments": {"amount": 100000}}])
    assert sent.tools == ()
    assert sent.gate is not None
    assert (sent.gate.answer, "refund" in sent.gate.objections[0]) == ("replace", True)
    assert delivered == [sent.text] == people.sent(ticket), "the customer hears a true word instead"


def test_a_person_who_writes_between_the_gate_and_the_send_has_the_last_word(people: People, ticket: str) -> None:
    people.customer(ticket, QUESTION)
    gate = people.client.may_i_say(ticket, MILD)
    assert gate.answer == "release"
    people.human(ticket)
    sent = people.client.redeem(ticket, gate)
    assert not sent.delivered
    assert "redeem" in sent.why
    assert people.sent(ticket) == []


def test_the_async_client_is_refused_a_permit_the_same_way(service: str, people: People, ticket: str) -> None:
    people.customer(ticket, QUESTION)

    async def run() -> Sent:
        async with AsyncClient(service, seconds=20) as client:
            gate = await client.may_i_say(ticket, MILD)
            people.human(ticket)
            return await client.redeem(ticket, gate)

    assert not asyncio.run(run()).delivered


def test_an_escalation_by_the_bot_is_read_back_as_a_handoff(people: People, ticket: str) -> None:
    people.customer(ticket, QUESTION)
    assert people.client.handoff(ticket) is None
    assert people.client.escalate(ticket, "needs a refund above my limit", "bot")
    packet = people.client.handoff(ticket)
    assert packet is not None
    assert packet["packet"]["customer_wants"]
    assert people.client.lane(ticket) == "escalated"


def test_a_tool_result_is_recorded_once_however_often_it_is_posted(people: People, ticket: str) -> None:
    people.customer(ticket, QUESTION)
    for _ in range(2):
        people.client.tool_returned(ticket, "lookup", "order 7: paid", message_id="call-1")
    body = people.client._request("GET", f"/v1/tickets/{ticket}")
    assert body is not None
    assert [turn["text"] for turn in body["turns"] if turn["role"] == "tool"] == ["order 7: paid"]


def test_an_id_with_odd_characters_stays_one_ticket(people: People, send: Send, service: str) -> None:
    odd = f"mail #{send.__name__}? 100% ü"
    people.client.customer_wrote(odd, QUESTION)
    assert send(service, odd, MILD)[0].delivered
    assert people.client.lane(odd) == "automated"


def test_a_wrong_request_is_an_error_and_nothing_is_delivered(service: str, send: Send) -> None:
    with pytest.raises(ValueError, match="No such ticket"):
        send(service, "never-opened", MILD)


# -- trouble ---------------------------------------------------------------------------------------------------


async def _slow() -> Response:
    await asyncio.sleep(1)
    return Response("{}", media_type="application/json")


async def _trickle() -> StreamingResponse:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" "
            await asyncio.sleep(0.05)

    return StreamingResponse(drops(), media_type="application/json")


TROUBLE: dict[str, Callable[[], object]] = {
    "500": lambda: Response("oops", status_code=500),
    "503": lambda: Response('{"title": "no ledger"}', status_code=503, media_type="application/problem+json"),
    "429": lambda: Response("slow down", status_code=429),
    "a login page": lambda: Response("<html>log in</html>", media_type="text/html"),
    "another service's JSON": lambda: Response('{"ok": true}', media_type="application/json"),
    "a JSON list": lambda: Response("[]", media_type="application/json"),
    "a redirect": lambda: Response(status_code=302, headers={"location": "http://127.0.0.1:9/"}),
    "too slow": _slow,
    "a trickle": _trickle,
}


@contextmanager
def _in_trouble(kind: str) -> Iterator[str]:
    if kind == "nobody listens":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{unused.getsockname()[1]}"
        return
    app = FastAPI()

    async def answer(_: Request) -> object:
        made = TROUBLE[kind]()
        return await made if asyncio.iscoroutine(made) else made

    app.add_route("/{path:path}", answer, methods=["GET", "POST"])  # type: ignore[arg-type]  # each gives a Response
    with served(app) as url:
        yield url


@pytest.mark.parametrize("kind", [*TROUBLE, "nobody listens"])
def test_a_service_in_trouble_means_do_not_send(kind: str, send: Send, write: Write) -> None:
    with _in_trouble(kind) as url:
        began = time.monotonic()
        sent, delivered = send(url, "t", MILD, seconds=0.4)
        decision = write(url, "t", QUESTION, seconds=0.4)
        took = time.monotonic() - began
    assert not sent.delivered
    assert delivered == []
    assert (decision.may_answer, decision.reachable) == (False, False)
    assert took < 3


def test_a_service_that_dies_after_the_gate_gets_nothing_sent(send: Send) -> None:
    app = FastAPI()
    gate = {
        "lane": "automated",
        "answer": "release",
        "text": MILD,
        "permit": {"id": "p"},
        "objections": [],
        "notice": "",
    }
    app.add_api_route("/v1/tickets/t/drafts", lambda: gate, methods=["POST"])
    app.add_api_route("/v1/tickets/t/permits/p/redeem", lambda: Response("gone", status_code=502), methods=["POST"])
    with served(app) as url:
        sent, delivered = send(url, "t", MILD)
    assert not sent.delivered
    assert delivered == []
