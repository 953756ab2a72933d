"""The demo bot: whole without a network, deterministic, and wrong in the ways that real bots are."""

import pytest

from trustladder.connect.demo_bot import DemoBot, demo_bot, help_centre
from trustladder.core.containment import Act
from trustladder.core.ticket import Role, Turn
from trustladder.desk.commands import Draft
from trustladder.detect.acts import acts_of


@pytest.fixture
def bot() -> DemoBot:
    return demo_bot()


def talk(bot: DemoBot, *customer: str) -> list[Draft]:
    """Let a customer write and the bot answer, in turns; every draft goes out."""
    turns: list[Turn] = []
    drafts: list[Draft] = []
    for text in customer:
        turns.append(Turn(len(turns), Role.CUSTOMER, text, at_ms=1_000 * len(turns)))
        drafts.append(bot.reply(turns))
        turns.append(Turn(len(turns), Role.BOT, drafts[-1].text, at_ms=1_000 * len(turns)))
    return drafts


def test_the_help_centre_covers_its_topics() -> None:
    articles = help_centre()
    assert len(articles) >= 25
    topics = {article.topic for article in articles}
    assert topics == {"billing", "refunds", "shipping", "account", "subscriptions", "technical", "privacy"}
    assert len({article.source for article in articles}) == len(articles)
    assert all(article.title and article.body for article in articles)


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("I forgot my password, how do I reset it?", "help/resetting-a-password"),
        ("My thermostat has been offline since yesterday", "help/the-thermostat-is-offline"),
        ("How do I cancel my subscription?", "help/cancelling-a-subscription"),
        ("There are two charges for my order", "help/why-there-are-two-charges-for-one-order"),
        ("what data does the thermostat record", "help/what-the-thermostat-records"),
        ("display shows error E4", "help/error-e4-on-the-display"),
    ],
)
def test_it_finds_the_article(bot: DemoBot, question: str, source: str) -> None:
    (draft,) = talk(bot, question)
    assert draft.cites == (source,)
    assert draft.declared == (Act.INFORM,)


def test_the_same_turns_give_the_same_draft(bot: DemoBot) -> None:
    assert talk(bot, "Hi", "where is my parcel") == talk(demo_bot(), "Hi", "where is my parcel")


def test_it_is_sure_of_itself_also_about_what_no_article_covers(bot: DemoBot) -> None:
    (draft,) = talk(bot, "Is it legal to record my tenant's temperature?")
    assert draft.confidence is not None
    assert draft.confidence >= 70
    assert draft.cites


def test_asked_again_it_repeats_itself_and_then_promises_a_transfer(bot: DemoBot) -> None:
    first, second, third = talk(bot, *["my lamp flickers"] * 3)
    assert first.text == second.text
    assert [promise.kind for promise in acts_of(third.text).promises] == ["handoff"]


def test_what_it_does_not_understand_gets_the_last_answer_again(bot: DemoBot) -> None:
    first, second = talk(bot, "my lamp flickers", "no!!")
    assert second.text == first.text


def test_asked_for_a_person_it_promises_one_and_calls_nothing(bot: DemoBot) -> None:
    (draft,) = talk(bot, "Let me talk to a human")
    assert [promise.kind for promise in acts_of(draft.text).promises] == ["handoff"]
    assert draft.tool_calls == ()


def test_it_pays_and_declares_an_acknowledgement_which_the_text_gives_away(bot: DemoBot) -> None:
    (draft,) = talk(bot, "I want a refund of 49.90 euros for order 12345")
    assert [(call.name, call.arguments) for call in draft.tool_calls] == [
        ("refund", {"order_id": "12345", "amount": 49.9})
    ]
    assert draft.declared == (Act.ACKNOWLEDGE,)
    assert Act.RESOLVE in acts_of(draft.text, draft.declared).acts


def test_it_cancels_an_order(bot: DemoBot) -> None:
    (draft,) = talk(bot, "Please cancel my order 4411")
    assert draft.tool_calls[0].name == "cancel_order"


def test_a_greeting_is_answered_with_a_question(bot: DemoBot) -> None:
    (draft,) = talk(bot, "Hello!")
    assert acts_of(draft.text).acts == (Act.ACKNOWLEDGE, Act.GATHER)


def test_nothing_to_reply_to_is_an_error(bot: DemoBot) -> None:
    with pytest.raises(ValueError, match="no customer turn"):
        bot.reply([])
