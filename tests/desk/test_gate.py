"""The gate at the edges: sources, limits on arguments, what is said instead, repeats and races."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.desk.plain import key, plain_desk, wrote
from trustladder.core import events as e
from trustladder.core.conditions import Comparison, Condition
from trustladder.core.containment import Act, Answer, Authority, Lane, ToolCall, ToolGrant, ToolLimit, judge
from trustladder.core.policy import Policy
from trustladder.core.threshold import Rule
from trustladder.desk import AccountFacts, Desk, Draft, GateAnswer, HumanTurn
from trustladder.desk.gate import Reading
from trustladder.desk.messages import FALLBACK, text_for
from trustladder.detect.acts import acts_of
from trustladder.errors import NotAllowed, PermitRefused
from trustladder.ledger import open_ledger
from trustladder.policy.profiles import default_policy

MILD = {Act.ACKNOWLEDGE, Act.GATHER, Act.SUMMARISE, Act.TRIAGE}
EVERY = tuple(Act)
REFUND = ToolGrant("refund", (ToolLimit("amount", 50),))


def policy_with(*rules: Rule) -> Policy:
    """The default policy with these rules alone, and every act and a small refund allowed."""
    return replace(default_policy(), rules=rules, automated=Authority(EVERY, (REFUND,)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on which automation may do everything but refund more than 50."""
    made = plain_desk(open_ledger(f"sqlite:///{tmp_path / 'gate.db'}"), policy_with())
    yield made
    made.ledger.close()


def draft(desk: Desk, text: str = "It is blue.", ticket: str = "t", **more: object) -> GateAnswer:
    """Ask the gate; each call is a draft of its own."""
    number = desk.ticket(key(ticket)).position
    wanted = Draft(f"{ticket}-{number}", text, **more)  # type: ignore[arg-type]  # fields of a draft
    return desk.bot_drafted(key(ticket), wanted)


# -- argument limits and sources ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "held"),
    [
        ({"amount": 50}, True),
        ({"amount": 49.99, "currency": "EUR"}, True),
        ({"amount": 50.01}, False),
        ({"amount": -5000}, False),
        ({"amount": "20"}, False),
        ({"amount": True}, False),
        ({"amount": [20]}, False),
        ({"amount": None}, False),
        ({"Amount": 20}, False),
        ({}, False),
        ({"amount": float("nan")}, False),
        ({"amount": float("inf")}, False),
        ({"amount": 10**400}, False),
    ],
)
def test_a_limit_holds_for_every_way_to_write_an_argument(arguments: dict[str, object], held: bool) -> None:
    authority = Authority(EVERY, (REFUND,))
    answer = judge(Lane.AUTOMATED, authority, (), (ToolCall("refund", arguments),)).answer
    assert (answer is Answer.RELEASE) is held


@pytest.mark.parametrize(
    ("asked", "cites", "held"),
    [
        ((), (), True),
        ((("*",),), (), False),
        ((("*",),), ("help/1",), True),
        ((("*",),), ("  ",), False),
        ((("help/*",),), ("help/refunds",), True),
        ((("help/*",),), ("http://help/refunds",), False),
        ((("help/*", "terms"),), ("terms",), True),
        ((("help/*",), ("terms",)), ("terms",), False),
        ((("help/*",), ("terms",)), ("terms", "help/2"), True),
    ],
)
def test_an_answer_names_its_source_where_the_policy_asks_for_one(
    asked: tuple[tuple[str, ...], ...], cites: tuple[str, ...], held: bool
) -> None:
    authority = Authority(EVERY, must_cite=asked)
    assert (not authority.objections((Act.INFORM,), (), cites)) is held
    assert not authority.objections((Act.GATHER,), ()), "only an answer needs a source"


def test_two_authorities_together_ask_for_the_sources_of_both() -> None:
    one, other = Authority(EVERY, must_cite=(("help/*",),)), Authority(EVERY, must_cite=(("terms",),))
    assert one.intersect(other).must_cite == (("help/*",), ("terms",))


