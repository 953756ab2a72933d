"""A ticket's story: its ledger in sentences, for `trustladder explain` and for the pages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from trustladder.core import events as e
from trustladder.core.containment import Answer
from trustladder.core.decision import Decision, ReasonKind
from trustladder.core.risk import HUNDREDTHS
from trustladder.core.summary import one_line
from trustladder.errors import NoSuchTicket
from trustladder.ledger.protocol import Ledger, TicketKey

QUOTE_CHARACTERS = 200
TOP_CONTRIBUTIONS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story: when (epoch milliseconds), what kind of thing happened, the sentence, and details."""

    position: int
    at_ms: int
    kind: str
    sentence: str
    details: tuple[str, ...] = ()


def explained(ledger: Ledger, key: TicketKey) -> tuple[Line, ...]:
    """Return the story of a ticket. Raises NoSuchTicket."""
    history = ledger.history(key)
    if not history:
        raise NoSuchTicket(f"there is no ticket {key.ticket_id!r} for tenant {key.tenant!r}", fix="check the id")
    return tuple(story(history))


def story(history: Iterable[e.Recorded]) -> Iterator[Line]:
    """Yield the lines of a history; what says nothing to a reader is left out."""
    for recorded in history:
        told = _tell(recorded.event)
        if told is not None:
            kind, sentence, details = told
            yield Line(recorded.position, recorded.at_ms, kind, sentence, details)


_Told = tuple[str, str, tuple[str, ...]] | None


def _tell(event: e.Event) -> _Told:
    match event:
        case e.CustomerWrote() | e.BotWrote() | e.HumanWrote() | e.ToolReturned() | e.SystemNoted():
            return _said(event)
        case e.SignalsDetected():
            return _seen(event)
        case e.Decided():
            return "decision", decision_sentence(event.decision), decision_details(event.decision)
        case e.DraftJudged():
            return "gate", _gate_sentence(event), event.objections
        case _:
            return _moved(event)


def _quote(text: str) -> str:
    return one_line(text, QUOTE_CHARACTERS)


def _said(event: e.Event) -> _Told:
    match event:
        case e.CustomerWrote():
            return "customer", f"The customer: “{_quote(event.text)}”", ()
        case e.BotWrote():
            return "bot", f"The bot: “{_quote(event.text)}”", ()
        case e.HumanWrote():
            who = event.person_id or "A person"
            return "human", f"{who}{', to colleagues' if event.internal else ''}: “{_quote(event.text)}”", ()
        case e.ToolReturned():
            return (
                "tool",
                f"{event.name or 'A tool'} {'failed' if event.failed else 'returned'}: {_quote(event.text)}",
                (),
            )
        case e.SystemNoted():
            return "system", _quote(event.text), ()
        case _:
            return None


def _seen(event: e.SignalsDetected) -> _Told:
    clear = [signal for signal in event.signals if signal.strength]
    if not clear and not event.unknown:
        return None
    named = [f"{signal.name} {signal.strength}" for signal in clear]
    named += [f"{signal.name} could not be read ({signal.reason})" for signal in event.unknown]
    quotes = tuple(
        f"{signal.name}: “{_quote(item.quote)}”" for signal in clear for item in signal.evidence if item.quote
    )
    return "signals", "Seen: " + ", ".join(named) + ".", quotes


def decision_sentence(decision: Decision) -> str:
    """Return a decision in one sentence: the lane, the risk and the first reason."""
    stays = "stays" if decision.lane == decision.previous_lane else "becomes"
    parts = [f"The ticket {stays} {decision.lane.word}: "]
    first = decision.reasons[0] if decision.reasons else None
    if first is None or first.kind is not ReasonKind.RISK:
        parts.append(f"Resolution Risk is {decision.risk.probability:.0%}")
    if first is not None:
        parts.append(f"{'; ' if len(parts) > 1 else ''}{first.sentence.rstrip('.')} (rule {first.rule_id})")
    return "".join(parts) + "."


def decision_details(decision: Decision) -> tuple[str, ...]:
    """Return what stands behind a decision: points, further reasons, and what would have flipped it."""
    parts = decision.risk.contributions[:TOP_CONTRIBUTIONS]
    points = ", ".join(f"{part.name} {part.points_hundredths / HUNDREDTHS:+g}" for part in parts)
    more = tuple(f"also: {reason.sentence.rstrip('.')} (rule {reason.rule_id})" for reason in decision.reasons[1:])
    flips = tuple(f"{flip.change} → {flip.lane.word}" for flip in decision.flips)
    flipped = ("it would have flipped with: " + "; ".join(flips),) if flips else ()
    return (f"points: {points}", *more, *flipped, f"policy {decision.policy_digest[:12]}")


def _gate_sentence(event: e.DraftJudged) -> str:
    did = {Answer.RELEASE: "released", Answer.REPLACE: "replaced", Answer.WITHHOLD: "withheld"}[event.answer]
    acts = ", ".join(act.value for act in event.acts) or "no speech act"
    return f"The gate {did} the draft “{_quote(event.text)}” ({acts})."


