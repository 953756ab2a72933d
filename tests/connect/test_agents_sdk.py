"""The guardrails inside the real OpenAI Agents SDK: its Runner, its scripted model, the real service."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from agents import Agent, RunConfig, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call
from tests.connect.conftest import People

from trustladder.client import AsyncClient
from trustladder.connect.agents_sdk import Reply, answer, guarded, ticket_in_context

QUESTION = "Hello, why is there a second charge of 49 EUR on my invoice for May?"
AGAIN = "I asked why there is a second charge of 49 EUR on my invoice for May."
PERSON = "I want to speak to a human agent now."
MILD = "Thank you. Which invoice number is it?"
REFUND = "I have refunded the 49 EUR to your card."
UNTRACED = RunConfig(tracing_disabled=True)

paid: list[float] = []


@function_tool
def refund(amount: float) -> str:
    """Pay an amount back."""
    paid.append(amount)
    return "paid back"


@function_tool
def transfer_to_human_agents(summary: str) -> str:
    """Hand over to people."""
    raise AssertionError(f"the tool itself never runs: the gate has handed over ({summary})")


class Bot:
    """An agent whose model says what the test tells it to."""

    def __init__(self, url: str, ticket: str) -> None:
        self.url = url
        self.ticket = ticket
        self.models: list[ScriptedModel] = []

    def ask(self, text: Any, *steps: Any) -> Reply:
        model = ScriptedModel([[step] for step in steps])
        self.models.append(model)
        agent = Agent(name="support", model=model, tools=[refund, transfer_to_human_agents])

        async def run() -> Reply:
            async with AsyncClient(self.url, seconds=20) as client:
                return await answer(guarded(agent, client), text, {"ticket": self.ticket}, run_config=UNTRACED)

        return asyncio.run(run())

    @property
    def asked(self) -> int:
        """How often the newest model was asked."""
        return len(self.models[-1].calls)


@pytest.fixture
def bot(service: str, request: pytest.FixtureRequest) -> Bot:
    paid.clear()
    return Bot(service, f"sdk-{request.node.name}")


def test_a_mild_output_is_released_and_counts_as_sent(bot: Bot, people: People) -> None:
    reply = bot.ask(QUESTION, assistant_message(MILD))
    assert (reply.text, reply.answer) == (MILD, "release")
    assert people.heard(bot.ticket) == [QUESTION]
    assert people.sent(bot.ticket) == [MILD]


def test_a_refund_told_on_a_contained_ticket_is_replaced(bot: Bot, people: People) -> None:
    people.customer(bot.ticket, QUESTION)
    reply = bot.ask(AGAIN, assistant_message(REFUND))
    assert (reply.answer, reply.lane) == ("replace", "contained")
    assert "refunded" not in reply.text
    assert people.sent(bot.ticket) == [reply.text]


def test_a_turn_that_hands_over_stops_before_the_model_is_asked(bot: Bot, people: People) -> None:
    reply = bot.ask(PERSON, assistant_message(MILD))
    assert reply.lane == "escalated"
    assert reply.text
    assert bot.asked == 0
    assert bot.ask("Hello?", assistant_message(MILD)).text == ""
    assert people.sent(bot.ticket) == []


def test_an_allowed_call_is_made_and_a_refused_one_is_told_to_the_model(bot: Bot) -> None:
    steps = (
        function_call("refund", {"amount": 20}, call_id="a"),
        function_call("refund", {"amount": 100000}, call_id="b"),
        assistant_message(MILD),
    )
    reply = bot.ask("What are your opening hours?", *steps)
    assert paid == [20]
    assert reply.text == MILD
    refusals = [str(item) for item in bot.models[-1].calls[-1].input if "Refused" in str(item)]
    assert len(refusals) == 1


def test_a_call_for_a_handoff_becomes_the_handoff_and_ends_the_run(bot: Bot, people: People) -> None:
    call = function_call("transfer_to_human_agents", {"summary": "double charge"}, call_id="t")
    reply = bot.ask(QUESTION, call, assistant_message(MILD))
    assert reply.lane == "escalated"
    assert reply.text
    assert bot.asked == 1
    assert people.client.lane(bot.ticket) == "escalated"


def test_a_person_who_writes_while_the_agent_works_silences_it(bot: Bot, people: People) -> None:
    @function_tool
    def look_up() -> str:
        """A tool that takes its time: meanwhile Ana writes."""
        people.human(bot.ticket)
        return "found"

    model = ScriptedModel([[function_call("look_up", {}, call_id="l")], [assistant_message(MILD)]])
    agent = Agent(name="support", model=model, tools=[look_up])

    async def run() -> Reply:
        async with AsyncClient(bot.url, seconds=20) as client:
            ours = guarded(agent, client)
            return await answer(ours, "What are your opening hours?", bot.ticket, run_config=UNTRACED)

    reply = asyncio.run(run())
    assert (reply.text, reply.lane) == ("", "owned")
    assert people.sent(bot.ticket) == [""]  # the call of the tool, made before, and no word


def test_a_whole_history_as_input_posts_its_newest_message_once(bot: Bot, people: People) -> None:
    history = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello! How can I help?"},
        {"role": "user", "content": QUESTION},
    ]
    bot.ask(history, assistant_message(MILD))
    bot.ask(history, assistant_message(MILD))
    assert people.heard(bot.ticket) == [QUESTION]


def test_without_a_service_the_model_is_not_asked_and_nothing_is_said() -> None:
    bot = Bot("http://127.0.0.1:9", "t")
    reply = bot.ask(QUESTION, assistant_message(MILD))
    assert (reply.text, reply.answer) == ("", "withhold")
    assert bot.asked == 0


def test_a_run_that_names_no_ticket_is_an_error() -> None:
    with pytest.raises(ValueError, match="names no ticket"):
        ticket_in_context({})


def test_without_the_extra_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['agents'] = None; import trustladder.connect.agents_sdk"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'trustladder[agents]'" in run.stderr
