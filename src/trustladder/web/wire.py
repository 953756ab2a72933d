"""What travels over HTTP: pydantic models at the edge, and nowhere else.

Risks and confidences travel as probabilities from 0 to 1, signal strengths as whole hundredths, times as
ISO 8601 in UTC.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from trustladder.core.claims import Claim
from trustladder.core.containment import Act, Answer
from trustladder.core.context import BotContext
from trustladder.core.handoff import Handoff

MOST_CHARACTERS = 1_000_000
MOST_ID_CHARACTERS = 200


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the text holds a lone surrogate at character {error.start}: it is no valid Unicode"
        ) from None
    return text


Text = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(_encodable)]
SaidText = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS), AfterValidator(_encodable)]
Word = Annotated[str, Field(max_length=MOST_ID_CHARACTERS), AfterValidator(_encodable)]
Name = Annotated[str, Field(min_length=1, max_length=MOST_ID_CHARACTERS), AfterValidator(_encodable)]
Probability = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class Incoming(BaseModel):
    """Base of what comes in: an unknown field is an error, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Outgoing(BaseModel):
    """Base of what goes out."""

    model_config = ConfigDict(frozen=True)


class AccountIn(Incoming):
    """What your own systems know about the account. Never fill it from what the customer wrote."""

    id: Word | None = None
    value: Amount | None = Field(default=None, description="Yearly revenue, in the policy's currency.")
    tier: Word | None = None
    at_risk: bool | None = None


class SignalIn(Incoming):
    """A signal that another system read, with its source. It is never able to lower a risk."""

    name: Name
    strength: int = Field(ge=0, le=100)
    source: Name
    quote: Text = ""


class ToolCallIn(Incoming):
    """A tool call that the bot proposes or made."""

    name: Name
    arguments: dict[str, Any] = Field(default_factory=dict)


class TurnIn(Incoming):
    """One turn of the conversation, by whoever wrote it."""

    role: Literal["customer", "bot", "human", "tool"]
    text: SaidText
    message_id: Word = Field(
        default="", description="The channel's id of the message: it makes a repeated delivery harmless."
    )
    channel: Word = ""
    language: Word = Field(
        default="", description="BCP 47 tag, such as en or de-AT. Recognised from the text when absent."
    )
    subject: Text = ""
    ticket_type: Word | None = None
    exposure: Amount | None = Field(default=None, description="Money at stake, in the policy's currency.")
    account: AccountIn = AccountIn()
    intents: tuple[Word, ...] = Field(default=(), max_length=50)
    signals: tuple[SignalIn, ...] = Field(default=(), max_length=50)
    author: Word = Field(
        default="", description="Who wrote it: the person's id for role human, the tool's name for role tool."
    )
    internal: bool = Field(
        default=False, description="Role human: a note to colleagues, which the customer does not see."
    )
    unless_owned: bool = Field(
        default=False, description="Role human: refuse it (409) where a colleague owns the ticket by then."
    )
    failed: bool = Field(default=False, description="Role tool: the call failed.")
    confidence: Probability | None = Field(default=None, description="Role bot: the bot's own confidence.")
    tool_calls: tuple[ToolCallIn, ...] = Field(default=(), max_length=50)


class DraftIn(Incoming):
    """What the bot wants to say or do. Nothing is sent before the permit in the answer has been redeemed."""

    text: Text = ""
    draft_id: Word = Field(default="", description="Your id of the draft: it makes a repeated request harmless.")
    tool_calls: tuple[ToolCallIn, ...] = Field(default=(), max_length=50)
    acts: tuple[Act, ...] = Field(
        (), max_length=6, description="What the bot says the draft does; checked from the text."
    )
    cites: tuple[Word, ...] = Field(default=(), max_length=50)
    confidence: Probability | None = None
    signals: tuple[SignalIn, ...] = Field(default=(), max_length=50)


class PersonIn(Incoming):
    """An act of a person."""

    person: Name


