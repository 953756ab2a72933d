"""The policy file as its author writes it: one class a block, and nothing that is not listed here is accepted.

The docstrings and descriptions are what editors show (see `trustladder.policy.schema`).
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%")
PERCENT_PATTERN = r"^\d{1,3}(\.\d{1,3})? ?%$"
SLUG = r"^[a-z0-9][a-z0-9_-]*$"
BLOCK = "x-block"
"""Where the JSON Schema refers to a block that `trustladder.policy.schema` writes from the catalogue."""

ActWord = Literal["acknowledge", "gather", "summarise", "triage", "inform", "resolve"]


def read_percent(written: object) -> float:
    """Return a risk written as ``45%`` as a share, 0 to 1."""
    match = _PERCENT.fullmatch(written.strip()) if isinstance(written, str) else None
    if match is None or float(match[1]) > 100:
        raise PydanticCustomError("percent", "a risk is written as a percentage, such as 45%")
    return float(match[1]) / 100


Percent = Annotated[
    float,
    BeforeValidator(read_percent),
    WithJsonSchema({"type": "string", "pattern": PERCENT_PATTERN, "examples": ["45%"]}),
]
Conditions = Annotated[dict[str, Any], WithJsonSchema({BLOCK: "Conditions"})]
Alternatives = Annotated[list[Conditions], Field(description="each entry alone is enough; within one all must hold")]
Slug = Annotated[str, Field(pattern=SLUG, description="small letters, digits, hyphens and underscores")]
Weight = Annotated[int, Field(ge=0, le=200, description="points at full strength; 20 points double the odds")]
Weights = Annotated[dict[str, Weight], WithJsonSchema({BLOCK: "Weights"})]
Sentences = Annotated[dict[str, str], Field(description="the sentence by language (en, de …)")]


class Part(BaseModel):
    """A block of the file: unknown keys are errors, and no value is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class TicketTypePart(Part):
    """A kind of ticket."""

    base: int = Field(ge=-200, le=200, description="points before any signal: -40 is a risk of 20%, 0 of 50%")
    trust_critical: bool = Field(default=False, description="bad automation costs trust here")
    queue: str = Field(default="", description="the queue that its escalated tickets go to")
    examples: list[str] = Field(default=[], description="sentences of customers, by which the type is recognised")


class LimitPart(Part):
    """The bound on one argument of a tool."""

    at_most: float = Field(description="the largest value that automation may use, with either sign")


class AuthorityPart(Part):
    """What automation may say and call. What is not named is not allowed."""

    acts: list[ActWord] = Field(description="what its messages may do")
    tools: dict[str, dict[str, LimitPart]] = Field(default={}, description="tools by name, each with its limits")
    every_tool: bool = Field(default=False, description="also every tool that is not named under tools")
    must_cite: list[str] = Field(
        default=[], description="sources of which an inform must cite one; * at the end: any ending"
    )


class CostsPart(Part):
    """Costs from which escalate_at follows: person_minutes x person_minute / spillover."""

    spillover: float = Field(gt=0, description="what one badly handled ticket of this kind costs")
    person_minutes: float = Field(gt=0, description="minutes that a person needs for it")
    person_minute: float = Field(default=1.0, gt=0, description="what one minute of a person costs")


class RulePart(Part):
    """One rule. Every rule whose `when` holds speaks, and the strictest word wins."""

    id: Slug
    because: str = Field(default="", description="why, in a sentence that the colleague who gets the ticket reads")
    when: Conditions = Field(default={}, description="where the rule applies; left out: everywhere")
    contain_at: Percent | None = Field(default=None, description="the risk from which automation may only take in")
    notify_at: Percent | None = Field(default=None, description="the risk from which a person is also told to watch")
    escalate_at: Percent | None = Field(default=None, description="the risk from which a person takes over")
    costs: CostsPart | None = Field(default=None, description="instead of escalate_at")
    contain_when: Alternatives = []
    notify_when: Alternatives = []
    escalate_when: Alternatives = []
    max_bot_turns: int | None = Field(default=None, ge=1, le=1000, description="at this many the ticket escalates")
    max_minutes: int | None = Field(default=None, ge=1, le=100_000, description="at this many the ticket escalates")
    authority: AuthorityPart | None = Field(default=None, description="all that automation may do where this applies")


class ContainmentPart(Part):
    """What automation may do in each of its two lanes."""

    automated: AuthorityPart = Field(description="while nothing asks for care")
    contained: AuthorityPart = Field(description="while risk is high: take in, decide nothing")


