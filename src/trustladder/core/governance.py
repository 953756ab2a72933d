"""Governance: which policy a tenant decides under, and how a proposal becomes one. The fold of the tenant's journal.

A proposal is accepted or rejected by a named person; nothing applies itself. An accepted one moves in steps: in the
*shadow* it decides and changes nothing, as a *canary* it decides for a share of the accounts, then for *all*. A rollout
that leaves its bounds is *halted* by trustladder; every other step is a person's.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from trustladder.core.sampling import share_of

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Stage(StrEnum):
    """How far the rollout of an accepted proposal has come."""

    SHADOW = "shadow"
    CANARY = "canary"
    ALL = "all"
    HALTED = "halted"
    WITHDRAWN = "withdrawn"

    @property
    def runs(self) -> bool:
        """True while the candidate decides beside the policy in force."""
        return self in {Stage.SHADOW, Stage.CANARY}


@dataclass(frozen=True, slots=True)
class PolicyReleased:
    """A policy came into force: its digest, its file as text, and who released it (a person, or ``file``).

    ``before_digest`` is the digest of the policy file at that moment: when the file changes afterwards, the file wins.
    """

    digest: str
    name: str
    yaml: str
    by: str
    before_digest: str = ""


@dataclass(frozen=True, slots=True)
class ProposalMade:
    """Learn proposed another policy: why, what would change, and the evidence. It changes nothing by itself.

    ``diff`` holds the changes in sentences, ``evidence`` the figures that speak for it and against it as JSON values.
    """

    proposal_id: str
    kind: str
    title: str
    because: str
    before_digest: str
    digest: str
    policy_yaml: str
    diff: tuple[str, ...] = ()
    evidence: Mapping[str, object] = field(default_factory=dict)

    @property
    def about(self) -> tuple[str, str, str]:
        """What it is about, whatever its numbers: of two that share it a person would accept one at most."""
        return self.kind, self.before_digest, _NUMBER.sub("#", self.title)


@dataclass(frozen=True, slots=True)
class ProposalDecided:
    """A named person accepted or rejected a proposal, and said why."""

    proposal_id: str
    by: str
    accepted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RolloutMoved:
    """The rollout of an accepted proposal moved to a stage. ``share_percent`` of the accounts are in the canary.

    ``bounds`` maps an indicator to the highest share (0 to 1) that the canary may show before it is halted.
    """

    proposal_id: str
    stage: Stage
    by: str
    why: str = ""
    share_percent: float = 0.0
    bounds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LearnRan:
    """Learn was run over this tenant's tickets: how many episodes it read, and the names of what it found."""

    by: str
    episodes: int
    findings: tuple[str, ...] = ()


JournalEvent = PolicyReleased | ProposalMade | ProposalDecided | RolloutMoved | LearnRan
"""Everything that can happen to a tenant's policy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in a tenant's journal: its position (1 for the first) and its time in milliseconds since the epoch."""

    position: int
    at_ms: int
    event: JournalEvent


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal and what became of it. Times are in milliseconds since the epoch; ``moves`` stand oldest first."""

    made: ProposalMade
    made_at_ms: int
    decided: ProposalDecided | None = None
    moves: tuple[tuple[int, RolloutMoved], ...] = ()

    @property
    def stage(self) -> Stage | None:
        """The stage of its rollout, None before the first."""
        return self.moves[-1][1].stage if self.moves else None

    @property
    def state(self) -> str:
        """``open``, ``rejected``, ``accepted``, or the stage of its rollout, in one word."""
        if self.stage is not None:
            return self.stage.value
        if self.decided is None:
            return "open"
        return "accepted" if self.decided.accepted else "rejected"


@dataclass(frozen=True, slots=True)
class Governance:
    """The state of a tenant's journal. ``releases`` are the policies that came into force, with their times."""

    position: int = 0
    releases: tuple[tuple[int, PolicyReleased], ...] = ()
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    last_learn: tuple[int, LearnRan] | None = None

    @property
    def running(self) -> Proposal | None:
        """The proposal whose rollout runs, None where none does. There is one at a time."""
        return next((proposal for proposal in self.proposals.values() if proposal.stage and proposal.stage.runs), None)

    @property
    def released(self) -> PolicyReleased | None:
        """The newest release."""
        return self.releases[-1][1] if self.releases else None


def fold_entry(governance: Governance, entry: Entry) -> Governance:
    """Return the governance after one more entry. Raises ValueError when the position is not the next one."""
    if entry.position != governance.position + 1:
        raise ValueError(f"entry {entry.position} does not follow position {governance.position}")
    event, at_ms = entry.event, entry.at_ms
    after = replace(governance, position=entry.position)
    match event:
        case PolicyReleased():
            return replace(after, releases=(*governance.releases, (at_ms, event)))
        case ProposalMade():
            return _with(after, event.proposal_id, Proposal(event, at_ms))
        case LearnRan():
            return replace(after, last_learn=(at_ms, event))
        case ProposalDecided() | RolloutMoved():
            held = governance.proposals.get(event.proposal_id)
            if held is None:
                return after
            if isinstance(event, ProposalDecided):
                return _with(after, event.proposal_id, replace(held, decided=event))
            return _with(after, event.proposal_id, replace(held, moves=(*held.moves, (at_ms, event))))


def fold_entries(governance: Governance, entries: Iterable[Entry]) -> Governance:
    """Return the governance after some entries, oldest first."""
    for entry in entries:
        governance = fold_entry(governance, entry)
    return governance


def _with(governance: Governance, proposal_id: str, proposal: Proposal) -> Governance:
    return replace(governance, proposals={**governance.proposals, proposal_id: proposal})


def in_canary(move: RolloutMoved, tenant: str, name: str) -> bool:
    """True when an account (or a ticket without one) of this name is in the canary; a larger share keeps who was in."""
    return share_of("canary", tenant, move.proposal_id, name) * 100 < move.share_percent
