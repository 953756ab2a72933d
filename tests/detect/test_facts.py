import pytest
from tests.detect.conversation import perceived

from trustladder.detect.facts import MOST_FACTS, facts_in
from trustladder.detect.language import language_of
from trustladder.detect.text import Read


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Write to Jo.Doe+x@Example.co.uk please", "email", "Jo.Doe+x@Example.co.uk"),
        ("My order number is W-4711x", "order_number", "W-4711x"),
        ("order #99887766 is late", "order_number", "#99887766"),
        ("reservation XK4R2P", "order_number", "XK4R2P"),
        ("Meine Bestellnummer lautet 2024-0815", "order_number", "2024-0815"),
        ("call me on +49 151 2345678", "phone", "+49 151 2345678"),
        ("I paid $1,299.50 for it", "amount", "$1,299.50"),
        ("es waren 49,90 € zu viel", "amount", "49,90 €"),
        ("it was £ 12", "amount", "£ 12"),
        ("I bought it on 2026-05-14", "date", "2026-05-14"),
        ("on May 14th, 2026 I moved", "date", "May 14th, 2026"),
        ("am 3. März", "date", "3. März"),
        ("see https://example.com/a?b=1 for it", "url", "https://example.com/a?b=1"),
        ("my IBAN is DE02 1203 0000 0000 2020 51", "iban", "DE02 1203 0000 0000 2020 51"),
        ("zip code 94107", "postcode", "94107"),
        ("PLZ 89073", "postcode", "89073"),
        ("it says error code 0x80070057", "error_code", "0x80070057"),
        ("on iPhone 15 Pro", "device", "iPhone 15 Pro"),
        ("running version 2.14.3", "version", "2.14.3"),
        ("I am on the Business plan", "plan", "Business plan"),
        ("my user id is mia_li_3668", "customer_id", "mia_li_3668"),
        ("my name is Ada Lovelace", "name", "Ada Lovelace"),
    ],
)
def test_a_fact_is_kept_in_the_customers_own_spelling(text: str, kind: str, value: str) -> None:
    assert (kind, value) in {(fact.kind, fact.value) for fact in facts_in(Read(text), 3)}


@pytest.mark.parametrize(
    "text",
    [
        "in order to pay",
        "I will book a room",
        "the reference is missing",
        "Where is my parcel?",
        "please call me",
        "one error after the other",
        "may I ask something",
    ],
)
def test_no_fact_where_none_is_stated(text: str) -> None:
    assert facts_in(Read(text), 0) == ()


def test_only_the_customer_states_facts_and_their_turn_is_kept() -> None:
    _, ticket = perceived([("bot", "Write to help@example.com"), ("customer", "I am jo@example.com")])
    assert [(fact.value, fact.turn) for fact in ticket.facts] == [("jo@example.com", 1)]


def test_a_pasted_list_is_cut() -> None:
    assert len(facts_in(Read("\n".join(f"order #{n}" for n in range(10_000, 10_100))), 0)) == MOST_FACTS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel and when will it come?", "en"),
        ("Wo ist mein Paket und wann kommt es?", "de"),
        ("¿Dónde está mi paquete y cuándo llega?", "es"),
        ("Où est mon colis et quand est-ce qu'il arrive ?", "fr"),
        ("Onde está a minha encomenda e quando é que chega? Não tenho", "pt"),
        ("Waar is mijn pakket en wanneer komt het?", "nl"),
        ("ok", ""),
        ("4711", ""),
        ("", ""),
    ],
)
def test_language_by_small_words(text: str, language: str) -> None:
    assert language_of(Read(text).words) == language
