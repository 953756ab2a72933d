"""The scenario file as its author writes it: conversations, and what must be true at each turn."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from trustladder.core.signals import FULL_STRENGTH
from trustladder.policy.model import ActWord, Part, Percent

ROLES = ("customer", "bot", "draft", "human", "tool", "system")

LaneWord = Literal["automated", "contained", "escalated", "owned", "resolved"]
Strength = Annotated[int, Field(ge=0, le=FULL_STRENGTH)]


class LaneRange(Part):
    """A lane at least or at most this high on the ladder."""

    at_least: LaneWord | None = None
    at_most: LaneWord | None = None


class RiskRange(Part):
    """A Resolution Risk of at least or at most this much."""

    at_least: Percent | None = None
    at_most: Percent | None = None


class StrengthRange(Part):
    """A signal at least or at most this strong."""

    at_least: Strength | None = None
    at_most: Strength | None = None


class ExpectPart(Part):
    """What must be true after the turn. What is not named is not tested."""

    lane: LaneWord | LaneRange | None = Field(default=None, description="a lane, or {at_least: …, at_most: …}")
    risk: RiskRange | None = Field(default=None, description="{at_least: 40%, at_most: 60%}")
    signals: list[str] | dict[str, StrengthRange] = Field(default=[], description="signals that are in force")
    no_signals: list[str] = Field(default=[], description="signals that are not in force")
    rules: list[str] = Field(default=[], description="rules that gave a reason")
    no_rules: list[str] = Field(default=[], description="rules that gave none")
    may: list[ActWord] = Field(default=[], description="acts that automation may still perform")
    may_not: list[ActWord] = Field(default=[], description="acts that it may not perform")
    notified: bool | None = Field(default=None, description="a person was told to watch")
    queue: str | None = Field(default=None, description="the queue that the escalated ticket went to")
    gate: Literal["release", "replace", "withhold"] | None = Field(default=None, description="the answer to a draft")


class CallPart(Part):
    """A tool call that the bot makes or proposes."""

    tool: str = Field(description="its name")
    arguments: dict[str, str | int | float | bool] = Field(default={}, description="by name")


class TurnPart(Part):
    """One turn. Exactly one of the roles holds its text; under `tool` it is the tool's name."""

    customer: str | None = Field(default=None, description="what the customer wrote")
    bot: str | None = Field(default=None, description="a bot message that reached the customer")
    draft: str | None = Field(default=None, description="a bot message that asks the gate first")
    human: str | None = Field(default=None, description="what a person of the business wrote: they own it now")
    tool: str | None = Field(default=None, description="the name of the tool that returned")
    system: str | None = Field(default=None, description="a line that nobody wrote")
    text: str = Field(default="", description="what the tool returned")
    failed: bool = Field(default=False, description="the tool call failed")
    minutes: int | None = Field(default=None, ge=0, description="since the start; left out: one after the turn before")
    confidence: Strength | None = Field(default=None, description="the bot's own")
    acts: list[ActWord] = Field(default=[], description="the acts that a draft declares")
    cites: list[str] = Field(default=[], description="the sources that a draft names")
    calls: list[CallPart] = Field(default=[], description="tool calls that the bot makes or proposes")
    signals: dict[str, Strength] | None = Field(
        default=None, description="signals given by hand; left out: the product's own detectors read the turn"
    )
    unknown: list[str] = Field(default=[], description="signals that could not be read, by hand")
    recognised: list[str] = Field(default=[], description="ticket types that were recognised, by hand")
    expect: ExpectPart | None = Field(default=None, description="what must be true after this turn")

    @model_validator(mode="after")
    def one_role(self) -> Self:
        """Refuse a turn of nobody, or of two."""
        said = [role for role in ROLES if getattr(self, role) is not None]
        if len(said) != 1:
            raise PydanticCustomError("one_role", "a turn has exactly one of: " + ", ".join(ROLES))
        return self

    @property
    def role(self) -> str:
        """Whose turn it is."""
        return next(role for role in ROLES if getattr(self, role) is not None)

    @property
    def said(self) -> str:
        """What stands under the role."""
        return str(getattr(self, self.role))


class TicketPart(Part):
    """What a trusted system tells when the ticket opens."""

    type: str | None = Field(default=None, description="a ticket type of the policy")
    channel: str = Field(default="", description="such as chat or email")
    language: str = Field(default="", description="a BCP 47 tag, such as de")
    exposure: float | None = Field(default=None, description="money at stake")


class AccountPart(Part):
    """What a trusted system tells about the account."""

    id: str | None = Field(default=None, description="its name")
    value: float | None = Field(default=None, description="yearly revenue")
    tier: str | None = Field(default=None, description="as the helpdesk names it")
    at_risk: bool | None = Field(default=None, description="marked at risk")


class ScenarioPart(Part):
    """One conversation and what must be true in it."""

    name: str = Field(min_length=1, description="what the scenario shows, in a sentence")
    ticket: TicketPart = Field(default=TicketPart(), description="what a trusted system tells when the ticket opens")
    account: AccountPart | None = Field(default=None, description="what a trusted system tells about the account")
    turns: list[TurnPart] = Field(min_length=1, description="the conversation")


class ScenarioFile(Part):
    """Scenarios for `trustladder policy test`."""

    version: Literal[1] = 1
    scenarios: list[ScenarioPart] = Field(min_length=1)
