"""Context for the bot: within its budget, and never a way to say more than the gate lets through."""

from hypothesis import given
from hypothesis import strategies as st
from tests.core.test_arithmetic import escalated_ticket, history

from trustladder.core import events as e
from trustladder.core.containment import Act, Authority
from trustladder.core.context import CHARACTERS_PER_TOKEN, FEWEST_TOKENS, as_prompt, bot_context
from trustladder.core.ladder import decide
from trustladder.core.policy import Policy, TicketType
from trustladder.core.signals import Evidence, Signal
from trustladder.core.threshold import Rule
from trustladder.core.ticket import Ticket, fold, fold_all, new_ticket

POLICY = Policy(
    digest="d",
    name="p",
    ticket_types={"unknown": TicketType("unknown")},
    weights={"payment": 10},
    rules=(Rule("money", contain_at=500, because="Money is decided by people."),),
    automated=Authority(tuple(Act)),
    contained=Authority((Act.ACKNOWLEDGE, Act.GATHER)),
)


def contained_ticket(words: str) -> Ticket:
    """A ticket that was contained over a payment."""
    seen = e.SignalsDetected((Signal("payment", 90, (Evidence(0, words[:50]),)),))
    ticket = fold_all(
        new_ticket("t", "1"), history(e.TicketOpened(), e.CustomerWrote("1", words), e.BotWrote("2", words), seen)
    )
    decision = decide(POLICY, ticket, ticket.signals, ticket.updated_at_ms)
    return fold(ticket, e.Recorded(ticket.position + 1, ticket.updated_at_ms, e.Decided(decision)))


def test_it_says_what_the_bot_may_and_may_not_do_and_why() -> None:
    prompt = as_prompt(bot_context(POLICY, contained_ticket("Where is my refund?")))
    assert "You may:\n- acknowledge what the customer said" in prompt
    assert "- decide, promise, confirm or carry out" in prompt.split("You may not:")[1]
    assert "Money is decided by people." in prompt
    assert "[0] Where is my refund?" in prompt


def test_after_the_handoff_the_bot_may_do_nothing() -> None:
    context = bot_context(POLICY, escalated_ticket())
    assert not context.may
    assert "people have it" in as_prompt(context)


@given(st.text(max_size=2000), st.integers(FEWEST_TOKENS, 1000))
def test_it_stays_within_its_budget_and_never_leaves_authority_out(words: str, tokens: int) -> None:
    context = bot_context(POLICY, contained_ticket(words), tokens)
    assert len(as_prompt(context)) <= tokens * CHARACTERS_PER_TOKEN
    assert context.may
    assert context.may_not
