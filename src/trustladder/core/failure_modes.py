"""The article's five failure modes, looked for in what happened: each that is found is named, with figures.

Escalation delay, escalation without context, sentiment-only escalation, metric blindness, no learning loop. A share
counts as found only when its 95 % interval lies beyond the bound, so that a few tickets accuse nobody.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from trustladder.core.episode import Episode
from trustladder.core.governance import Governance
from trustladder.core.intervals import wilson
from trustladder.core.policy import DAY_MS, Policy
from trustladder.core.signals import CATALOGUE
from trustladder.core.verdict import EpisodeVerdict, Verdict

LATE_BOUND = 0.10
"""Of the tickets that needed a person, more than this share late or missed is escalation delay."""
RESTATED_BOUND = 0.15
"""Of the handoffs after which the customer wrote on, more than this share restated is a handoff without context."""
COMPLETENESS_BOUND = 50
"""A handoff packet that is less complete than this (in hundredths) moves the workload and not the meaning."""
TOLD_BOUND = 0.02
"""When of the escalated and resolved tickets fewer than this share has a satisfaction, nobody looks."""
SILENT_TICKETS = 20
"""So many escalated and resolved tickets in a row without one answer say the same."""
SENTIMENT = frozenset({"sentiment", "sentiment_drop", "human_request", "urgency", "churn_threat"})
"""What explicit frustration shows in; a policy that reacts to nothing else waits until it is too late."""
LEARN_EVERY_DAYS = 35
"""After so many days without a run of Learn, thresholds stand whatever happens."""


class FailureMode(StrEnum):
    """The five ways in which escalation fails, as the article names them."""

    DELAY = "escalation_delay"
    NO_CONTEXT = "escalation_without_context"
    SENTIMENT_ONLY = "sentiment_only_escalation"
    METRIC_BLINDNESS = "metric_blindness"
    NO_LEARNING = "no_learning_loop"

    @property
    def words(self) -> str:
        """The mode in words, as pages show it."""
        return self.value.replace("_", " ").replace("sentiment only", "sentiment-only").capitalize()


@dataclass(frozen=True, slots=True)
class Finding:
    """A failure mode that was found: the sentence with its figures, what to do, and the tickets that show it."""

    mode: FailureMode
    sentence: str
    fix: str
    tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviews:
    """The state of the audit sample: how many reviews wait, are overdue, and were done in the period."""

    waiting: int = 0
    overdue: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the search goes by: judged episodes of the period, the policy in force, the journal and the reviews."""

    judged: Sequence[tuple[Episode, EpisodeVerdict]]
    policy: Policy
    governance: Governance
    reviews: Reviews
    now_ms: int


def failure_modes(evidence: Evidence) -> tuple[Finding, ...]:
    """Return the failure modes that the evidence shows, in the article's order."""
    return tuple(finding for look in _LOOKS for finding in look(evidence))


def _delay(evidence: Evidence) -> Iterator[Finding]:
    needed = [(episode, verdict) for episode, verdict in evidence.judged if verdict.golden is not None]
    late = [(ep, v) for ep, v in needed if v.verdict in {Verdict.LATE, Verdict.MISSED}]
    if not needed or wilson(len(late), len(needed))[0] <= LATE_BOUND:
        return
    turns = sorted(verdict.late_by_turns for _, verdict in late)
    missed = sum(1 for _, verdict in late if verdict.verdict is Verdict.MISSED)
    yield Finding(
        FailureMode.DELAY,
        f"Of {len(needed):,} tickets that needed a person, {len(late):,} ({_percent(len(late), len(needed))}) got one "
        f"late or not at all ({missed:,} never); in the middle one the bot went on {_turns(turns[len(turns) // 2])}.",
        "Lower escalate_at or add a hard rule for what these tickets share; price the change with a backtest first.",
        _names(late),
    )


