"""Every event of a ticket's life, in the past tense. The ledger holds these and nothing else.

An event says what happened, never what to do about it. `Recorded` adds where it stands in the ticket's
ledger and when it was committed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustladder.core.containment import Act, Answer, Authority, Lane, Permit, ToolCall
from trustladder.core.decision import Decision
from trustladder.core.plan import PlanStep, Standing
from trustladder.core.signals import Signal, StatedFact, UnknownSignal


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A ticket began. ``ticket_type`` is the type that a trusted system declared, if any."""

    channel: str = ""
    language: str = ""
    ticket_type: str | None = None
    subject: str = ""
    exposure: float | None = None


@dataclass(frozen=True, slots=True)
class AccountLearned:
    """A trusted system told about the account. ``value`` is yearly revenue in the policy's currency."""

    account_id: str | None = None
    value: float | None = None
    tier: str | None = None
    at_risk: bool | None = None


@dataclass(frozen=True, slots=True)
class TypeDeclared:
    """A trusted system, or a person, declared the ticket's type or the money at stake."""

    ticket_type: str | None = None
    exposure: float | None = None


@dataclass(frozen=True, slots=True)
class CustomerWrote:
    """The customer's turn. ``intents`` are labels of a structured conversation (a voice bot), if any."""

    message_id: str
    text: str
    intents: tuple[str, ...] = ()
    channel: str = ""


@dataclass(frozen=True, slots=True)
class BotWrote:
    """A bot message that reached the customer. ``confidence`` is the bot's own, 0 to 100, if it told."""

    message_id: str
    text: str
    confidence: int | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    intents: tuple[str, ...] = ()
    permit_id: str = ""


@dataclass(frozen=True, slots=True)
class HumanWrote:
    """A person of the business wrote: to the customer, or to colleagues when ``internal``."""

    message_id: str
    text: str
    person_id: str = ""
    internal: bool = False


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """A tool that the bot had called returned."""

    name: str
    text: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class SystemNoted:
    """A system line in the conversation that no one wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class SignalsDetected:
    """What perception read from the newest turn: signals, what it could not read, facts stated, types recognised."""

    signals: tuple[Signal, ...] = ()
    unknown: tuple[UnknownSignal, ...] = ()
    facts: tuple[StatedFact, ...] = ()
    ticket_types: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision was taken; the lane moves by the events beside it."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Contained:
    """Automation was contained to this authority."""

    authority: Authority


@dataclass(frozen=True, slots=True)
class PersonNotified:
    """A person was told to watch; the bot stays contained."""

    queue: str


@dataclass(frozen=True, slots=True)
class Escalated:
    """The ticket was handed to people: automation is silent from here on (law 1).

    Deadlines are in milliseconds since the Unix epoch. ``notice`` is what the customer is told in the same
    moment, as part of the handoff. ``completeness`` is that of the packet as it moved, in hundredths; ``because`` says
    why this queue, ``plan`` what happens next.
    """

    queue: str
    reason: str
    claim_by_ms: int
    reply_by_ms: int
    resolve_by_ms: int
    notice: str = ""
    asked_by: str = "trustladder"
    completeness: int | None = None
    because: str = ""
    plan: tuple[PlanStep, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftSubmitted:
    """The bot asked whether it may say or do this. ``declared`` are the acts and ``cites`` the sources it names."""

    draft_id: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    declared: tuple[Act, ...] = ()
    cites: tuple[str, ...] = ()
    confidence: int | None = None


@dataclass(frozen=True, slots=True)
class DraftJudged:
    """The gate judged a draft. ``permit`` is there when something may be sent: the draft or its replacement."""

    draft_id: str
    text: str
    tool_calls: tuple[ToolCall, ...]
    acts: tuple[Act, ...]
    answer: Answer
    objections: tuple[str, ...] = ()
    replacement: str = ""
    permit: Permit | None = None


@dataclass(frozen=True, slots=True)
class PermitRedeemed:
    """A permit was redeemed at send time: the released draft goes out."""

    permit_id: str
    draft_id: str


@dataclass(frozen=True, slots=True)
class OwnershipTaken:
    """Exactly one person owns the ticket now. ``how`` is claim, message, takeover, reopen or assignment.

    ``return_by_ms`` is when it goes back to its queue if they have not written until then, None for never.
    ``standing`` tells what stood above it when it was taken from a queue.
    """

    person_id: str
    how: str = "claim"
    return_by_ms: int | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class OwnershipReturned:
    """The ticket went back to a queue, with a reason: the owner gave it back, or did not act in time.

    ``returned_by`` is ``trustladder`` where a timer took it back. ``claim_by_ms`` is until when somebody has to claim
    it now, None for the deadline that it had; the customer's deadlines stay as they were.
    """

    person_id: str
    reason: str
    queue: str = ""
    claim_by_ms: int | None = None
    returned_by: str = ""
    plan: tuple[PlanStep, ...] = ()


@dataclass(frozen=True, slots=True)
class SentUp:
    """The case needs more authority than its owner holds: it moved up the escalation chain, whole.

    ``amount`` is what has to be decided, in the policy's currency, ``proposal`` what the owner would do. Somebody has
    to claim it until ``claim_by_ms`` (epoch milliseconds); the customer's deadlines stay as they were.
    """

    person_id: str
    queue: str
    amount: float
    claim_by_ms: int
    proposal: str = ""
    plan: tuple[PlanStep, ...] = ()


@dataclass(frozen=True, slots=True)
class HandedBack:
    """A person handed the ticket back to automation, with the lane and the authority that it gets back."""

    person_id: str
    contained: bool = False
    note: str = ""
    authority: Authority | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The ticket was closed. ``by`` is a person's id, or ``customer``, ``automation`` or ``export``.

    ``amount`` is what the repair cost, in the policy's currency. ``question`` is what the customer is asked in the same
    moment: whether it is solved, and how satisfied they are.
    """

    by: str
    outcome: str = "solved"
    cause: str = ""
    repair: str = ""
    amount: float = 0.0
    question: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """The ticket came back after it had been resolved: a new episode began."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class SatisfactionGiven:
    """The customer told how satisfied they are, in hundredths of the scale used (0 worst, 100 best).

    ``solved`` is their answer to whether it is solved, None where they gave none.
    """

    score: int | None = None
    complaint: bool = False
    text: str = ""
    solved: bool | None = None


@dataclass(frozen=True, slots=True)
class RestatementNoted:
    """The customer had to restate the problem after the handoff. ``noted_by`` is a person or ``trustladder``.

    ``what`` is what was said again or asked for again, in the words of the packet.
    """

    noted_by: str
    turn: int = -1
    what: str = ""


@dataclass(frozen=True, slots=True)
class ClockBreached:
    """A deadline passed: ``queue`` is where the ticket went up the escalation chain, ``next_due_ms`` the new deadline.

    ``clock`` is ``claim``, ``reply`` or ``resolve``. ``plan`` is what happens from here on.
    """

    clock: str
    queue: str
    due_ms: int
    next_due_ms: int
    plan: tuple[PlanStep, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockPaused:
    """It is the customer's turn to answer: the resolve clock stands still, at most until ``until_ms`` (epoch)."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class ClockResumed:
    """The resolve clock runs again, to ``resolve_by_ms``: the customer ``answered``, or did not in time."""

    resolve_by_ms: int
    answered: bool = True


