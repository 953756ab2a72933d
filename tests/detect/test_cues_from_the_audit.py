"""Sentences that an audit of past conversations showed to be read wrongly, each with its counterpart."""

import pytest
from tests.detect.conversation import strength

CLEAR = 50
ROWS = (
    ("security", "Please use that to verify my identity.", False),
    ("security", "I cannot verify my identity, the code never comes.", True),
    ("legal_or_safety", "The lamp smells of burning and the plug is hot.", True),
    ("legal_or_safety", "The charger gets really hot.", True),
    ("legal_or_safety", "That is a hot deal, and the candle smells like vanilla.", False),
    ("human_request", "You are support. Please let a person check.", True),
    ("human_request", "Let me check the order number.", False),
    ("human_request", "I need to contact a human agent now.", True),
)


@pytest.mark.parametrize(("signal", "text", "clear"), ROWS)
def test_a_sentence_of_the_audit(signal: str, text: str, clear: bool) -> None:
    assert (strength(signal, ("customer", text)) >= CLEAR) is clear