def _moved(event: e.Event) -> _Told:
    match event:
        case e.Contained():
            acts = ", ".join(act.value for act in event.authority.acts) or "nothing"
            return "lane", f"Contained: automation may still {acts}.", ()
        case e.PersonNotified():
            return "lane", f"A person of {event.queue} was told to watch.", ()
        case e.Escalated():
            due = _utc(event.claim_by_ms)
            sentence = f"Escalated to {event.queue}, to be claimed by {due}: {event.reason.rstrip('.')}."
            return "lane", sentence, (f"the customer was told: “{event.notice}”",) if event.notice else ()
        case _:
            return _by_people(event)


def _by_people(event: e.Event) -> _Told:
    match event:
        case e.OwnershipTaken():
            return "lane", f"{event.person_id} owns the ticket ({event.how}).", _passed_over(event)
        case e.OwnershipReturned():
            if event.returned_by:
                return "clock", f"The ticket went back to its queue: {event.reason}.", ()
            return "lane", f"{event.person_id} returned the ticket: {event.reason}.", ()
        case e.SentUp():
            sentence = f"{event.person_id} sent the ticket up to {event.queue}: {event.amount:g} is above their limit."
            return "lane", sentence, (f"they propose: {event.proposal}",) if event.proposal else ()
        case e.HandedBack():
            note = f": {event.note}" if event.note else ""
            return "lane", f"{event.person_id} handed the ticket back to automation{note}.", ()
        case e.ClockBreached() | e.ClockPaused() | e.ClockResumed() | e.ClockRestored():
            return "clock", _clock_sentence(event), ()
        case _:
            return _ended(event)


def _passed_over(event: e.OwnershipTaken) -> tuple[str, ...]:
    named = event.standing.passed_over if event.standing is not None else ()
    return tuple(
        f"{passed.ticket_id} in {passed.queue} stood {passed.times_higher:g} times higher"
        + (f" (allowed: {passed.allowed})" if passed.allowed else "")
        for passed in named[:TOP_CONTRIBUTIONS]
    )


def _clock_sentence(event: e.ClockBreached | e.ClockPaused | e.ClockResumed | e.ClockRestored) -> str:
    match event:
        case e.ClockBreached():
            return f"The {event.clock} deadline passed; the ticket is with {event.queue}."
        case e.ClockPaused():
            return f"It is the customer's turn: the resolve clock waits, until {_utc(event.until_ms)} at most."
        case e.ClockResumed():
            why = "The customer answered" if event.answered else "The customer did not answer in time"
            return f"{why}: the resolve clock runs again, until {_utc(event.resolve_by_ms)}."
        case e.ClockRestored():
            return f"The ticket had no timer; the watchdog set it again ({event.clock}, {_utc(event.due_ms)})."


def _utc(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _ended(event: e.Event) -> _Told:
    match event:
        case e.Resolved():
            cause = f"; cause: {event.cause}" if event.cause else ""
            repair = f"; repair: {event.repair}" if event.repair else ""
            asked = (f"the customer was asked: “{event.question}”",) if event.question else ()
            return "lane", f"Resolved by {event.by}: {event.outcome}{cause}{repair}.", asked
        case e.Reopened():
            return "lane", f"Reopened: {event.reason or 'it came back'}.", ()
        case e.SatisfactionGiven():
            score = "" if event.score is None else f" {event.score} of 100"
            solved = {None: "", True: ", solved", False: ", not solved"}[event.solved]
            return "satisfaction", f"Satisfaction{score}{solved}{', with a complaint' if event.complaint else ''}.", ()
        case e.RestatementNoted():
            lost = (f"{event.noted_by}: {event.what}",) if event.what else ()
            return "handoff", "The customer had to restate the problem after the handoff.", lost
        case _:
            return _learned(event)


def _learned(event: e.Event) -> _Told:
    match event:
        case e.CaseReviewed():
            fault = f"; at fault: {event.fault}" if event.fault else ""
            note = (event.note,) if event.note else ()
            return "review", f"{event.reviewer} reviewed it: {event.verdict.replace('_', ' ')}{fault}.", note
        case e.ShadowDecided():
            sentence = f"In the shadow, policy {event.policy_digest[:12]} asks for {event.proposed.word}."
            return "shadow", sentence, ()
        case _:
            return None


def story_text(lines: Iterable[Line]) -> str:
    """Return the story as plain text, one moment a paragraph."""
    out: list[str] = []
    for line in lines:
        moment = datetime.fromtimestamp(line.at_ms / 1000, UTC)
        out.append(f"{line.position:>4}  {moment:%Y-%m-%d %H:%M:%S}  {line.sentence}")
        out += [" " * 27 + detail for detail in line.details]
    return "\n".join(out)
