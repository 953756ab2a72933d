"""Restated after the handoff: what the person asks and the customer repeats, compared with the packet.

It is noted once an episode, by `trustladder`, with the words of the packet that had been lost. A person can
note it too.
"""

from collections.abc import Callable

from trustladder.core import events as e
from trustladder.core.signals import StatedFact
from trustladder.core.ticket import Ticket
from trustladder.desk.scribe import Scribe

AsksFor = Callable[[str], tuple[str, ...]]
"""The kinds of fact that a text asks for (``order_number``, ``email`` …)."""

SAME_NEED = 75
"""From this strength of `repetition` on, a turn says the same need again and not only something like it."""


def asks_for_nothing(text: str) -> tuple[str, ...]:
    """Read no question at all: for a desk without perception."""
    del text
    return ()


def note_what_a_person_asks(scribe: Scribe, text: str, asks_for: AsksFor) -> None:
    """Note that a person asked the customer for what stands under *do not ask again*."""
    if _may_note(scribe.ticket):
        kinds = set(asks_for(text))
        lost = [fact for fact in scribe.ticket.facts if fact.kind in kinds]
        _note(scribe, "asked again for ", lost)


def note_what_a_customer_repeats(scribe: Scribe, before: Ticket, seen: e.SignalsDetected) -> None:
    """Note that the customer said again, to a person who had written, what the packet held."""
    if not _may_note(scribe.ticket) or before.handoff is None or before.handoff.replied_at_ms is None:
        return
    known = {(fact.kind, _plain(fact.value)) for fact in before.facts}
    lost = [fact for fact in seen.facts if (fact.kind, _plain(fact.value)) in known]
    same_need = any(signal.name == "repetition" and signal.strength >= SAME_NEED for signal in seen.signals)
    if same_need and not lost:
        scribe.record(e.RestatementNoted("trustladder", len(scribe.ticket.turns) - 1, "said the need again"))
    _note(scribe, "said again: ", lost)


def _may_note(ticket: Ticket) -> bool:
    return ticket.handoff is not None and not ticket.restated


def _note(scribe: Scribe, how: str, lost: list[StatedFact]) -> None:
    if lost:
        named = ", ".join(dict.fromkeys(f"{fact.kind.replace('_', ' ')} {fact.value}" for fact in lost))
        scribe.record(e.RestatementNoted("trustladder", len(scribe.ticket.turns) - 1, how + named))


def _plain(value: str) -> str:
    return "".join(value.split()).casefold().lstrip("#")