def test_what_must_be_cited_depends_on_the_lane_the_ticket_type_and_the_account(tmp_path: Path) -> None:
    from_terms, from_contract = (Authority(EVERY, must_cite=((source,),)) for source in ("terms", "contract/*"))
    billing = Rule("b", (Condition("ticket_type", Comparison.IS, "billing"),), authority=from_terms)
    large = Rule("v", (Condition("account.value", Comparison.AT_LEAST, 1000),), authority=from_contract)
    desk = plain_desk(open_ledger(f"sqlite:///{tmp_path / 'cite.db'}"), policy_with(billing, large))
    wrote(desk, "t", "hello", facts=AccountFacts(value=10, ticket_type="how_to"))
    assert draft(desk).answer is Answer.RELEASE
    wrote(desk, "b", "hello", facts=AccountFacts(value=10, ticket_type="billing"))
    refused = draft(desk, ticket="b")
    assert (refused.answer, refused.objections) == (
        Answer.REPLACE,
        ("automation informs here only from terms, and cites none",),
    )
    assert draft(desk, ticket="b", cites=("terms",)).answer is Answer.RELEASE
    wrote(desk, "v", "hello", facts=AccountFacts(value=2000, ticket_type="billing"))
    assert draft(desk, ticket="v", cites=("terms",)).answer is Answer.REPLACE
    assert draft(desk, ticket="v", cites=("terms", "contract/7")).answer is Answer.RELEASE
    desk.ledger.close()


# -- what is said instead ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("", "noted"), ("de-AT", "notiert"), ("es", "anotado"), ("fr", "noté")])
def test_a_refused_draft_of_tool_calls_alone_leaves_the_customer_with_a_true_word(
    desk: Desk, language: str, word: str
) -> None:
    desk = plain_desk(desk.ledger, replace(policy_with(), messages={}))
    wrote(desk, "t", "hello", language=language)
    answer = draft(desk, "", tool_calls=(ToolCall("refund", {"amount": 500}),))
    assert answer.answer is Answer.REPLACE
    assert answer.permit is not None
    assert word in answer.text
    sent = desk.redeem(key("t"), answer.permit.permit_id)
    assert (sent.text, sent.tools) == (answer.text, ())


def test_after_the_handoff_a_refused_tool_call_is_met_with_silence(desk: Desk) -> None:
    wrote(desk, "t", "hello")
    desk.escalate(key("t"), "because", "erp")
    answer = draft(desk, "", tool_calls=(ToolCall("refund", {"amount": 500}),))
    assert (answer.answer, answer.text, answer.permit) == (Answer.WITHHOLD, "", None)


def test_a_policy_words_each_reason_or_all_of_them_at_once() -> None:
    own = {"holding": {"en": "Noted."}, "holding_action": {"de": "Geht hier nicht."}}
    policy = replace(default_policy(), messages=own)
    assert text_for(policy, "holding_action", "de") == "Geht hier nicht."
    assert text_for(policy, "holding_action", "en") == "Noted."
    assert text_for(policy, "holding_unread", "fr-CA") == FALLBACK["holding_unread"]["fr"]
    assert text_for(policy, "holding_unread", "pl") == "Noted."


def test_what_we_say_instead_promises_nothing_in_any_language() -> None:
    holding = [name for name in FALLBACK if name.startswith("holding")]
    assert [acts_of(text).promises for name in holding for text in FALLBACK[name].values()] == [()] * 4 * len(holding)


def test_every_reason_is_worded_in_the_same_languages() -> None:
    spoken = {name: set(texts) for name, texts in FALLBACK.items()}
    assert all(languages >= {"en", "de"} for languages in spoken.values())
    assert all(spoken[name] == {"en", "de", "es", "fr"} for name in spoken if name.startswith(("holding", "handoff")))


# -- repeats and races -------------------------------------------------------------------------------------


def test_a_redeemed_permit_is_answered_again_only_while_it_would_still_hold(desk: Desk) -> None:
    wrote(desk, "t", "hello")
    answer = draft(desk)
    assert answer.permit is not None
    first = desk.redeem(key("t"), answer.permit.permit_id, "once")
    assert desk.redeem(key("t"), answer.permit.permit_id, "once") == first, "the answer was lost: send it now"
    desk.human_wrote(key("t"), HumanTurn("h", "Ana here", "ana"))
    with pytest.raises(PermitRefused, match="owned"):
        desk.redeem(key("t"), answer.permit.permit_id, "once")
    desk.hand_back(key("t"), "ana")
    with pytest.raises(PermitRefused, match="something that matters"):
        desk.redeem(key("t"), answer.permit.permit_id, "once")


def test_a_redeemed_permit_is_not_answered_again_after_its_time(desk: Desk) -> None:
    short = replace(policy_with(), permit_seconds=0.05)
    desk = plain_desk(desk.ledger, short)
    wrote(desk, "t", "hello")
    answer = draft(desk)
    assert answer.permit is not None
    sent = desk.redeem(key("t"), answer.permit.permit_id, "once")
    while datetime.now(UTC).timestamp() * 1000 <= sent.send_by_ms + 1:
        pass
    with pytest.raises(PermitRefused, match="expired"):
        desk.redeem(key("t"), answer.permit.permit_id, "once")


