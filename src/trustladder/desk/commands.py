"""What the desk is asked to do: plain values, already validated at the edge."""

from dataclasses import dataclass

from trustladder.core.containment import Act, ToolCall
from trustladder.core.signals import Signal


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a trusted system tells about the account and the ticket; None is "not told"."""

    account_id: str | None = None
    value: float | None = None
    tier: str | None = None
    at_risk: bool | None = None
    ticket_type: str | None = None
    exposure: float | None = None


@dataclass(frozen=True, slots=True)
class CustomerTurn:
    """A message of the customer. ``reported`` are signals that an outside system read from it."""

    message_id: str
    text: str
    channel: str = ""
    language: str = ""
    subject: str = ""
    intents: tuple[str, ...] = ()
    facts: AccountFacts = AccountFacts()
    reported: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What the bot wants to say or do. ``confidence`` is its own, 0 to 100; ``cites`` names its sources."""

    draft_id: str
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    declared: tuple[Act, ...] = ()
    cites: tuple[str, ...] = ()
    confidence: int | None = None
    reported: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class HumanTurn:
    """A message of a person of the business, from any channel; ``internal`` for a note to colleagues.

    ``unless_owned`` refuses it where a colleague owns the ticket by then: two voices are worse than one. So does
    ``seen_turns``, how many of the ticket's turns the writer has read, where the customer or a colleague has written
    since; None does not ask.
    ``awaits_customer`` tells whether it is the customer's turn now; None reads it from the text: does it end with
    a question?
    """

    message_id: str
    text: str
    person_id: str = ""
    internal: bool = False
    unless_owned: bool = False
    seen_turns: int | None = None
    awaits_customer: bool | None = None

    @property
    def asks_the_customer(self) -> bool:
        """True when the resolve clock may wait for the customer's answer."""
        if self.awaits_customer is not None:
            return self.awaits_customer
        return self.text.rstrip().endswith("?")


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a ticket is closed. ``amount`` is what the repair costs, in the policy's currency."""

    by: str
    outcome: str = "solved"
    cause: str = ""
    repair: str = ""
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """What a customer answers when a ticket has been resolved. ``score`` is 0 to 100; None is "not told"."""

    solved: bool | None = None
    score: int | None = None
    complaint: bool = False
    text: str = ""
