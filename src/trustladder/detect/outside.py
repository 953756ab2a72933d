"""Values from outside: a vendor's sentiment, a bot's confidence, a judge. Recorded with their source, never lowering.

What an outside system says can add to what trustladder read by itself and take nothing away: of two readings of
one turn the stronger stands, and a reading that comes alone counts only where it raises what is on the board.
"""

import math
from collections.abc import Iterable
from typing import Any

from trustladder.core.signals import CATALOGUE, FULL_STRENGTH, Evidence, Signal
from trustladder.core.ticket import Ticket
from trustladder.errors import BadInput

OWN_SOURCE = "trustladder"
_SOURCE_CHARACTERS = 64


def outside_signal(name: str, strength: Any, source: str, *, turn: int = -1, quote: str = "") -> Signal:
    """Return a reported value as a signal with its source.

    ``strength`` is a whole number from 0 to 100; ``turn`` and ``quote`` are the evidence that came with it. Raises
    `BadInput` for a signal that the catalogue does not know, a strength that is none, and a source that is empty,
    too long, or claims to be trustladder itself.
    """
    if name not in CATALOGUE:
        raise BadInput(f"there is no signal {name!r}", fix="use a name of the catalogue of signals")
    if isinstance(strength, bool) or not isinstance(strength, int) or not 0 <= strength <= FULL_STRENGTH:
        raise BadInput(f"the strength of {name} is {strength!r}", fix="send a whole number from 0 to 100")
    if not source.strip() or len(source) > _SOURCE_CHARACTERS or source.strip().lower() == OWN_SOURCE:
        raise BadInput(f"{source[:_SOURCE_CHARACTERS]!r} cannot be the source of {name}", fix="name who reported it")
    evidence = Evidence(turn, quote) if turn >= 0 or quote else Evidence(field=f"reported by {source}")
    return Signal(name, strength, (evidence,), source)


def outside_sentiment(value: float, source: str, *, worst: float = -1.0, best: float = 1.0) -> Signal:
    """Return a vendor's sentiment as `sentiment`, on the vendor's own scale from ``worst`` to ``best``.

    Values outside the scale are taken as its ends. Raises `BadInput` where the value or the scale is no number
    or the scale has no width.
    """
    if math.isnan(value) or worst == best:
        raise BadInput(
            f"sentiment {value} on a scale from {worst} to {best}", fix="send a number and a scale with two ends"
        )
    share = (best - value) / (best - worst)
    return outside_signal("sentiment", round(FULL_STRENGTH * min(1.0, max(0.0, share))), source)


def only_raising(ticket: Ticket, own: Iterable[Signal], reported: Iterable[Signal]) -> tuple[Signal, ...]:
    """Return the reported signals that cannot lower anything: beside an own reading, or above the board."""
    read = {signal.name for signal in own}
    return tuple(signal for signal in reported if signal.name in read or signal.strength > _held(ticket, signal.name))


def _held(ticket: Ticket, name: str) -> int:
    held = ticket.signals.get(name)
    return 0 if held is None else held.strength