@dataclass(frozen=True, slots=True)
class ClockRestored:
    """The watchdog found an escalated ticket without its timer and set it again: law 3 had been broken from outside."""

    clock: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """A trusted system labelled the ticket."""

    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DrawnForReview:
    """The episode was drawn at random for the audit sample: people re-read it if it never leaves automation.

    ``percent`` is the probability with which it was drawn, in percent: whoever counts the misses weighs by it.
    ``review_by_ms`` is when the review should be done, in milliseconds since the Unix epoch.
    """

    episode: int
    percent: float
    review_by_ms: int


@dataclass(frozen=True, slots=True)
class CaseReviewed:
    """A person re-read an episode and gave the verdict; it stands above every rule of hindsight.

    ``golden_turn`` is the turn at which it should have been escalated, -1 where it never should have been.
    ``fault`` is what was at fault, if anything: ``answer``, ``timing`` or ``handoff``.
    """

    episode: int
    reviewer: str
    verdict: str
    golden_turn: int = -1
    fault: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShadowDecided:
    """A candidate policy decided beside the one in force: recorded, and without any effect.

    ``proposed`` is the lane that it asks for on this turn, ``points_hundredths`` the risk in hundredths of a point.
    """

    policy_digest: str
    turn: int
    proposed: Lane
    points_hundredths: int
    rule_ids: tuple[str, ...] = ()


Event = (
    TicketOpened
    | AccountLearned
    | TypeDeclared
    | CustomerWrote
    | BotWrote
    | HumanWrote
    | ToolReturned
    | SystemNoted
    | SignalsDetected
    | Decided
    | Contained
    | PersonNotified
    | Escalated
    | DraftSubmitted
    | DraftJudged
    | PermitRedeemed
    | OwnershipTaken
    | OwnershipReturned
    | SentUp
    | HandedBack
    | Resolved
    | Reopened
    | SatisfactionGiven
    | RestatementNoted
    | ClockBreached
    | ClockPaused
    | ClockResumed
    | ClockRestored
    | Tagged
    | DrawnForReview
    | CaseReviewed
    | ShadowDecided
)
"""Everything that can happen to a ticket."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in a ticket's ledger: its position (1 for the first) and its time in milliseconds since the epoch."""

    position: int
    at_ms: int
    event: Event
