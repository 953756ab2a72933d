"""What the service keeps of Learn: the ledger's episodes, the newest run, the review queue, and the canary's watch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from trustladder.core.episode import Episode
from trustladder.core.failure_modes import Reviews
from trustladder.core.governance import LearnRan, Stage
from trustladder.core.policy import DAY_MS
from trustladder.desk.reviews import REVIEW
from trustladder.desk.rollout import Rollouts
from trustladder.learn.live import LiveEpisodes
from trustladder.learn.run import PERIOD_DAYS, LearnRun, run_learn
from trustladder.ledger.protocol import Due, DueState, Ledger

log = structlog.get_logger()

FRESH_SECONDS = 20.0
"""How old the figures of a page may be."""
MOST_REVIEWS = 1_000


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    run: LearnRun


class Learning:
    """Learn over the service's ledger. Safe to share between threads."""

    def __init__(self, ledger: Ledger, rollouts: Rollouts) -> None:
        self.ledger = ledger
        self.rollouts = rollouts
        self.live = LiveEpisodes(ledger)
        self._kept: dict[tuple[str, int], _Kept] = {}

    def episodes(self, tenant: str) -> list[Episode]:
        """Return the tenant's episodes as the ledger has them now."""
        return self.live.episodes(tenant)

    def run(self, tenant: str, days: int = PERIOD_DAYS) -> LearnRun:
        """Return what Learn finds now, at most `FRESH_SECONDS` old."""
        kept = self._kept.get((tenant, days))
        if kept is None or time.monotonic() - kept.at > FRESH_SECONDS:
            kept = self._kept[tenant, days] = _Kept(time.monotonic(), self._run(tenant, days))
        return kept.run

    def run_for(self, tenant: str, by: str, days: int = PERIOD_DAYS) -> LearnRun:
        """Run Learn in a person's name: what was found goes into the journal."""
        found = self._run(tenant, days)
        self._kept[tenant, days] = _Kept(time.monotonic(), found)
        names = tuple(finding.mode.value for finding in found.findings)
        self.rollouts.note(tenant, LearnRan(by, found.throughput.episodes, names))
        return found

    def waiting(self, tenant: str) -> list[Due]:
        """Return the episodes of the audit sample that nobody has re-read, the earliest due first."""
        return self.ledger.list_due(DueState.WAITING, tenant=tenant, kinds=[REVIEW], limit=MOST_REVIEWS)

    def _run(self, tenant: str, days: int) -> LearnRun:
        episodes, now_ms = self.episodes(tenant), self.ledger.now_ms()
        reviews = _reviews(episodes, self.waiting(tenant), now_ms, days)
        state, policy = self.rollouts.state(tenant), self.rollouts.in_force(tenant)
        return run_learn(episodes, policy, state, reviews, now_ms, days)


def _reviews(episodes: Sequence[Episode], waiting: Sequence[Due], now_ms: int, days: int) -> Reviews:
    since_ms = now_ms - days * DAY_MS
    done = sum(1 for episode in episodes if (episode.reviewed_at_ms or 0) >= since_ms)
    return Reviews(len(waiting), sum(1 for due in waiting if due.due_ms < now_ms), done)


def watch_canaries(learning: Learning) -> int:
    """Hold every running canary against its bounds, and halt those that have left them; return how many."""
    rollouts, halted = learning.rollouts, 0
    for tenant in rollouts.tenants():
        running = rollouts.state(tenant).running
        if running is None or running.stage is not Stage.CANARY:
            continue
        why = rollouts.halt_if_out_of_bounds(tenant, learning.episodes(tenant))
        if why:
            halted += 1
            log.warning("a canary was halted", tenant=tenant, why=why)
    return halted
