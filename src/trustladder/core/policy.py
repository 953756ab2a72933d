"""The policy as the ladder sees it: plain values, compiled once; `trustladder.policy` reads it from a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trustladder.core.conditions import SIGNAL_PREFIX, Comparison, Condition, Evaluate, Group, compile_groups
from trustladder.core.containment import Act, Authority, Lane
from trustladder.core.risk import ALWAYS
from trustladder.core.signals import CATALOGUE
from trustladder.core.threshold import Rule

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

UNKNOWN_TYPE = "unknown"
"""The ticket type of a ticket that nothing has recognised."""


@dataclass(frozen=True, slots=True)
class TicketType:
    """A kind of ticket: its base points, whether trust hangs on it, its queue, and sentences that show it."""

    name: str
    base: int = 0
    trust_critical: bool = False
    queue: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of opening hours: weekday 0 (Monday) to 6, minutes since midnight local time, end exclusive."""

    weekday: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When people are there: an IANA zone, weekly shifts, and dates (YYYY-MM-DD) on which nobody is."""

    name: str
    zone: str
    shifts: tuple[Shift, ...]
    holidays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clocks:
    """Deadlines after escalation, in minutes of the queue's hours.

    ``return_minutes`` after a claim without a word to the customer the ticket goes back to its queue (None: never).
    ``customer_minutes`` is how long the resolve clock stands still at most while the customer has to answer.
    """

    claim_minutes: int = 15
    first_reply_minutes: int = 30
    resolve_minutes: int = 480
    return_minutes: int | None = None
    customer_minutes: int = 1440


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may own tickets: skills, languages, hours, and the authority to resolve.

    ``authority`` maps a named limit (``refund``) to the largest amount, in the policy's currency.
    """

    id: str
    name: str = ""
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    hours: str = ""
    authority: Mapping[str, float] = field(default_factory=dict)
    at_once: int = 5


@dataclass(frozen=True, slots=True)
class Queue:
    """Where escalated tickets wait: what it serves, who works it, its clocks and what an hour of delay costs.

    ``serves`` holds alternatives: a ticket that matches one group goes here. ``escalates_to`` names the
    next queue up the escalation chain.
    """

    id: str
    serves: tuple[Group, ...] = ()
    people: tuple[str, ...] = ()
    hours: str = ""
    clocks: Clocks = Clocks()
    cost_of_delay_per_hour: int = 10
    escalates_to: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One group of a rule's hard conditions: where its truth stands, and the lane it asks for."""

    group: Group
    place: int
    lane: Lane
    notify: bool


@dataclass(frozen=True, slots=True, eq=False)
class RuleGroups:
    """A rule, where the truth of its `when` stands, and its hard conditions: escalate, notify, contain."""

    rule: Rule
    when: int
    asked: tuple[Asked, ...]

    def asks(self, *, holds: bool) -> tuple[tuple[Group, int], ...]:
        """Return the groups that the rule needs to know, with their places: `when`, or the hard ones once it holds."""
        return tuple((a.group, a.place) for a in self.asked) if holds else ((self.rule.when, self.when),)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Every group of the policy's conditions in one function, where each truth stands, and what the rules ask for.

    ``asked_signals`` are the signals of which some group asks, by name.
    """

    evaluate: Evaluate
    groups: tuple[Group, ...]
    index: Mapping[Group, int]
    rules: tuple[RuleGroups, ...]
    asked_signals: frozenset[str]


def _compiled(rules: Iterable[Rule], groups: tuple[Group, ...]) -> Compiled:
    index = {group: i for i, group in enumerate(groups)}
    fields = {condition.field for group in groups for condition in group}
    asked = frozenset(field.removeprefix(SIGNAL_PREFIX) for field in fields if field.startswith(SIGNAL_PREFIX))
    placed = tuple(RuleGroups(rule, index[rule.when], tuple(_asked(rule, index))) for rule in rules)
    return Compiled(compile_groups(groups), groups, index, placed, asked)


def _asked(rule: Rule, index: Mapping[Group, int]) -> Iterator[Asked]:
    alternatives = (
        (rule.escalate_when, Lane.ESCALATED, False),
        (rule.notify_when, Lane.CONTAINED, True),
        (rule.contain_when, Lane.CONTAINED, False),
    )
    for groups, lane, notify in alternatives:
        for group in groups:
            yield Asked(group, index[group], lane, notify)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: everything that a decision depends on besides the ticket.

    ``digest`` is the SHA-256 of the policy's canonical form, in hex; every decision carries it. ``weights`` are
    points at full strength. Messages by reason (``holding``, ``handoff``, ``nobody_there`` …) are in ``messages``
    by language. ``targets`` are those of the five indicators, by key and in the indicator's unit.
    """

    digest: str
    name: str
    ticket_types: Mapping[str, TicketType]
    weights: Mapping[str, int]
    rules: tuple[Rule, ...]
    automated: Authority
    contained: Authority
    queues: Mapping[str, Queue] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    hours: Mapping[str, Hours] = field(default_factory=dict)
    messages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str = ""
    high_value: float | None = None
    audit_sample_percent: float = 0.0
    audit_sample_seed: int = 0
    targets: Mapping[str, float] = field(default_factory=dict)
    permit_seconds: float = 5.0
    compiled: Compiled = field(init=False, repr=False, compare=False)
    relevant_signals: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiled = _compiled(self.rules, tuple(dict.fromkeys(self._groups())))
        weighted = {name for name, weight in self.weights.items() if weight}
        object.__setattr__(self, "compiled", compiled)
        object.__setattr__(self, "relevant_signals", compiled.asked_signals | weighted)

    def _groups(self) -> Iterator[Group]:
        for rule in self.rules:
            yield rule.when
            yield from (*rule.contain_when, *rule.notify_when, *rule.escalate_when)
        for queue in self.queues.values():
            yield from queue.serves

    def base_points(self, declared: str | None, recognised: frozenset[str]) -> int:
        """Return the base of a ticket: the largest of its types' bases.

        A type that was only recognised in the customer's text can raise the base and never lower it (law 6):
        without a declared type the base of ``unknown`` takes part.
        """
        own = declared if declared is not None and declared in self.ticket_types else UNKNOWN_TYPE
        names = {own, *recognised}
        return max((self.ticket_types[name].base for name in names if name in self.ticket_types), default=0)


def closed_policy(reason: str) -> Policy:
    """Return the policy in force where none could be loaded: everything is contained, and says why (law 4)."""
    rule = Rule(id="no-policy", contain_at=ALWAYS, because=reason)
    mild = Authority((Act.ACKNOWLEDGE, Act.GATHER, Act.SUMMARISE, Act.TRIAGE))
    asked = Condition("signal.human_request", Comparison.AT_LEAST, 50)
    person = Rule(id="person-asked", escalate_when=((asked,),), because="the customer asks for a person")
    return Policy(
        digest="none",
        name="no policy",
        ticket_types={UNKNOWN_TYPE: TicketType(UNKNOWN_TYPE)},
        weights=dict.fromkeys(CATALOGUE, 0),
        rules=(rule, person),
        automated=mild,
        contained=mild,
        queues={"people": Queue("people")},
    )
