"""Rollouts: which policy decides on a ticket, and how an accepted proposal becomes the policy in force.

The policy file is the operator's. A release that came from a proposal stands until the file changes; then the file
wins. Steps are taken by named people, one rollout at a time; only a halt is trustladder's own.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from trustladder.core.canary import BOUNDED, left_bounds
from trustladder.core.containment import Lane
from trustladder.core.episode import Episode
from trustladder.core.governance import (
    Governance,
    JournalEvent,
    PolicyReleased,
    Proposal,
    ProposalDecided,
    ProposalMade,
    RolloutMoved,
    Stage,
    fold_entries,
    fold_entry,
    in_canary,
)
from trustladder.core.policy import Policy
from trustladder.core.ticket import Ticket
from trustladder.desk.policies import PolicyBook
from trustladder.errors import LedgerUnavailable, NotAllowed, PositionConflict
from trustladder.ledger.protocol import Ledger
from trustladder.policy.load import load_policy

FILE = "file"
"""Who released a policy that was read from the file."""

ITSELF = "trustladder"
"""Who halts a rollout that has left its bounds."""

FRESH_SECONDS = 1.0
"""How old the known state of a journal may be: a step that was taken elsewhere is seen within that time."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The policy that decides on a ticket, and the one that decides in its shadow, if any."""

    policy: Policy
    shadow: Policy | None = None