def _no_context(evidence: Evidence) -> Iterator[Finding]:
    handed = [episode for episode, _ in evidence.judged if episode.handed_off]
    packets = [episode for episode in handed if episode.handoff_completeness is not None]
    poor = [ep for ep in packets if (ep.handoff_completeness or 0) < COMPLETENESS_BOUND]
    told = [ep for ep in handed if ep.human_turns and any(turn > ep.human_turns[0] for turn in ep.customer_turns)]
    restated = [episode for episode in told if episode.restated]
    parts = []
    if packets and wilson(len(poor), len(packets))[0] > RESTATED_BOUND:
        share = _percent(len(poor), len(packets))
        parts.append(f"{len(poor):,} of {len(packets):,} handoff packets ({share}) were less than half complete")
    if told and wilson(len(restated), len(told))[0] > RESTATED_BOUND:
        share = _percent(len(restated), len(told))
        parts.append(
            f"in {len(restated):,} of {len(told):,} handoffs ({share}) the customer had to restate the problem"
        )
    if parts:
        yield Finding(
            FailureMode.NO_CONTEXT,
            _sentence("; ".join(parts)),
            "Open the packets of these tickets: see which parts are empty, and whether the helpdesk shows the card.",
            tuple(dict.fromkeys(episode.ticket_id for episode in (*poor, *restated))),
        )


def _sentiment_only(evidence: Evidence) -> Iterator[Finding]:
    relevant = evidence.policy.relevant_signals
    if relevant - SENTIMENT or not relevant:
        return
    blind: Counter[str] = Counter()
    shown: list[str] = []
    for episode, verdict in evidence.judged:
        seen = {name for name in episode.clear_signals if name in CATALOGUE and name not in SENTIMENT}
        if seen and verdict.verdict in {Verdict.LATE, Verdict.MISSED}:
            blind.update(seen)
            shown.append(episode.ticket_id)
    most = ", ".join(f"{name} ({n:,})" for name, n in blind.most_common(3))
    yield Finding(
        FailureMode.SENTIMENT_ONLY,
        f"The policy reacts to {', '.join(sorted(relevant))} and to nothing else."
        + (f" {len(shown):,} tickets that were late or missed had shown other signals before: {most}." if most else ""),
        "Give weights or rules to repetition, payment, policy_ambiguity, account_value and the bot's own signals.",
        tuple(shown),
    )


def _metric_blindness(evidence: Evidence) -> Iterator[Finding]:
    ended = [ep for ep, _ in evidence.judged if ep.handed_off and ep.resolved_at_ms is not None]
    silent = [ep for ep in ended if ep.satisfaction is None and not ep.complaint]
    told = len(ended) - len(silent)
    none_of_many = not told and len(ended) >= SILENT_TICKETS
    if none_of_many or (ended and wilson(told, len(ended))[1] < TOLD_BOUND):
        yield Finding(
            FailureMode.METRIC_BLINDNESS,
            f"Of {len(ended):,} escalated tickets that were resolved, {told:,} have a satisfaction or a complaint: how "
            "customers took the hard cases is not measured.",
            "Ask for satisfaction when a person resolves, and post it to the ticket's satisfaction endpoint.",
            tuple(episode.ticket_id for episode in silent),
        )


def _no_learning(evidence: Evidence) -> Iterator[Finding]:
    parts = []
    reviews, ran = evidence.reviews, evidence.governance.last_learn
    if reviews.overdue and not reviews.done:
        parts.append(
            f"{reviews.overdue:,} reviews of the audit sample are overdue and none was done: what was missed is unknown"
        )
    if ran is not None and evidence.now_ms - ran[0] > LEARN_EVERY_DAYS * DAY_MS:
        parts.append(f"Learn was last run {(evidence.now_ms - ran[0]) // DAY_MS:,} days ago")
    if parts:
        yield Finding(
            FailureMode.NO_LEARNING,
            _sentence("; ".join(parts)),
            "Give somebody the review queue each week, and decide on the proposals that come of it.",
        )


_LOOKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _delay,
    _no_context,
    _sentiment_only,
    _metric_blindness,
    _no_learning,
)


def _turns(n: int) -> str:
    return "for 1 turn" if n == 1 else f"for {n:,} turns"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}".replace("%", " %")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _names(judged: Sequence[tuple[Episode, EpisodeVerdict]]) -> tuple[str, ...]:
    return tuple(episode.ticket_id for episode, _ in judged)