class ReturnIn(PersonIn):
    """A person gives a ticket back to a queue."""

    reason: SaidText
    queue: Word = ""


class HandBackIn(PersonIn):
    """A person hands a ticket back to automation."""

    contained: bool = False
    note: Text = ""


class ResolveIn(Incoming):
    """A ticket is closed. ``by`` is a person, or customer, automation or timeout for one that stayed automated."""

    by: Name
    outcome: Word = "solved"
    cause: Text = ""
    repair: Text = ""
    amount: Amount = 0.0


class SendUpIn(Incoming):
    """The owner's authority does not reach: what has to be decided, and what they would do."""

    person: Name
    amount: Amount
    proposal: Text = ""


class AnswerIn(Incoming):
    """What the customer answered when the ticket was resolved: is it solved, and how was it?"""

    solved: bool | None = None
    score: Probability | None = None
    complaint: bool = False
    text: Text = ""


class EscalateIn(Incoming):
    """Somebody says that a person is needed; it never takes a score."""

    reason: SaidText
    by: Name


class SatisfactionIn(Incoming):
    """What the customer said about the service: a share of the scale, 0 worst to 1 best, or a complaint."""

    score: Probability | None = None
    complaint: bool = False
    text: Text = ""


class EvidenceOut(Outgoing):
    """What a signal or a reason rests on: a turn with the quoted words, or a field."""

    turn: int | None
    quote: str
    field: str


class ReasonOut(Outgoing):
    """One reason for a lane."""

    kind: str
    lane: str
    rule: str
    sentence: str
    evidence: list[EvidenceOut]


class FlipOut(Outgoing):
    """What would have flipped the decision, and the lane that it would have given."""

    change: str
    lane: str


class DecisionOut(Outgoing):
    """A decision, explained."""

    lane: str
    previous_lane: str
    proposed: str
    notify: bool
    risk: float = Field(description="Resolution Risk: the probability that the next automated step worsens the ticket.")
    points: float
    points_by_signal: dict[str, float]
    contain_at: float | None
    escalate_at: float | None
    rules: list[str]
    reasons: list[ReasonOut]
    flips: list[FlipOut]
    policy_digest: str
    turn: int
    at: datetime


class AuthorityOut(Outgoing):
    """What automation may still do."""

    acts: list[Act]
    tools: list[str]
    every_tool: bool
    must_cite: list[list[str]] = Field(
        default_factory=list, description="What an `inform` must name in `cites`: one of each of these sets."
    )


class TurnOut(Outgoing):
    """The decision on a turn, and what automation may do now."""

    ticket: str
    position: int
    lane: str
    may_answer: bool = Field(description="True while automation may say anything at all.")
    authority: AuthorityOut
    decision: DecisionOut | None
    notice: str = Field(description="What the customer is to be told now, as part of the handoff; sent once.")


class PermitOut(Outgoing):
    """Redeem this before you send."""

    id: str
    expires_at: datetime


class GateOut(Outgoing):
    """The gate's answer to a draft."""

    ticket: str
    position: int
    lane: str
    answer: Answer
    text: str = Field(description="What may be sent once the permit is redeemed: the draft, or its replacement.")
    permit: PermitOut | None
    acts: list[Act]
    objections: list[str]
    decision: DecisionOut | None
    notice: str


class RedeemOut(Outgoing):
    """The permit held: send this now."""

    ticket: str
    position: int
    permit: str
    text: str
    tools: list[str]


class PersonOut(Outgoing):
    """Where the ticket stands after a person's act."""

    ticket: str
    position: int
    lane: str
    owner: str
    queue: str
    notice: str = Field(default="", description="What the customer is to be told now; sent once.")
    sent_up: str = Field(default="", description="Why the ticket went up the chain instead of what was asked for.")


class TicketRowOut(Outgoing):
    """A ticket in one row."""

    ticket: str
    lane: str
    episode: int
    ticket_type: str
    account: str
    subject: str
    risk: float
    top_reason: str
    queue: str
    owner: str
    opened_at: datetime
    updated_at: datetime
    waiting_since: datetime | None
    due_at: datetime | None
    position: int


