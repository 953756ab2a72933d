"""Proposals in sentences: what a change is called, what it is worth, and why another was not proposed."""

from collections.abc import Sequence

from trustladder.learn.recalibrate import Recalibrated
from trustladder.learn.refit import Refit
from trustladder.learn.report.backtest_words import money
from trustladder.learn.sweep import Pays, Prices


def title(kind: str, sentences: Sequence[str]) -> str:
    """What a proposal changes, in a line: the first of its sentences, or how many there are."""
    if kind == "weights":
        return f"New weights, and thresholds moved along: {len(sentences)} changes"
    return sentences[0] + (f" and {len(sentences) - 1} more" if len(sentences) > 1 else "")


def _unit(priced: Prices) -> str:
    return priced.currency or "in the policy's costs"


def worth(found: Pays, priced: Prices) -> str:
    """What a setting saves that is clearly cheaper, with its interval."""
    amounts = " to ".join(f"{value:+.3g}" for value in (found.low, found.high))
    return (
        f"On tickets that took no part in the choice it saves {found.saving:.3g} {_unit(priced)} a ticket "
        f"({found.confidence:.1%} interval {amounts}), {money(found.saving * found.tickets, priced.currency)} on "
        f"{found.tickets:,} past tickets. With other tickets the choice would lie from {found.settings[0]} to "
        f"{found.settings[1]}."
    )


def not_worth(found: Pays, priced: Prices) -> str:
    """Why no other setting is proposed."""
    if found.low == found.high == 0:
        return f"{found.lever.subject}: no other setting was cheaper on tickets that took no part in the choice."
    return (
        f"{found.lever.subject}: {found.chosen} might save {found.saving:+.3g} {_unit(priced)} a ticket, but the "
        f"{found.confidence:.1%} interval {found.low:+.3g} to {found.high:+.3g} holds 0."
    )


def brier(found: Refit) -> str:
    """How much more exactly the risk comes true with refitted weights."""
    low, high = found.brier_change or (0.0, 0.0)
    return (
        f"on accounts left out the Brier score goes from {found.brier_before:.3f} to {found.brier_after:.3f} "
        f"(95 % interval of the change {low:+.3f} to {high:+.3f}; {found.labels:,} labelled tickets)"
    )


def saves(again: Recalibrated, priced: Prices) -> str:
    """What refitted weights save or cost a ticket."""
    more = "less" if again.saving > 0 else "more"
    return (
        f"a ticket costs {abs(again.saving):.3g} {_unit(priced)} {more} on accounts left out (95 % interval of the "
        f"change {-again.high:+.3g} to {-again.low:+.3g})"
    )