class Rollouts:
    """The policies of every tenant: the file's, those released from proposals, and the one on its way."""

    def __init__(self, ledger: Ledger, book: PolicyBook) -> None:
        self._ledger = ledger
        self._book = book
        self._known: dict[str, tuple[float, Governance]] = {}
        self._loaded: dict[str, Policy] = {}
        self._lock = Lock()

    # -- reading -------------------------------------------------------------------------------------------

    def state(self, tenant: str) -> Governance:
        """Return the governance of a tenant, at most a second old. The last known one when the ledger is away."""
        looked, held = self._known.get(tenant, (-FRESH_SECONDS, Governance()))
        if time.monotonic() - looked < FRESH_SECONDS:
            return held
        with self._lock:
            try:
                return self._look(tenant)
            except LedgerUnavailable:
                return held

    def tenants(self) -> list[str]:
        """Return the tenants that this process has decided for."""
        return list(self._known)

    def in_force(self, tenant: str) -> Policy:
        """Return the policy in force: the file's, or a release made since the file last changed."""
        released = self._released(tenant)
        return self._policy(released.yaml) if released is not None else self._book.current()

    def text_in_force(self, tenant: str) -> str:
        """Return the file of the policy in force as text, empty where it has none."""
        released = self._released(tenant)
        if released is not None:
            return released.yaml
        self._book.current()  # which reads the file again where it has changed
        return self._book.text

    def _released(self, tenant: str) -> PolicyReleased | None:
        """Return the release that stands in the place of the file's policy, None where the file's is in force."""
        released, in_file = self.state(tenant).released, self._book.current()
        stands = released is not None and released.by != FILE and released.before_digest == in_file.digest
        return released if stands else None

    def choose(self, tenant: str, ticket: Ticket, account_id: str = "") -> Choice:
        """Return the policies for a ticket's next turn. In a canary an episode keeps the policy it began under."""
        in_force, running = self.in_force(tenant), self.state(tenant).running
        if running is None:
            return Choice(in_force)
        candidate, move = self._policy(running.made.policy_yaml), running.moves[-1][1]
        if move.stage is Stage.SHADOW:
            return Choice(in_force, candidate)
        begun = ticket.decision.policy_digest if ticket.decision and ticket.lane is not Lane.RESOLVED else ""
        by_name = in_canary(move, tenant, ticket.account.id or account_id or ticket.ticket_id)
        if begun == candidate.digest or (by_name and begun != in_force.digest):
            return Choice(candidate)
        return Choice(in_force)

    def policies(self, tenant: str) -> Mapping[str, Policy]:
        """Return every policy that was ever in force or proposed, by digest, as far as its text is known."""
        state = self.state(tenant)
        texts = {release.digest: release.yaml for _, release in state.releases}
        texts |= {proposal.made.digest: proposal.made.policy_yaml for proposal in state.proposals.values()}
        known = {digest: self._policy(text) for digest, text in texts.items() if text}
        return {**known, self._book.current().digest: self._book.current()}

    # -- steps ---------------------------------------------------------------------------------------------

    def propose(self, tenant: str, made: ProposalMade) -> Proposal:
        """Record a proposal. One that is known already stays as it is; a policy that does not load is refused."""
        policy = self._policy(made.policy_yaml)
        if policy.digest != made.digest:
            raise NotAllowed("the proposal's digest is not that of its policy", fix="make the proposal again")
        if made.proposal_id not in self.state(tenant).proposals:
            self.note(tenant, made)
        return self.proposal(tenant, made.proposal_id)

    def decide(self, tenant: str, proposal_id: str, by: str, *, accepted: bool, reason: str = "") -> Proposal:
        """Accept or reject a proposal in a person's name."""
        proposal = self.proposal(tenant, proposal_id)
        _must_be_named(by)
        if proposal.decided is not None:
            word = "accepted" if proposal.decided.accepted else "rejected"
            raise NotAllowed(f"{proposal.decided.by} {word} this proposal already", fix="make a new proposal")
        if accepted and proposal.made.before_digest != self.in_force(tenant).digest:
            raise NotAllowed(
                "the policy in force is not the one that this proposal changes", fix="run Learn again on today's policy"
            )
        self.note(tenant, ProposalDecided(proposal_id, by, accepted, reason))
        return self.proposal(tenant, proposal_id)

    def shadow(self, tenant: str, proposal_id: str, by: str) -> Proposal:
        """Let an accepted proposal decide beside the policy in force, without any effect."""
        self._may_run(tenant, proposal_id)
        return self._move(tenant, RolloutMoved(proposal_id, Stage.SHADOW, by))

    def canary(
        self, tenant: str, proposal_id: str, by: str, share_percent: float, bounds: Mapping[str, float]
    ) -> Proposal:
        """Let a proposal that has been in the shadow decide for a share of the accounts, within bounds."""
        proposal = self.proposal(tenant, proposal_id)
        if proposal.stage not in {Stage.SHADOW, Stage.CANARY}:
            raise NotAllowed(f"the proposal is {proposal.state}: it goes into the shadow first")
        if not 0 < share_percent < 100:
            raise NotAllowed(f"a canary has a share between 0 and 100 percent, not {share_percent:g}")
        unknown = bounds.keys() - BOUNDED.keys()
        if unknown:
            raise NotAllowed(
                f"nothing is counted under {', '.join(sorted(unknown))}", fix=f"bound {', '.join(BOUNDED)}"
            )
        return self._move(
            tenant, RolloutMoved(proposal_id, Stage.CANARY, by, share_percent=share_percent, bounds=dict(bounds))
        )

    def release(self, tenant: str, proposal_id: str, by: str) -> Proposal:
        """Put a proposal in force for all, after its canary."""
        proposal = self.proposal(tenant, proposal_id)
        if proposal.stage is not Stage.CANARY:
            raise NotAllowed(f"the proposal is {proposal.state}: before all come the shadow and a canary")
        made, in_file = proposal.made, self._book.current()
        moved = self._move(tenant, RolloutMoved(proposal_id, Stage.ALL, by))
        name = self._policy(made.policy_yaml).name
        self.note(tenant, PolicyReleased(made.digest, name, made.policy_yaml, by, in_file.digest))
        return moved

    def withdraw(self, tenant: str, proposal_id: str, by: str, why: str = "") -> Proposal:
        """End a rollout: the policy in force decides on every ticket again."""
        self._must_run(tenant, proposal_id)
        return self._move(tenant, RolloutMoved(proposal_id, Stage.WITHDRAWN, by, why))

    def halt(self, tenant: str, proposal_id: str, why: str) -> Proposal:
        """Halt a rollout that has left its bounds. It is trustladder's own step; to go on takes a new proposal."""
        self._must_run(tenant, proposal_id)
        return self._move(tenant, RolloutMoved(proposal_id, Stage.HALTED, ITSELF, why))

    def halt_if_out_of_bounds(self, tenant: str, episodes: Sequence[Episode]) -> str:
        """Halt the canary that has left its bounds, going by the tenant's episodes; return why, empty if it has not."""
        running = self.state(tenant).running
        if running is None or running.stage is not Stage.CANARY:
            return ""
        since_ms = next(at_ms for at_ms, move in running.moves if move.stage is Stage.CANARY)
        why = left_bounds(episodes, running.made.digest, since_ms, running.moves[-1][1].bounds)
        if why:
            self.halt(tenant, running.made.proposal_id, why)
        return why

    def note(self, tenant: str, event: JournalEvent) -> None:
        """Append an event to the tenant's journal where it is known to stand. Raises PositionConflict."""
        with self._lock:
            state = self._look(tenant)
            self._keep(tenant, fold_entry(state, self._ledger.note(tenant, event, state.position)))

    def proposal(self, tenant: str, proposal_id: str) -> Proposal:
        """Return a proposal. Raises NotAllowed when there is none of this id."""
        found = self.state(tenant).proposals.get(proposal_id)
        if found is None:
            raise NotAllowed(f"there is no proposal {proposal_id!r}", fix="look at the list of proposals")
        return found

    # -- how ---------------------------------------------------------------------------------------------------

    def _look(self, tenant: str) -> Governance:
        _, held = self._known.get(tenant, (0.0, Governance()))
        state = fold_entries(held, self._ledger.journal(tenant, held.position))
        return self._keep(tenant, self._with_file(tenant, state))

    def _with_file(self, tenant: str, state: Governance) -> Governance:
        """Record the file's policy when it is not the newest release, nor the one that a release has changed."""
        in_file, released = self._book.current(), state.released
        known = released is not None and in_file.digest in {
            released.digest if released.by == FILE else "",
            released.before_digest,
        }
        if known or not self._book.text:
            return state
        release = PolicyReleased(in_file.digest, in_file.name, self._book.text, FILE, in_file.digest)
        try:
            return fold_entry(state, self._ledger.note(tenant, release, state.position))
        except PositionConflict:  # another process has seen it first
            return fold_entries(state, self._ledger.journal(tenant, state.position))

    def _keep(self, tenant: str, state: Governance) -> Governance:
        self._known[tenant] = (time.monotonic(), state)
        return state

    def _policy(self, text: str) -> Policy:
        if text not in self._loaded:
            self._loaded[text] = load_policy(text)
        return self._loaded[text]

    def _move(self, tenant: str, move: RolloutMoved) -> Proposal:
        _must_be_named(move.by)
        self.note(tenant, move)
        return self.proposal(tenant, move.proposal_id)

    def _may_run(self, tenant: str, proposal_id: str) -> None:
        proposal, running = self.proposal(tenant, proposal_id), self.state(tenant).running
        if proposal.state != "accepted":
            raise NotAllowed(f"the proposal is {proposal.state}: only an accepted one can be rolled out")
        if running is not None:
            raise NotAllowed(f"“{running.made.title}” is being rolled out", fix="finish or withdraw it first")

    def _must_run(self, tenant: str, proposal_id: str) -> None:
        proposal = self.proposal(tenant, proposal_id)
        if proposal.stage is None or not proposal.stage.runs:
            raise NotAllowed(f"the proposal is {proposal.state}: its rollout does not run")


def _must_be_named(by: str) -> None:
    if not by.strip():
        raise NotAllowed("this step is taken in a person's name", fix="say who you are")
