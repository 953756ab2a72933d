"""The history checker: reads a ledger after a storm and says which law was broken where.

It shares no code with the fold or the gate: it keeps its own small idea of a lane, so that a fault in theirs
cannot hide itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.desk.clocks import CLOCK
from trustladder.ledger.protocol import Ledger, TicketKey

HARD_STRENGTH = 60


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that was broken: which, where, how."""

    law: str
    key: TicketKey
    position: int
    how: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a worker was answered: where the ticket stood, in which lane; ``sent`` for a redeemed permit."""

    key: TicketKey
    position: int
    lane: str


@dataclass(slots=True)
class _Life:
    """What the checker remembers of a ticket while it reads its history."""

    lane: Lane = Lane.AUTOMATED
    position: int = 0
    permits: dict[str, int] = field(default_factory=dict)
    moved_at: int = 0
    asked_for_person: bool = False
    must_contain: bool = False


_RUNGS = {
    e.Contained: Lane.CONTAINED,
    e.Escalated: Lane.ESCALATED,
    e.OwnershipTaken: Lane.OWNED,
    e.Resolved: Lane.RESOLVED,
}
_MOVES = (*_RUNGS, e.CustomerWrote, e.HumanWrote, e.OwnershipReturned, e.HandedBack, e.Reopened)


def check(
    ledger: Ledger, tenant: str, answered: Iterable[Answered] = (), kinds: Counter[str] | None = None
) -> list[Violation]:
    """Return every violation in a tenant's histories, and every escalated ticket that no timer watches (law 3).

    ``answered`` are the answers that workers have seen, also those that died later: each must be in the ledger.
    ``kinds`` is where the events are counted by their type.
    """
    told: dict[TicketKey, list[Answered]] = defaultdict(list)
    for answer in answered:
        told[answer.key].append(answer)
    found: list[Violation] = []
    for key in list(ledger.keys(tenant)):
        history = ledger.history(key)
        found += check_history(key, history, told.pop(key, ()))
        if kinds is not None:
            kinds.update(type(item.event).__name__ for item in history)
    found += [Violation("answers", key, 0, "answered on a ticket that is not there") for key in told]
    unwatched = ledger.without_due(CLOCK, (Lane.ESCALATED, Lane.OWNED), limit=1000)
    found += [Violation("3: an escalation without a timer", key, 0, "no row is due for it") for key in unwatched]
    return found


def check_history(
    key: TicketKey, history: Iterable[e.Recorded], answered: Iterable[Answered] = ()
) -> Iterator[Violation]:
    """Yield what is wrong with one history, and with what was answered on it."""
    life = _Life()
    lanes: dict[int, str] = {}
    for recorded in history:
        if recorded.position != life.position + 1:
            yield Violation("positions", key, recorded.position, f"does not follow {life.position}")
        life.position = recorded.position
        yield from _sent(key, life, recorded)
        yield from _lane(key, life, recorded)
        yield from _care(key, life, recorded)
        sent = isinstance(recorded.event, e.BotWrote) and bool(recorded.event.permit_id)
        lanes[recorded.position] = "sent" if sent else life.lane.word
    for answer in answered:
        here = lanes.get(answer.position)
        if here != answer.lane and not (here == "sent" and answer.lane != "sent"):
            yield Violation("answers", key, answer.position, f"answered {answer.lane}, and the ledger says {here}")


def _sent(key: TicketKey, life: _Life, recorded: e.Recorded) -> Iterator[Violation]:
    """Law 1: nothing automated after a handoff, and nothing on a permit that was voided or used."""
    event = recorded.event
    if isinstance(event, e.DraftJudged) and event.permit is not None:
        if life.lane >= Lane.ESCALATED:
            yield Violation(
                "1: silence after handoff", key, recorded.position, f"a permit on a ticket {life.lane.word}"
            )
        life.permits[event.permit.permit_id] = recorded.position
    if isinstance(event, e.PermitRedeemed):
        given_at = life.permits.pop(event.permit_id, None)
        if life.lane >= Lane.ESCALATED:
            yield Violation("1: silence after handoff", key, recorded.position, f"sent on a ticket {life.lane.word}")
        if given_at is None:
            yield Violation("permits", key, recorded.position, "redeemed twice, or never given")
        elif given_at < life.moved_at:
            yield Violation("permits", key, recorded.position, "redeemed after something that matters had happened")


def _lane(key: TicketKey, life: _Life, recorded: e.Recorded) -> Iterator[Violation]:
    """Laws 2 and 3: up by itself, down only by a person; an escalation has a queue and a deadline."""
    event = recorded.event
    if isinstance(event, e.Decided) and event.decision.lane < life.lane:
        yield Violation("2: the ladder is a ratchet", key, recorded.position, event.decision.lane.word)
    if isinstance(event, e.Escalated) and (not event.queue or event.claim_by_ms < recorded.at_ms):
        yield Violation("3: no queue or deadline", key, recorded.position, event.queue)
    rung = _RUNGS.get(type(event))
    if rung is not None:
        life.lane = max(life.lane, rung)
    elif isinstance(event, e.OwnershipReturned):
        life.lane = Lane.ESCALATED
    elif isinstance(event, e.HandedBack):
        life.lane = Lane.CONTAINED if event.contained else Lane.AUTOMATED
    elif isinstance(event, e.Reopened):
        life.lane = Lane.AUTOMATED
    if isinstance(event, _MOVES):
        life.moved_at = recorded.position


def _care(key: TicketKey, life: _Life, recorded: e.Recorded) -> Iterator[Violation]:
    """Laws 4 and 5: the unknown contains, and a request for a person escalates, whatever else was read."""
    event = recorded.event
    if isinstance(event, e.SignalsDetected):
        strengths = {signal.name: signal.strength for signal in event.signals}
        life.asked_for_person = strengths.get("human_request", 0) >= HARD_STRENGTH
        life.must_contain = bool(event.unknown)
    if isinstance(event, e.Decided):
        if life.asked_for_person and event.decision.lane < Lane.ESCALATED:
            yield Violation("5: hard rules", key, recorded.position, "a request for a person did not escalate")
        if life.must_contain and event.decision.lane < Lane.CONTAINED:
            yield Violation("4: unknown fails toward people", key, recorded.position, "it was not contained")
        if event.decision.lane is Lane.ESCALATED and life.lane < Lane.ESCALATED:
            life.asked_for_person = False
