"""Verdicts: was a ticket escalated on time, late, unnecessarily, not at all, or rightly left to automation?

The *golden turn* is the turn at which, knowing the end, the ticket should have been escalated. It comes from rules on
hindsight over the whole episode, each with its source and its confidence; where a person has reviewed the case, the
person's word stands instead.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from trustladder.core.episode import Episode


class Verdict(StrEnum):
    """How well the moment of the handoff was chosen."""

    ON_TIME = "on_time"
    LATE = "late"
    UNNECESSARY = "unnecessary"
    MISSED = "missed"
    RIGHTLY_AUTOMATED = "rightly_automated"


BAD_VERDICTS = frozenset({Verdict.LATE, Verdict.MISSED})
"""The verdicts of a ticket in which automation stayed too long."""


@dataclass(frozen=True, slots=True)
class GoldenTurn:
    """The turn at which the ticket should have been escalated: why, who says so, how surely (0 to 100)."""

    turn: int
    why: str
    source: str
    confidence: int


@dataclass(frozen=True, slots=True)
class EpisodeVerdict:
    """The verdict on one episode. ``late_by_turns`` counts the bot's turns after the golden turn.

    ``reviewer`` is the person who gave it, empty where rules on hindsight did. ``fault`` is what the reviewer found at
    fault: ``answer``, ``timing`` or ``handoff``.
    """

    verdict: Verdict
    golden: GoldenTurn | None
    handoff_turn: int | None
    late_by_turns: int = 0
    reviewer: str = ""
    fault: str = ""


GOOD_OUTCOMES = frozenset({"solved", "resolved", "success", "closed"})
BAD_OUTCOMES = frozenset({"failed", "unsolved", "abandoned", "failure"})
LOW_SATISFACTION = 40
"""Below this, in hundredths of the scale, a customer counts as dissatisfied (2 of 5 or less is 25)."""

REOPENED_WITHIN_MS = 7 * 86_400_000
"""A ticket that comes back this soon after automation closed it was not solved."""

_HARD = (
    ("human_request", "the customer asked for a person", 90),
    ("legal_or_safety", "law or safety came up", 85),
    ("security", "access or fraud came up", 70),
)
_SIGNS = ("rejection", "repetition")
_REFUNDS = ("refund", "reimburs", "credit", "goodwill", "exception", "waive", "compensat")

WITHOUT_A_SIGN = 25
"""Confidence that a rule loses where the end was bad and no turn shows a sign of it: the turn is then a guess."""


def golden_turn(episode: Episode) -> GoldenTurn | None:
    """Return the golden turn: a reviewer's, or the earliest that the rules on hindsight give, or None."""
    if episode.review is not None:
        turn, by = episode.review.golden_turn, episode.review.reviewer
        return GoldenTurn(turn, "a person reviewed the case", f"review:{by}", 100) if turn >= 0 else None
    return next(iter(golden_turns(episode)), None)


def golden_turns(episode: Episode) -> tuple[GoldenTurn, ...]:
    """Return what every rule on hindsight says, earliest turn first, the surer first at one turn.

    Hard needs count whatever the end. A need stated a third time counts unless the end was good. What came after
    counts from the first sign of trouble: a person had to make good, a refund or an exception was granted, the
    customer complained or was dissatisfied, automation's closing did not hold for a week, the outcome was bad.
    """
    found = (*_hard_needs(episode), *_repeated(episode), *_ended(episode))
    return tuple(sorted(found, key=lambda golden: (golden.turn, -golden.confidence)))


def _hard_needs(episode: Episode) -> Iterator[GoldenTurn]:
    for signal, why, confidence in _HARD:
        for turn in episode.turns_with(signal)[:1]:
            yield GoldenTurn(turn, why, f"hindsight:{signal}", confidence)


def _repeated(episode: Episode) -> Iterator[GoldenTurn]:
    repeated = episode.turns_with("repetition")
    if len(repeated) > 1 and not went_well(episode):
        yield GoldenTurn(repeated[1], "the need was repeated a second time", "hindsight:repetition", 75)


def _ended(episode: Episode) -> Iterator[GoldenTurn]:
    """Yield what the end says: at the first sign of trouble, or else where a person could last have come."""
    signs = sorted(turn for signal in _SIGNS for turn in episode.turns_with(signal)[:1])
    turn = signs[0] if signs else _last_moment(episode)
    if turn is None:
        return
    for source, why, confidence in _ends(episode):
        yield GoldenTurn(turn, why, f"hindsight:{source}", confidence - (0 if signs else WITHOUT_A_SIGN))


def _ends(episode: Episode) -> Iterator[tuple[str, str, int]]:
    repaired = episode.repair.casefold() if episode.handed_off else ""
    if any(word in repaired for word in _REFUNDS):
        yield "refund", "a person granted a refund or an exception", 75
    elif repaired:
        yield "correction", "a person had to make good what the bot had answered", 75
    if episode.complaint:
        yield "complaint", "the customer complained", 70
    if _came_back(episode):
        yield "reopened", "automation closed it, and it came back within seven days", 70
    if episode.outcome in BAD_OUTCOMES or _dissatisfied(episode):
        yield "outcome", "it ended badly", 60


