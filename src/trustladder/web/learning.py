"""What the service keeps of Learn: the ledger's episodes, the newest run, reviews, proposals, the canary's watch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from trustladder.core.episode import Episode
from trustladder.core.failure_modes import Reviews
from trustladder.core.governance import LearnRan, ProposalMade, Stage
from trustladder.core.policy import DAY_MS
from trustladder.desk.reviews import REVIEW
from trustladder.desk.rollout import Rollouts
from trustladder.learn.live import LiveEpisodes
from trustladder.learn.past import PastTicket
from trustladder.learn.proposals import Learner, known
from trustladder.learn.run import PERIOD_DAYS, LearnRun, run_learn
from trustladder.learn.sweep import FEWEST_TICKETS
from trustladder.ledger.protocol import Due, DueState, Ledger, TicketKey

log = structlog.get_logger()

FRESH_SECONDS = 20.0
"""How old the figures of a page may be."""
MOST_REVIEWS = 1_000
MOST_PAST_TICKETS = 10_000
"""From how many tickets at most, the newest, proposals are made: each of them is held in memory with its history."""


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    run: LearnRun


@dataclass(frozen=True, slots=True)
class Proposing:
    """What came of looking for proposals: the ``new`` ones, how many ``wait`` for a person in all, and from what.

    ``notes`` say what was looked at and not proposed, ``missing`` why nothing was looked at.
    """

    new: tuple[ProposalMade, ...] = ()
    wait: int = 0
    tickets: int = 0
    outcomes: int = 0
    notes: tuple[str, ...] = ()
    missing: str = ""


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

    def propose(self, tenant: str) -> Proposing:
        """Make the proposals that the newest tickets speak for; those that are new go into the journal, for people.

        One that was made before from the same policy is not repeated, whatever became of it; nor is one that differs in
        its numbers alone from one that still waits for a person. It takes seconds for each thousand tickets.
        """
        text, episodes = self.rollouts.text_in_force(tenant), self.episodes(tenant)
        outcomes = known(episodes)
        missing = _too_little(text, outcomes)
        if missing:
            return Proposing((), self._open(tenant), 0, outcomes, (), missing)
        learned = Learner(text, self._past(tenant, episodes), source=f"the ledger, tenant {tenant}").learn()
        before = self.rollouts.state(tenant).proposals
        asked = {proposal.made.about for proposal in before.values() if proposal.decided is None}
        found = (one.made for one in learned.proposals)
        new = tuple(made for made in found if made.proposal_id not in before and made.about not in asked)
        for made in new:
            self.rollouts.propose(tenant, made)
        return Proposing(new, self._open(tenant), learned.tickets, learned.labels, learned.notes)

    def _open(self, tenant: str) -> int:
        return sum(proposal.decided is None for proposal in self.rollouts.state(tenant).proposals.values())

    def _past(self, tenant: str, episodes: Sequence[Episode]) -> list[PastTicket]:
        """Return the tickets of some episodes with their histories, the newest, in the order in which they ended."""
        names = dict.fromkeys(ep.ticket_id for ep in sorted(episodes, key=lambda ep: -ep.ended_at_ms))
        newest = list(names)[:MOST_PAST_TICKETS]
        return [PastTicket(name, self.ledger.history(TicketKey(tenant, name))) for name in reversed(newest)]

    def waiting(self, tenant: str) -> list[Due]:
        """Return the episodes of the audit sample that nobody has re-read, the earliest due first."""
        return self.ledger.list_due(DueState.WAITING, tenant=tenant, kinds=[REVIEW], limit=MOST_REVIEWS)

    def _run(self, tenant: str, days: int) -> LearnRun:
        episodes, now_ms = self.episodes(tenant), self.ledger.now_ms()
        reviews = _reviews(episodes, self.waiting(tenant), now_ms, days)
        state, policy = self.rollouts.state(tenant), self.rollouts.in_force(tenant)
        return run_learn(episodes, policy, state, reviews, now_ms, days)


def _too_little(text: str, outcomes: int) -> str:
    """Say why no proposal can be made, "" where one can be looked for."""
    if not text:
        return "no proposals: the policy in force has no file that could be changed"
    if outcomes < FEWEST_TICKETS:
        return f"no proposals yet: the end of {outcomes} tickets is known, and {FEWEST_TICKETS} are the fewest"
    return ""


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
