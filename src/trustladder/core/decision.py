"""What the ladder decided and why: data only; `trustladder.core.ladder` takes the decision."""

from dataclasses import dataclass
from enum import StrEnum

from trustladder.core.containment import Authority, Lane
from trustladder.core.risk import ResolutionRisk
from trustladder.core.signals import Evidence
from trustladder.core.threshold import EscalationThreshold


class ReasonKind(StrEnum):
    """Why care rose: the risk crossed a threshold, a hard rule held, a limit passed, something was unknown."""

    RISK = "risk"
    HARD_RULE = "hard_rule"
    LIMIT = "limit"
    UNKNOWN_FACT = "unknown_fact"
    UNKNOWN_SIGNAL = "unknown_signal"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a lane: the rule that gave it, in a sentence, with the evidence it rests on."""

    kind: ReasonKind
    lane: Lane
    rule_id: str
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    notify: bool = False


@dataclass(frozen=True, slots=True)
class Flip:
    """What would have flipped the decision: a change, in words, and the lane that it would have given."""

    change: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on one turn, explained: folding the ledger again gives the same one, bit for bit (law 9).

    ``proposed`` is the lane that this turn alone asks for, ``lane`` the lane after the ratchet (law 2).
    ``turn`` is the index of the ticket's newest turn, -1 before the first. ``reasons`` stand strongest first;
    they are empty where nothing asks for care.
    """

    lane: Lane
    previous_lane: Lane
    proposed: Lane
    notify: bool
    risk: ResolutionRisk
    threshold: EscalationThreshold
    authority: Authority
    reasons: tuple[Reason, ...]
    flips: tuple[Flip, ...]
    policy_digest: str
    turn: int
    at_ms: int

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The ids of the rules that gave the reasons, each once."""
        return tuple(dict.fromkeys(reason.rule_id for reason in self.reasons))

    @property
    def raises_lane(self) -> bool:
        """True when this decision moves the ticket up the ladder."""
        return self.lane > self.previous_lane