class ClocksPart(Part):
    """Deadlines after escalation, in minutes of the queue's hours."""

    claim_minutes: int = Field(default=15, ge=1, description="until somebody has taken the ticket")
    first_reply_minutes: int = Field(default=30, ge=1, description="until a person has written to the customer")
    resolve_minutes: int = Field(default=480, ge=1, description="until the ticket is resolved")
    return_minutes: int | None = Field(
        default=None, ge=1, description="an owner who has not written to the customer by then loses it to the queue"
    )
    customer_minutes: int = Field(
        default=1440, ge=1, description="how long the resolve clock waits at most while the customer has to answer"
    )


class QueuePart(Part):
    """Where escalated tickets wait for people."""

    serves: Alternatives = Field(default=[], description="tickets that come here whatever their type")
    people: list[str] = Field(default=[], description="who works it")
    hours: str = Field(default="", description="when somebody is there; left out: always")
    clocks: ClocksPart = Field(default=ClocksPart(), description="deadlines")
    cost_of_delay_per_hour: int = Field(default=10, ge=0, description="what an hour of waiting costs: sets the order")
    escalates_to: str = Field(default="", description="the queue that a ticket moves to when a deadline passes")


class PersonPart(Part):
    """Somebody who may own tickets."""

    name: str = Field(default="", description="how they are called")
    skills: list[str] = Field(default=[], description="what they are good at")
    languages: list[str] = Field(default=[], description="left out: all")
    hours: str = Field(default="", description="left out: always")
    authority: dict[str, float] = Field(default={}, description="limits by name, such as refund: 200")
    at_once: int = Field(default=5, ge=1, description="how many tickets they hold at a time")


class HoursPart(Part):
    """When people are there."""

    zone: str = Field(description="an IANA time zone, such as Europe/Berlin")
    open: dict[str, str | list[str]] = Field(description="a day or days (mon, mon-fri): 09:00-17:00, or a list")
    holidays: list[str] = Field(default=[], description="days on which nobody is there, as 2026-12-25")


class MessagesPart(Part):
    """What the customer is told when automation steps back. Promise nothing that hours and queues do not keep."""

    holding: Sentences = Field(default={}, description="sent in place of a draft that went too far")
    holding_action: Sentences = Field(default={}, description="sent in place of an action that is not allowed")
    holding_unread: Sentences = Field(default={}, description="sent while something could not be read")
    handoff: Sentences = Field(default={}, description="sent when a person takes over")
    nobody_there: Sentences = Field(default={}, description="sent instead of handoff when nobody is there")
    leave_contact: Sentences = Field(default={}, description="added to nobody_there when no contact is known")
    resolved: Sentences = Field(default={}, description="asked when a person has resolved: is it solved?")


class TargetsPart(Part):
    """What the business sets out to reach with the five indicators; pages hold each figure against it."""

    escalated_after_repetition: Percent | None = Field(default=None, description="at most this share")
    restated_after_handoff: Percent | None = Field(default=None, description="at most this share")
    dwell_beyond_policy: Percent | None = Field(default=None, description="at most this share")
    time_to_resolution: float | None = Field(default=None, gt=0, description="at most so many hours in the middle case")
    escalated_satisfaction: Percent | None = Field(default=None, description="at least this share")


class PolicyFile(Part):
    """A trustladder policy: when automation is contained, when a person takes over, and who that is."""

    version: Literal[1] = Field(description="the version of this format")
    name: str = Field(min_length=1, description="how the policy is called in reports")
    currency: str = Field(default="", description="of every amount in this file")
    high_value: float | None = Field(default=None, gt=0, description="yearly revenue at which account_value is 100")
    ticket_types: dict[Slug, TicketTypePart] = Field(min_length=1, description="the kinds of ticket, by name")
    weights: Weights = Field(description="points that a signal adds at full strength, by signal")
    thresholds: list[RulePart] = Field(min_length=1, description="the rules")
    containment: ContainmentPart = Field(description="what automation may do in each of its lanes")
    queues: dict[Slug, QueuePart] = Field(default={}, description="where escalated tickets wait, by name")
    people: dict[Slug, PersonPart] = Field(default={}, description="who may own tickets, by name")
    hours: dict[Slug, HoursPart] = Field(default={}, description="when people are there, by name")
    messages: MessagesPart = Field(default=MessagesPart(), description="what the customer is told")
    audit_sample_percent: float = Field(default=0.0, ge=0, le=100, description="automated tickets that people re-read")
    audit_sample_seed: int = Field(default=0, ge=0, description="another number draws another sample")
    targets: TargetsPart = Field(default=TargetsPart(), description="of the five indicators")
    permit_seconds: float = Field(default=5.0, gt=0, le=5, description="how long a released draft may be sent")