def _last_moment(episode: Episode) -> int | None:
    """Return the last customer's turn that the bot answered before people came; None where the bot answered none."""
    before = [turn for turn in episode.bot_turns if episode.handoff_turn is None or turn <= episode.handoff_turn]
    return max((turn for turn in episode.customer_turns if before and turn < before[-1]), default=None)


def _came_back(episode: Episode) -> bool:
    closed, back = episode.resolved_at_ms, episode.reopened_at_ms
    if closed is None or back is None or episode.handed_off:
        return False
    return back - closed <= REOPENED_WITHIN_MS


def went_well(episode: Episode) -> bool:
    """True when the outcome or the customer says that it ended well, and nobody complained."""
    content = episode.satisfaction is not None and episode.satisfaction >= LOW_SATISFACTION
    told = episode.outcome in GOOD_OUTCOMES or content
    return told and not went_badly(episode)


def went_badly(episode: Episode) -> bool:
    """True when the outcome was bad, the customer complained or was dissatisfied."""
    return episode.outcome in BAD_OUTCOMES or episode.complaint or _dissatisfied(episode)


def _dissatisfied(episode: Episode) -> bool:
    return episode.satisfaction is not None and episode.satisfaction < LOW_SATISFACTION


def hindsight(episode: Episode) -> EpisodeVerdict:
    """Return the verdict on what happened: the reviewer's where a person reviewed the case, else by the rules."""
    judged = verdict_on(episode, golden_turn(episode), episode.handoff_turn)
    review = episode.review
    if review is None:
        return judged
    return replace(judged, verdict=Verdict(review.verdict), reviewer=review.reviewer, fault=review.fault)


def verdict_on(episode: Episode, golden: GoldenTurn | None, handoff_turn: int | None) -> EpisodeVerdict:
    """Return the verdict on a handoff at ``handoff_turn`` (None: never) against the golden turn."""
    if golden is None:
        verdict = Verdict.RIGHTLY_AUTOMATED if handoff_turn is None else Verdict.UNNECESSARY
        return EpisodeVerdict(verdict, None, handoff_turn)
    if handoff_turn is None:
        after = len([turn for turn in episode.bot_turns if turn > golden.turn])
        return EpisodeVerdict(Verdict.MISSED, golden, None, after)
    late_by = len([turn for turn in episode.bot_turns if golden.turn < turn <= handoff_turn])
    return EpisodeVerdict(Verdict.LATE if late_by else Verdict.ON_TIME, golden, handoff_turn, late_by)


TOLERANCES = (1, 2, 3)
"""The tolerances, in turns, at which GT-T is given."""

LATE_WEIGHT = 2.0
"""How many times the distance of a late handoff counts: the extra turns do the damage."""


def golden_transfer_within(
    golden: int | None, handoff: int | None, tolerance: int, late_weight: float = LATE_WEIGHT
) -> float:
    """Return an episode's GT-T score, 0 to 1, after Liu et al. (AAAI 2021), for the first escalation only.

    Both none gives 1, one of them none gives 0. Otherwise ``exp(−d² / (2 T²))`` of the distance in turns ``d``, within
    a reach of 3 T; a late handoff's distance counts ``late_weight`` times.
    """
    if golden is None or handoff is None:
        return float(golden is None and handoff is None)
    distance = abs(handoff - golden) * (late_weight if handoff > golden else 1.0)
    return math.exp(-(distance**2) / (2 * tolerance**2)) if distance <= 3 * tolerance else 0.0


@dataclass(frozen=True, slots=True)
class GoldenTransfer:
    """The mean GT-T of ``n`` episodes of one ticket type, for each of the `TOLERANCES`; 1 is best."""

    ticket_type: str
    n: int
    scores: tuple[float, ...]


def golden_transfers(judged: Iterable[tuple[Episode, EpisodeVerdict]]) -> tuple[GoldenTransfer, ...]:
    """Return the mean GT-T by ticket type, most episodes first; the distance is in the bot's or customer's turns.

    A late handoff's distance is the bot's turns in between, an early one's the customer's.
    """
    by_type: dict[str, list[tuple[Episode, EpisodeVerdict]]] = defaultdict(list)
    for episode, verdict in judged:
        by_type[episode.ticket_type].append((episode, verdict))
    found = [GoldenTransfer(name, len(pairs), mean_golden_transfer(pairs)) for name, pairs in by_type.items()]
    return tuple(sorted(found, key=lambda transfer: (-transfer.n, transfer.ticket_type)))


def mean_golden_transfer(judged: Iterable[tuple[Episode, EpisodeVerdict]]) -> tuple[float, ...]:
    """Return the mean GT-T of at least one episode, for each of the `TOLERANCES`."""
    places = [_places(episode, verdict) for episode, verdict in judged]
    return tuple(sum(golden_transfer_within(*at, tolerance) for at in places) / len(places) for tolerance in TOLERANCES)


def _places(episode: Episode, verdict: EpisodeVerdict) -> tuple[int | None, int | None]:
    """Return golden turn and handoff on a scale on which 1 is a turn of the bot's (late) or the customer's (early)."""
    golden, handoff = verdict.golden, verdict.handoff_turn
    if golden is None or handoff is None:
        return (None if golden is None else 0), (None if handoff is None else 0)
    early = sum(1 for turn in episode.customer_turns if handoff < turn <= golden.turn)
    return 0, verdict.late_by_turns or -early
