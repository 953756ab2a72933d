"""One Learn cycle on customers and bots that the fit did not see: the splits, and what the table says."""

from dataclasses import replace

import pytest
from tests.learn.made_up import bot, customer, told

from trustladder.errors import BadInput
from trustladder.learn.conversation import Conversation, Ending
from trustladder.learn.cycle_eval import Row, as_markdown, evaluate_cycle, said_first
from trustladder.policy.profiles import default_policy


def labelled(number: int, source: str) -> Conversation:
    bad = number % 2 == 0
    said = (customer("I want to speak to a human agent." if bad else "Thanks."), bot("How can I help?"), bot("Well?"))
    labels: dict[str, str | float] = {"customer": f"c{number % 12}", "transfer_expected": float(bad)}
    made = told(*said, ending=Ending("failed" if bad else "solved", labels=labels))
    return replace(made, id=f"t{number}", source=source)


def test_every_conversation_is_judged_once_with_its_customer_and_bot_left_out() -> None:
    files = ("gpt-4o.json.gz", "claude.json.gz")
    found = evaluate_cycle([labelled(n, files[n // 2 % 2]) for n in range(48)], default_policy())
    assert (found.conversations, found.customers, found.bots, found.refitted) == (48, 12, 2, 0)
    rows = {row.name: row for row in found.rows}
    assert all(row.before == row.after for row in found.rows), "too few labels change nothing"
    assert rows["late or missed"].baselines["never"] == 0.5
    assert rows["GT-T, tolerance 1"].after == rows["GT-T, tolerance 1"].baselines["on request"] == 1.0
    assert rows["failure of the ticket, AUC of the risk at its end"].after == 1.0
    assert "no difference shown" in as_markdown(found)
    assert "48 conversations of 12 customers" in said_first(found)


def test_one_group_of_bots_cannot_be_left_out() -> None:
    with pytest.raises(BadInput, match="one group of bots"):
        evaluate_cycle([labelled(n, "gpt-4o.json.gz") for n in range(4)], default_policy())


@pytest.mark.parametrize(
    ("low", "high", "better", "says"),
    [
        (0.1, 0.2, "higher", "better"),
        (0.1, 0.2, "lower", "worse"),
        (-0.2, -0.1, "lower", "better"),
        (-0.1, 0.1, "lower", "no difference shown"),
    ],
)
def test_a_change_whose_interval_holds_0_is_no_finding(low: float, high: float, better: str, says: str) -> None:
    assert Row("r", 0.5, 0.5, low, high, better, {}).says == says
