import pytest

from trustladder.detect.meaning.breakdown import breakdown
from trustladder.detect.meaning.heads import frustration, human_request, similarity
from trustladder.detect.meaning.types import TypeClassifier


@pytest.mark.parametrize(
    "text",
    [
        "I'd like a word with one of your staff, a real person",
        "could somebody human take this over",
        "transfer me",
        "Agent!!",
        "I don't want to talk to a bot, give me a person",
        "my travel agent is useless, I want to talk to a human agent",
        "how on earth can I reach a live agent here",
    ],
)
def test_who_asks_for_a_person_is_heard(text: str) -> None:
    assert human_request(text) >= 50


@pytest.mark.parametrize(
    "text",
    [
        "which user agent string do you accept",
        "is the travel agent fee refundable",
        "that was a human error on my part",
        "is this a representative sample",
        "I don't want to talk to a person",
        "no agent needed, thanks",
        "an agent told me last week that it was settled",
        "where is my parcel",
        "",
    ],
)
def test_who_does_not_ask_for_a_person_is_left_alone(text: str) -> None:
    assert human_request(text) < 50


def test_frustration_rises_from_thanks_over_a_problem_to_anger() -> None:
    thanks, problem, lasting, anger = map(
        frustration,
        (
            "thank you, that solved it",
            "my card was declined",
            "it still does not work",
            "you are useless, I am furious",
        ),
    )
    assert thanks < 12 < problem < 50 < lasting < anger


@pytest.mark.parametrize(
    "text", ["", "no problem at all", "what are your opening hours", "the manual is 12 pages long"]
)
def test_calm_words_are_not_frustration(text: str) -> None:
    assert frustration(text) < 35


def test_the_same_need_in_other_words_is_alike_and_another_need_is_not() -> None:
    assert similarity("I lost my card", "my card is missing") >= 50
    assert similarity("where is my parcel", "my app crashes at the start") < 20


def test_a_text_without_words_is_like_nothing() -> None:
    assert similarity("", "") == 0


def test_likeness_does_not_depend_on_the_order() -> None:
    assert similarity("refund please", "money back please") == similarity("money back please", "refund please")


def test_a_bot_that_repeats_itself_off_topic_breaks_more_than_one_that_answers() -> None:
    asked = ["hello", "what is the weather like in Paris"]
    astray = breakdown("I love pizza.", ["hi there", "I love pizza."], asked)
    answer = breakdown("It is sunny in Paris today.", ["hi there", "one moment please"], asked)
    assert astray.strength > answer.strength
    assert astray.is_likely


def test_shares_of_a_breakdown_sum_to_one_with_no_context() -> None:
    alone = breakdown("Hello!", [], [])
    assert alone.none + alone.possible + alone.certain == pytest.approx(1, abs=1e-5)


EXAMPLES = {
    "refund": [
        "I want a refund",
        "give me my money back",
        "please return the payment",
        "refund my order",
        "money back",
    ],
    "delivery": [
        "where is my parcel",
        "track my package",
        "my order has not arrived",
        "delivery date",
        "is it shipped",
    ],
    "password": [
        "reset my password",
        "I forgot my login",
        "cannot sign in",
        "change my password",
        "locked out of login",
    ],
}


def test_a_type_is_learned_from_few_examples() -> None:
    model = TypeClassifier.fit(EXAMPLES)
    assert model.classify("when will my package come")[0] == "delivery"
    assert model.classify("I can not remember my password")[0] == "password"


def test_what_fits_no_type_is_unknown() -> None:
    name, sure = TypeClassifier.fit(EXAMPLES).classify("can dolphins recognise jazz music")
    assert name is None
    assert sure < 50


def test_fitting_twice_gives_the_same_answers() -> None:
    texts = ["give the money back", "is my parcel lost", "hello"]
    first, second = TypeClassifier.fit(EXAMPLES), TypeClassifier.fit(EXAMPLES)
    assert [first.classify(text) for text in texts] == [second.classify(text) for text in texts]


def test_one_type_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        TypeClassifier.fit({"refund": ["money back"]})


def test_a_denial_and_a_story_are_more_frustrated_than_a_calm_sentence_of_their_length() -> None:
    calm = "I would like to send the second parcel to the address of my office, as I did in spring"
    story = "I have sent the second parcel back to you twice now, and I still do not have my money"
    assert frustration(calm) < 30
    assert frustration(story) > 60
    assert frustration("it works") < frustration("it never works")


def test_many_short_sentences_are_not_one_long_one() -> None:
    assert frustration("Yes. It is on. The light is green. Shall I wait?") < 30
