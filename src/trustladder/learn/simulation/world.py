"""The settings of a simulated world: needs, the bot's skill, perception, people, spillover."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trustladder.core.policy import Policy
from trustladder.errors import BadInput


@dataclass(frozen=True, slots=True)
class Need:
    """A kind of need. ``share`` of the tickets have it, ``beyond_bot`` of these no bot's answer solves (0 to 1).

    ``topics`` are the signals that its first turn shows. ``at_once`` needs a person from the first turn on. ``refund``
    tells that whoever solves it grants a refund.
    """

    ticket_type: str
    share: float
    beyond_bot: float
    topics: tuple[str, ...] = ()
    at_once: bool = False
    refund: bool = False


NEEDS = (
    Need("how_to", 0.45, 0.10),
    Need("billing", 0.30, 0.40, ("payment",), refund=True),
    Need("technical", 0.20, 0.30, ("technical_ambiguity",)),
    Need("account_access", 0.05, 1.0, ("security",), at_once=True),
)


@dataclass(frozen=True, slots=True)
class World:
    """A world of ``accounts`` over ``days``; the same settings give the same events. Shares run from 0 to 1.

    ``bot_skill`` is the share of answers that solve what is not beyond the bot. After a failed answer the customer
    asks for a person with ``asks``, and the bot hands over on request with ``transfers``. ``perceived`` of what
    customers show is read as a signal, and on ``false_alarm`` of their turns a signal is read that is not there.
    Of the customers who were failed, ``told`` complain, come back or answer a survey badly; the rest say nothing.
    ``people`` work on what was handed over, ``hours_each`` on each. For ``spillover_days`` after a bad episode an
    account writes ``1 + spillover`` times as often and goes straight to people more often; some then downgrade.
    ``hidden_temper`` makes half of the accounts harder to serve and quicker to complain, and no field tells which.
    ``review_percents`` draws automated tickets for review by ticket type, of which ``reviewed`` are. With a ``policy``
    the ladder decides on each turn; it hands over only where ``policy_acts``.
    """

    seed: int = 0
    accounts: int = 300
    days: int = 180
    contacts_a_month: float = 0.8
    needs: tuple[Need, ...] = NEEDS
    bot_skill: float = 0.7
    asks: float = 0.15
    transfers: float = 0.8
    perceived: float = 0.9
    false_alarm: float = 0.02
    told: float = 0.6
    people: int = 4
    hours_each: float = 0.75
    spillover: float = 0.0
    spillover_days: int = 30
    hidden_temper: float = 0.0
    review_percents: Mapping[str, float] = field(default_factory=dict)
    reviewed: float = 1.0
    policy: Policy | None = None
    policy_acts: bool = False

    def __post_init__(self) -> None:
        total = sum(need.share for need in self.needs)
        if abs(total - 1.0) > 1e-9:
            raise BadInput(f"the needs' shares add up to {total}, not 1", fix="change a share")
        if self.people < 1 or self.accounts < 1 or self.days < 1:
            raise BadInput("a world needs at least one account, one day and one person", fix="raise them to 1")