def test_of_two_who_reply_at_once_the_loser_sees_the_winner(desk: Desk) -> None:
    wrote(desk, "t", "hello")
    desk.human_wrote(key("t"), HumanTurn("h1", "Ana here", "ana", unless_owned=True))
    with pytest.raises(NotAllowed, match="ana owns"):
        desk.human_wrote(key("t"), HumanTurn("h2", "Ben here", "ben", unless_owned=True))
    assert desk.ticket(key("t")).owner == "ana"
    assert [turn.author for turn in desk.ticket(key("t")).turns if turn.author] == ["ana"]
    desk.human_wrote(key("t"), HumanTurn("h3", "a note", "ben", internal=True))
    desk.human_wrote(key("t"), HumanTurn("h4", "Ben, from his phone", "ben"))
    assert desk.ticket(key("t")).owner == "ben", "what was already said to the customer is recorded as it happened"


def test_a_reply_that_was_judged_on_an_old_state_loses_to_one_that_came_between(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ben's page saw nobody; Ana's message commits between his look and his transaction."""
    wrote(desk, "t", "hello")
    transact = desk.ledger.transact
    came: list[bool] = []

    def with_ana_first(*args: object, **more: object) -> object:
        if not came:
            came.append(True)
            desk.human_wrote(key("t"), HumanTurn("h1", "Ana here", "ana", unless_owned=True))
        return transact(*args, **more)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr(desk.ledger, "transact", with_ana_first)
    with pytest.raises(NotAllowed, match="ana owns"):
        desk.human_wrote(key("t"), HumanTurn("h2", "Ben here", "ben", unless_owned=True))


@pytest.mark.parametrize("between", ["customer", "note", "own"])
def test_a_reply_that_did_not_see_what_came_between_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    """Ben has read the ticket; somebody writes after his look and before the transaction of his reply."""
    wrote(desk, "t", "hello")
    desk.human_wrote(key("t"), HumanTurn("h1", "Ben here", "ben"))
    read = len(desk.ticket(key("t")).turns)
    transact = desk.ledger.transact
    came: list[bool] = []

    def with_news_first(*args: object, **more: object) -> object:
        if not came:
            came.append(True)
            if between == "customer":
                wrote(desk, "t", "the red one, please " * 20, number=2)
            else:
                author = "ben" if between == "own" else "ana"
                desk.human_wrote(key("t"), HumanTurn("n1", "mind the date", author, internal=True))
        return transact(*args, **more)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr(desk.ledger, "transact", with_news_first)
    reply = HumanTurn("h2", "The blue one it is", "ben", unless_owned=True, seen_turns=read)
    if between == "own":
        desk.human_wrote(key("t"), reply)
        return
    said = {
        "customer": "the customer has just written: “the red one, please the",
        "note": "ana has just written: “mind",
    }
    with pytest.raises(NotAllowed, match=said[between]):
        desk.human_wrote(key("t"), reply)
    assert "The blue one it is" not in {turn.text for turn in desk.ticket(key("t")).turns}
    desk.human_wrote(key("t"), replace(reply, seen_turns=read + 1))


def test_a_draft_that_cannot_be_read_counts_as_a_decision(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote(desk, "t", "hello")
    mild = replace(policy_with(), automated=Authority((Act.ACKNOWLEDGE,)))
    desk = plain_desk(desk.ledger, mild)

    def broken(*_: object) -> Reading:
        raise RecursionError

    monkeypatch.setattr(desk, "_read_acts", broken)
    assert draft(desk, "Thank you.").answer is Answer.REPLACE
    assert draft(desk, "", tool_calls=(ToolCall("look", {}),)).answer is Answer.REPLACE


@pytest.mark.parametrize(
    "text", ["\N{THUMBS UP SIGN}", "\N{WHITE HEAVY CHECK MARK}", "((((", "Thanks. " * 5000, "a," * 50_000]
)
def test_signs_alone_and_what_is_too_long_to_read_are_never_mild(text: str) -> None:
    assert not MILD.issuperset(acts_of(text).acts)


def test_where_perception_is_down_the_customer_is_told_so_and_nothing_is_decided(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = plain_desk(desk.ledger, replace(policy_with(), messages={}))
    wrote(desk, "t", "hello")

    def broken(*_: object) -> e.SignalsDetected:
        raise TimeoutError("the model is down")

    monkeypatch.setattr(desk, "_perceive", broken)
    answer = draft(desk, declared=(Act.RESOLVE,))
    assert (answer.lane, answer.answer) == ("contained", Answer.REPLACE)
    assert answer.text == FALLBACK["holding_unread"]["en"]
    assert draft(desk, declared=(Act.GATHER,)).answer is Answer.RELEASE
