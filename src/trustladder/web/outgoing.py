"""What goes out over HTTP: the pydantic models of every answer; errors have theirs in `problems`.

Risks travel as probabilities from 0 to 1, signal strengths as whole hundredths, times as ISO 8601 in UTC.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trustladder.core.claims import Claim
from trustladder.core.containment import Act, Answer
from trustladder.core.context import BotContext
from trustladder.core.handoff import Handoff


class Outgoing(BaseModel):
    """Base of what goes out."""

    model_config = ConfigDict(frozen=True)


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


class QueueOut(Outgoing):
    """A queue in the order in which people should take its tickets."""

    queue: str
    waiting: int
    tickets: list[TicketRowOut]


class QueuesOut(Outgoing):
    """Every queue of the policy."""

    queues: list[QueueOut]
