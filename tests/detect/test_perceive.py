from tests.detect.conversation import perceived, strengths


def test_a_billing_question_asked_again_shows_repetition_payment_and_the_facts() -> None:
    seen, ticket = perceived(
        [
            ("customer", "Hi, I was charged twice for order #W1234567 on 14 May"),
            ("bot", "Our billing page explains every charge."),
            ("customer", "As I said, I was charged twice for order #W1234567!"),
        ]
    )
    assert strengths(seen)["repetition"] >= 70
    assert strengths(seen)["payment"] == 100
    assert {fact.kind: fact.value for fact in ticket.facts} == {"order_number": "#W1234567", "date": "14 May"}
    assert ticket.language == "en"


def test_evidence_quotes_the_original_and_names_the_turn() -> None:
    seen, _ = perceived([("customer", "Please: get me a REAL\u200b Person, now")])
    request = next(signal for signal in seen.signals if signal.name == "human_request")
    assert request.evidence[0].turn == 0
    assert request.evidence[0].quote in "Please: get me a REAL\u200b Person, now"


def test_a_newest_reading_of_zero_replaces_an_older_one() -> None:
    angry = ("customer", "This is ridiculous, the worst service ever!!")
    _, upset = perceived([angry])
    assert upset.signals["sentiment"].strength > 60
    _, calm = perceived([angry, ("bot", "Here is the page."), ("customer", "Ok, thanks.")])
    assert calm.signals["sentiment"].strength == 0
