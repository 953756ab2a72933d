"""What comes in over HTTP: pydantic models that refuse what is misspelt, too long or no valid Unicode.

Confidences come as probabilities from 0 to 1, signal strengths as whole hundredths.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from trustladder.core.containment import Act

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


class BringBackIn(Incoming):
    """Which dead letter to deliver again: its ticket and its name."""

    ticket: Name
    name: Name
