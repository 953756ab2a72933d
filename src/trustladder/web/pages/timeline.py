"""A ticket's conversation with, beside each turn, what was seen in it and what was decided, in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from trustladder.core import events as e
from trustladder.core.handoff import signal_in_words
from trustladder.core.policy import Policy
from trustladder.core.signals import Signal
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.desk.story import Line, story
from trustladder.web.pages.who import name_of

SAID = (e.CustomerWrote, e.BotWrote, e.HumanWrote, e.ToolReturned, e.SystemNoted)
_SPEAKER = {Role.CUSTOMER: "Customer", Role.BOT: "Bot", Role.TOOL: "Tool", Role.SYSTEM: "System"}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A signal that was seen: what it observes, its strength (0 to 100), the words it rests on, and who read it."""

    name: str
    words: str
    strength: int
    quotes: tuple[str, ...]
    source: str


@dataclass(slots=True)
class Moment:
    """One turn, or what happened before the first, with what followed from it."""

    turn: Turn | None
    speaker: str
    kind: str
    sightings: list[Sighting] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    told: str = ""


def timeline(ticket: Ticket, history: Sequence[e.Recorded], policy: Policy) -> list[Moment]:
    """Return the moments of a ticket, oldest first. ``ticket`` is the fold of ``history``."""
    moments = [Moment(None, "", "start")]
    turns = iter(ticket.turns)
    for recorded in history:
        event = recorded.event
        if isinstance(event, SAID):
            turn = next(turns)
            moments.append(Moment(turn, _speaker(turn, policy), _kind(turn)))
        else:
            _follow(moments[-1], recorded, policy)
    return moments if moments[0].lines else moments[1:]


def _speaker(turn: Turn, policy: Policy) -> str:
    if turn.role is Role.HUMAN:
        return name_of(policy, turn.author) or "A colleague"
    return f"Tool {turn.author}" if turn.role is Role.TOOL and turn.author else _SPEAKER[turn.role]


def _kind(turn: Turn) -> str:
    return "note" if turn.internal else turn.role.value


def _follow(moment: Moment, recorded: e.Recorded, policy: Policy) -> None:
    event = recorded.event
    if isinstance(event, e.SignalsDetected):
        moment.sightings = _stronger(moment.sightings, [_sighting(s, moment) for s in event.signals if s.strength])
        if not event.unknown:
            return
    if isinstance(event, e.Escalated):
        moment.told = event.notice
    lines = [_with_name(line, event, policy) for line in story((recorded,))]
    if isinstance(event, e.Decided) and not event.decision.raises_lane:
        lines = [replace(line, kind="stays") for line in lines]
    if isinstance(event, e.DraftJudged):
        decided = next((line for line in reversed(moment.lines) if line.kind in {"stays", "decision"}), None)
        if decided is not None and decided.kind == "stays":  # it moved nothing: part of what the gate said
            moment.lines.remove(decided)
            lines = [replace(line, details=(*line.details, decided.sentence, *decided.details)) for line in lines]
    moment.lines += [line for line in lines if line.sentence not in {old.sentence for old in moment.lines}]


def _with_name(line: Line, event: e.Event, policy: Policy) -> Line:
    """Put a person's name in the place of the id."""
    match event:
        case (
            e.OwnershipTaken(person_id=person) | e.OwnershipReturned(person_id=person) | e.HandedBack(person_id=person)
        ):
            pass
        case e.Resolved(by=person):
            pass
        case _:
            return line
    return replace(line, sentence=line.sentence.replace(person, name_of(policy, person), 1))


def _stronger(held: list[Sighting], new: list[Sighting]) -> list[Sighting]:
    """Keep each signal once, the strongest first: a draft is read on top of the turn that it answers."""
    by_name: dict[str, Sighting] = {}
    for sighting in (*held, *new):
        known = by_name.get(sighting.name)
        if known is None or sighting.strength > known.strength:
            by_name[sighting.name] = sighting
    return sorted(by_name.values(), key=lambda sighting: -sighting.strength)


def _sighting(signal: Signal, moment: Moment) -> Sighting:
    """Return a signal with its quotes, but not the whole turn again that it stands beside."""
    whole = moment.turn.text.strip() if moment.turn is not None else ""
    quotes = tuple(dict.fromkeys(item.quote for item in signal.evidence if item.quote and item.quote != whole))
    return Sighting(signal.name, signal_in_words(signal.name), signal.strength, quotes, signal.source)
