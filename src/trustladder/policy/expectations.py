"""Compare what a scenario expects of a turn with what happened, in sentences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from trustladder.core.containment import NO_AUTHORITY, Act, Authority, lane_of
from trustladder.policy.play import Moment
from trustladder.policy.scenario_model import ExpectPart, LaneRange


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that did not hold: where it stands, what was expected, what happened, and why it did."""

    where: str
    expected: str
    got: str
    why: tuple[str, ...] = ()


_Miss = tuple[str, str, str]
"""The key under ``expect``, what was expected, what happened."""


def failures_of(moment: Moment, expect: ExpectPart, where: Callable[[str], str]) -> Iterator[Failure]:
    """Yield what did not hold. ``where`` gives the place of a key under ``expect``."""
    why = tuple(_why(moment))
    for compare in (_lane, _risk, _signals, _rules, _acts, _handling):
        for key, expected, got in compare(moment, expect):
            yield Failure(where(key), expected, got, why)


def _why(moment: Moment) -> Iterator[str]:
    decision = moment.decision
    if decision is None:
        return
    for reason in decision.reasons:
        yield f"{reason.rule_id}: {reason.sentence}"
    points = ", ".join(f"{part.name} {part.points_hundredths / 100:+g}" for part in decision.risk.contributions)
    yield f"points {decision.risk.points:+g} ({points})"
    yield from (f"{flip.change} would have given {flip.lane.word}" for flip in decision.flips)
    if moment.judgement is not None:
        yield from moment.judgement.objections


def _lane(moment: Moment, expect: ExpectPart) -> Iterator[_Miss]:
    got, wanted = moment.ticket.lane, expect.lane
    if isinstance(wanted, str) and got is not lane_of(wanted):
        yield "lane", f"the lane {wanted}", got.word
    if isinstance(wanted, LaneRange):
        if wanted.at_least is not None and got < lane_of(wanted.at_least):
            yield "lane", f"at least the lane {wanted.at_least}", got.word
        if wanted.at_most is not None and got > lane_of(wanted.at_most):
            yield "lane", f"at most the lane {wanted.at_most}", got.word


def _risk(moment: Moment, expect: ExpectPart) -> Iterator[_Miss]:
    if expect.risk is None or moment.decision is None:
        return
    got, low, high = moment.decision.risk.probability, expect.risk.at_least, expect.risk.at_most
    if low is not None and got < low:
        yield "risk", f"a risk of at least {low:.0%}", f"{got:.1%}"
    if high is not None and got > high:
        yield "risk", f"a risk of at most {high:.0%}", f"{got:.1%}"


def _signals(moment: Moment, expect: ExpectPart) -> Iterator[_Miss]:
    board = {name: signal.strength for name, signal in moment.ticket.signals.items() if signal.strength}
    ranges = expect.signals if isinstance(expect.signals, dict) else dict.fromkeys(expect.signals)
    for name, wanted in ranges.items():
        low = wanted.at_least if wanted is not None and wanted.at_least is not None else 1
        high = wanted.at_most if wanted is not None else None
        got = board.get(name, 0)
        if got < low and (wanted is None or wanted.at_least is not None):
            yield "signals", f"the signal {name} at {low} or more", str(got) if got else "it is not there"
        if high is not None and got > high:
            yield "signals", f"the signal {name} at {high} or less", str(got)
    for name in expect.no_signals:
        if name in board:
            yield "no_signals", f"no signal {name}", str(board[name])


def _rules(moment: Moment, expect: ExpectPart) -> Iterator[_Miss]:
    spoke = moment.decision.rule_ids if moment.decision is not None else ()
    shown = ", ".join(spoke) or "no rule spoke"
    for rule_id in expect.rules:
        if rule_id not in spoke:
            yield "rules", f"a reason from the rule {rule_id}", shown
    for rule_id in expect.no_rules:
        if rule_id in spoke:
            yield "no_rules", f"no reason from the rule {rule_id}", shown


def _acts(moment: Moment, expect: ExpectPart) -> Iterator[_Miss]:
    held = _authority(moment)
    shown = ", ".join(held.acts) or "it may do nothing"
    for word in expect.may:
        if Act(word) not in held.acts:
            yield "may", f"automation may {word}", shown
    for word in expect.may_not:
        if Act(word) in held.acts:
            yield "may_not", f"automation may not {word}", shown


def _authority(moment: Moment) -> Authority:
    if not moment.ticket.lane.automation_may_speak or moment.decision is None:
        return NO_AUTHORITY
    return moment.decision.authority


def _handling(moment: Moment, expect: ExpectPart) -> Iterator[_Miss]:
    queue = moment.ticket.handoff.queue if moment.ticket.handoff is not None else None
    if expect.queue is not None and expect.queue != queue:
        yield "queue", f"the queue {expect.queue}", queue or "it was not handed over"
    if expect.notified is not None and expect.notified != moment.ticket.watched:
        told = "a person was told" if moment.ticket.watched else "nobody was told"
        yield "notified", "a person told" if expect.notified else "nobody told", told
    answer = moment.judgement.answer.value if moment.judgement is not None else None
    if expect.gate is not None and expect.gate != answer:
        yield "gate", f"the gate to {expect.gate}", answer or "the turn is no draft"
