"""Contain: the acts that automation may still perform, and the gate that compares a draft with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Lane(IntEnum):
    """Where a ticket stands on the ladder; within an episode it rises by itself and falls only by a person."""

    AUTOMATED = 0
    CONTAINED = 1
    ESCALATED = 2
    OWNED = 3
    RESOLVED = 4

    @property
    def word(self) -> str:
        """The lane in lower case, as the API, the pages and the documents write it."""
        return self.name.lower()

    @property
    def automation_may_speak(self) -> bool:
        """True while automation holds any authority: law 1 ends it with the handoff."""
        return self <= Lane.CONTAINED


def lane_of(word: str) -> Lane:
    """Return the lane that a word names. Raises ValueError for a word that is none."""
    try:
        return Lane[word.upper()]
    except KeyError:
        raise ValueError(f"no such lane: {word!r}") from None


class Act(StrEnum):
    """What a message does, from the mildest to the most authoritative."""

    ACKNOWLEDGE = "acknowledge"
    GATHER = "gather"
    SUMMARISE = "summarise"
    TRIAGE = "triage"
    INFORM = "inform"
    RESOLVE = "resolve"


AUTHORITATIVE = frozenset({Act.INFORM, Act.RESOLVE})
"""The acts that Contain takes away: an answer, a promise, a decision."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that a bot proposes or has made: the tool's name and its arguments."""

    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ToolLimit:
    """An upper bound on one numeric argument of a tool, such as ``refund.amount <= 50``."""

    argument: str
    at_most: float


@dataclass(frozen=True, slots=True)
class ToolGrant:
    """A tool that automation may call, within limits. All limits must hold."""

    name: str
    limits: tuple[ToolLimit, ...] = ()

    def objection(self, call: ToolCall) -> str | None:
        """Return why this call exceeds the grant, or None when it is within it."""
        for limit in self.limits:
            value = call.arguments.get(limit.argument)
            if isinstance(value, bool) or not isinstance(value, int | float):
                return f"{call.name}.{limit.argument} is not a number, and the policy limits it to {limit.at_most:g}"
            if not value <= limit.at_most:
                return f"{call.name}.{limit.argument} is {value:g}, above the limit of {limit.at_most:g}"
        return None


def _limits_of(*grants: ToolGrant | None) -> tuple[ToolLimit, ...]:
    return tuple(dict.fromkeys(limit for grant in grants if grant is not None for limit in grant.limits))


@dataclass(frozen=True, slots=True)
class Authority:
    """The set of speech acts and tool calls that automation may perform, in a fixed order."""

    acts: tuple[Act, ...] = ()
    tools: tuple[ToolGrant, ...] = ()
    every_tool: bool = False

    def intersect(self, other: "Authority") -> "Authority":
        """Return what both authorities allow: the strictest wins."""
        acts = tuple(act for act in self.acts if act in other.acts)
        mine, theirs = ({grant.name: grant for grant in side.tools} for side in (self, other))
        tools = tuple(
            ToolGrant(name, _limits_of(mine.get(name), theirs.get(name)))
            for name in dict.fromkeys((*mine, *theirs))
            if (name in mine or self.every_tool) and (name in theirs or other.every_tool)
        )
        return Authority(acts, tools, self.every_tool and other.every_tool)

    def objections(self, acts: Iterable[Act], calls: Iterable[ToolCall]) -> tuple[str, ...]:
        """Return one sentence for each act or call outside this authority; empty when all are inside."""
        spoken = tuple(f"automation may not {act.value} here" for act in acts if act not in self.acts)
        called = tuple(objection for call in calls if (objection := self._object_to(call)) is not None)
        return spoken + called

    def _object_to(self, call: ToolCall) -> str | None:
        for grant in self.tools:
            if grant.name == call.name:
                return grant.objection(call)
        return None if self.every_tool else f"automation may not call {call.name} here"


NO_AUTHORITY = Authority()
"""What automation holds from the handoff on: nothing (law 1)."""


class Answer(StrEnum):
    """The gate's answer to a draft."""

    RELEASE = "release"
    REPLACE = "replace"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The gate's answer with the acts it saw and one sentence for each objection."""

    answer: Answer
    acts: tuple[Act, ...]
    objections: tuple[str, ...]


def judge(lane: Lane, authority: Authority, acts: tuple[Act, ...], calls: tuple[ToolCall, ...]) -> Judgement:
    """Judge a draft: outside automation's lanes withhold, outside its authority replace, else release.

    A draft that only calls tools is withheld when refused: there is no text to replace.
    """
    if not lane.automation_may_speak:
        return Judgement(Answer.WITHHOLD, acts, (f"the ticket is {lane.word}: automation is silent",))
    objections = authority.objections(acts, calls)
    if not objections:
        return Judgement(Answer.RELEASE, acts, ())
    return Judgement(Answer.REPLACE if acts else Answer.WITHHOLD, acts, objections)


@dataclass(frozen=True, slots=True)
class Permit:
    """A release bound to the ticket's position: redeeming it fails once anything that matters has happened.

    ``mark`` is the position of the last event that mattered when the permit was given, ``expires_at_ms``
    is in milliseconds since the Unix epoch.
    """

    permit_id: str
    mark: int
    expires_at_ms: int

    def refusal(self, mark: int, lane: Lane, now_ms: int) -> str | None:
        """Return why the permit can no longer be redeemed, or None when it still stands."""
        if not lane.automation_may_speak:
            return f"the ticket is {lane.word}: automation is silent"
        if mark != self.mark:
            return "something that matters has happened on the ticket since the permit was given"
        if now_ms > self.expires_at_ms:
            return "the permit has expired"
        return None