class TicketPageOut(Outgoing):
    """Some tickets; ``next`` is the cursor of the following page, empty on the last."""

    tickets: list[TicketRowOut]
    next: str


class ConversationTurnOut(Outgoing):
    """One turn as it is shown."""

    index: int
    role: str
    text: str
    author: str
    internal: bool
    at: datetime


class SignalOut(Outgoing):
    """A signal in force on the ticket."""

    name: str
    strength: int
    source: str
    evidence: list[EvidenceOut]


class TicketOut(TicketRowOut):
    """A ticket with its conversation, its signals and the newest decision."""

    turns: list[ConversationTurnOut]
    signals: list[SignalOut]
    decision: DecisionOut | None
    authority: AuthorityOut


class EventOut(Outgoing):
    """One event of the ticket's ledger."""

    position: int
    at: datetime
    type: str
    data: dict[str, Any]


class EventsOut(Outgoing):
    """The ticket's ledger."""

    ticket: str
    events: list[EventOut]


class HandoffOut(Outgoing):
    """The handoff packet with how complete it is (0 to 100), and its flat form for helpdesks that carry metadata.

    ``brief`` is the packet in short, where a model that does that is named and something it said stands in its quote.
    """

    packet: Handoff
    completeness: int
    flat: dict[str, str]
    brief: list[Claim] | None = None


class ContextOut(Outgoing):
    """Context for the bot. ``prompt`` is a ready section of a prompt; ``output_schema`` is that of the bot's answer."""

    context: BotContext
    prompt: str
    output_schema: dict[str, Any]


class CandidateOut(Outgoing):
    """Somebody who could own the ticket now."""

    person: str
    name: str
    skills: list[str]


class PlanStepOut(Outgoing):
    """One step of what happens next: which clock, where, until when, and who could take it."""

    clock: str
    queue: str
    by: datetime
    people: list[str]


class PlanOut(Outgoing):
    """What happens next with a ticket that people hold, as planned when it came to its queue, and who could own it."""

    ticket: str
    because: str
    clock: str
    due_at: datetime | None
    paused: bool = Field(description="True while it is the customer's turn to answer: the resolve clock waits.")
    steps: list[PlanStepOut]
    candidates: list[CandidateOut]


class InversionOut(Outgoing):
    """A ticket was taken although one of higher priority waited."""

    taken: str
    passed_over: str
    queue: str
    person: str
    at: datetime
    times_higher: float
    allowed: str = Field(description="Why it may be: queue, hours, language or authority; empty for no reason.")


class IntegrityOut(Outgoing):
    """Queue Integrity: the share of comparisons in which the higher priority came first; null without any."""

    value: float | None
    takings: int
    comparisons: int
    inverted: int
    allowed: int
    inversions: list[InversionOut]
    still_automated: list[TicketRowOut] = Field(description="High-risk tickets of automation, the riskiest first.")


class DeadLetterOut(Outgoing):
    """A notification that could not be delivered and was given up."""

    name: str
    channel: str
    ticket: str
    occasion: str
    sentence: str
    attempts: int
    since: datetime
    why: str


class DeadLettersOut(Outgoing):
    """The dead letters, the oldest first."""

    letters: list[DeadLetterOut]


class BringBackIn(Incoming):
    """Which dead letter to deliver again: its ticket and its name."""

    ticket: Name
    name: Name


class QueueOut(Outgoing):
    """A queue in the order in which people should take its tickets."""

    queue: str
    waiting: int
    tickets: list[TicketRowOut]


class QueuesOut(Outgoing):
    """Every queue of the policy."""

    queues: list[QueueOut]


class Problem(Outgoing):
    """An error as RFC 9457 has it (application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    fix: str = Field(default="", description="What to do about it.")
    errors: list[dict[str, str]] = Field(default_factory=list)
