"""One run of Learn: what a period's episodes say about timing, trust and the thresholds, with every finding named."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trustladder.core.episode import Episode
from trustladder.core.failure_modes import Evidence, Finding, Reviews, failure_modes
from trustladder.core.governance import Governance
from trustladder.core.indicators import Indicator, TrendPoint, five_indicators, trend
from trustladder.core.policy import DAY_MS, Policy
from trustladder.core.verdict import EpisodeVerdict, GoldenTransfer, Verdict, golden_transfers, hindsight
from trustladder.learn.misses import MissEstimate, drawn_of, missed_rate
from trustladder.learn.spillover import Spillover, trust_spillover

WEEK_MS = 7 * DAY_MS
PERIOD_DAYS = 28
"""Four whole weeks: every weekday counts alike."""
TREND_WEEKS = 12
"""How many weeks the trend goes back."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """What dashboards show and what stands beside the indicators here: how much automation handled.

    ``deflection`` is the share of episodes that no person ever had (0 to 1), None without any.
    """

    episodes: int
    automated: int
    handed_off: int
    bot_turns: int

    @property
    def deflection(self) -> float | None:
        """The share that automation kept."""
        return self.automated / self.episodes if self.episodes else None


@dataclass(frozen=True, slots=True)
class TypeVerdicts:
    """The verdicts on one ticket type: how many of each, and how many a person reviewed."""

    ticket_type: str
    n: int
    counts: Mapping[str, int]
    reviewed: int


@dataclass(frozen=True, slots=True)
class LearnRun:
    """What one run found on the episodes that began from ``since_ms`` up to ``now_ms`` (epoch milliseconds).

    ``indicators`` stand beside those of the period of the same length ``before``, ``trend`` has them by week, and
    ``releases_ms`` are the moments at which a policy came into force. ``late`` are the tickets to read first, with how
    many turns late each was.
    """

    since_ms: int
    now_ms: int
    policy_name: str
    policy_digest: str
    indicators: tuple[Indicator, ...]
    before: tuple[Indicator, ...]
    trend: tuple[TrendPoint, ...]
    releases_ms: tuple[int, ...]
    types: tuple[TypeVerdicts, ...]
    transfers: tuple[GoldenTransfer, ...]
    misses: MissEstimate
    spillover: Spillover
    findings: tuple[Finding, ...]
    throughput: Throughput
    reviews: Reviews
    late: tuple[tuple[str, int], ...]


def run_learn(
    episodes: Sequence[Episode],
    policy: Policy,
    governance: Governance,
    reviews: Reviews,
    now_ms: int,
    days: int = PERIOD_DAYS,
) -> LearnRun:
    """Run Learn over the episodes that began in the last ``days`` days, held beside the days before them."""
    since_ms = now_ms - days * DAY_MS
    period = [episode for episode in episodes if since_ms <= episode.started_at_ms <= now_ms]
    before = [episode for episode in episodes if since_ms - days * DAY_MS <= episode.started_at_ms < since_ms]
    judged = judge(period)
    kept = [episode for episode, _ in judged if not episode.handed_off]
    return LearnRun(
        since_ms=since_ms,
        now_ms=now_ms,
        policy_name=policy.name,
        policy_digest=policy.digest,
        indicators=five_indicators(period, policy.targets, now_ms),
        before=five_indicators(before, policy.targets, since_ms),
        trend=trend([ep for ep in episodes if ep.started_at_ms >= now_ms - TREND_WEEKS * WEEK_MS]),
        releases_ms=tuple(at_ms for at_ms, _ in governance.releases[1:]),
        types=_by_type(judged),
        transfers=golden_transfers(judged),
        misses=missed_rate(drawn_of(kept), len(kept)),
        spillover=trust_spillover(judge(episodes)),
        findings=failure_modes(Evidence(judged, policy, governance, reviews, now_ms)),
        throughput=throughput(period),
        reviews=reviews,
        late=_late(judged),
    )


def judge(episodes: Iterable[Episode]) -> list[tuple[Episode, EpisodeVerdict]]:
    """Return the episodes in which a bot spoke or a person was needed, each with its verdict in hindsight."""
    return [(episode, hindsight(episode)) for episode in episodes if episode.bot_turns or episode.handed_off]


def throughput(episodes: Sequence[Episode]) -> Throughput:
    """Return how much automation handled."""
    handed = sum(1 for episode in episodes if episode.handed_off)
    turns = sum(len(episode.bot_turns) for episode in episodes)
    return Throughput(len(episodes), len(episodes) - handed, handed, turns)


def _by_type(judged: Sequence[tuple[Episode, EpisodeVerdict]]) -> tuple[TypeVerdicts, ...]:
    by_type: dict[str, list[EpisodeVerdict]] = {}
    for episode, verdict in judged:
        by_type.setdefault(episode.ticket_type or "unknown", []).append(verdict)
    rows = [_type_row(name, verdicts) for name, verdicts in by_type.items()]
    return tuple(sorted(rows, key=lambda row: (-row.n, row.ticket_type)))


def _type_row(name: str, verdicts: Sequence[EpisodeVerdict]) -> TypeVerdicts:
    counts = Counter(verdict.verdict.value for verdict in verdicts)
    reviewed = sum(1 for verdict in verdicts if verdict.reviewer)
    return TypeVerdicts(name, len(verdicts), {verdict.value: counts[verdict.value] for verdict in Verdict}, reviewed)


def _late(judged: Sequence[tuple[Episode, EpisodeVerdict]], most: int = 50) -> tuple[tuple[str, int], ...]:
    late = [
        (episode.ticket_id, verdict.late_by_turns)
        for episode, verdict in judged
        if verdict.verdict in {Verdict.LATE, Verdict.MISSED}
    ]
    return tuple(sorted(late, key=lambda item: (-item[1], item[0]))[:most])
