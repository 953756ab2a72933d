"""Contain: the acts that automation may still perform, and the gate that compares a draft with them."""

from collections.abc import Collection, Iterable, Mapping
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
    """A bound on the size of one numeric argument of a tool, such as ``refund.amount <= 50``, with either sign."""

    argument: str
    at_most: float


_LARGEST_SHOWN = 10**15


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
            if not abs(value) <= limit.at_most:
                return f"{call.name}.{limit.argument} is {_shown(value)}, above the limit of {limit.at_most:g}"
        return None


def _shown(value: float) -> str:
    """Return a number in a few characters; a whole one may be too large for a float to hold."""
    return f"{value:g}" if abs(value) < _LARGEST_SHOWN else "no usable number"


def _limits_of(*grants: ToolGrant | None) -> tuple[ToolLimit, ...]:
    return tuple(dict.fromkeys(limit for grant in grants if grant is not None for limit in grant.limits))


Sources = tuple[str, ...]
"""Names of sources, of which one is enough; a star at the end stands for any ending, such as ``help/*``."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The set of speech acts and tool calls that automation may perform, in a fixed order.

    ``must_cite`` is what an `inform` must name as its source: one of each of these sets; empty asks for nothing.
    """

    acts: tuple[Act, ...] = ()
    tools: tuple[ToolGrant, ...] = ()
    every_tool: bool = False
    must_cite: tuple[Sources, ...] = ()

    def intersect(self, other: "Authority") -> "Authority":
        """Return what both authorities allow: the strictest wins."""
        acts = tuple(act for act in self.acts if act in other.acts)
        mine, theirs = ({grant.name: grant for grant in side.tools} for side in (self, other))
        tools = tuple(
            ToolGrant(name, _limits_of(mine.get(name), theirs.get(name)))
            for name in dict.fromkeys((*mine, *theirs))
            if (name in mine or self.every_tool) and (name in theirs or other.every_tool)
        )
        must_cite = tuple(dict.fromkeys((*self.must_cite, *other.must_cite)))
        return Authority(acts, tools, self.every_tool and other.every_tool, must_cite)

    def objections(
        self, acts: Collection[Act], calls: Iterable[ToolCall], cites: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Return one sentence for each act, call or missing source outside this authority; empty when all is inside."""
        spoken = tuple(f"automation may not {act.value} here" for act in acts if act not in self.acts)
        called = tuple(objection for call in calls if (objection := self._object_to(call)) is not None)
        informs = Act.INFORM in acts and Act.INFORM in self.acts
        missing = (sources for sources in self.must_cite if informs and not _names_one(cites, sources))
        return (*spoken, *called, *(f"automation informs here only from {_either(s)}, and cites none" for s in missing))

    def _object_to(self, call: ToolCall) -> str | None:
        for grant in self.tools:
            if grant.name == call.name:
                return grant.objection(call)
        return None if self.every_tool else f"automation may not call {call.name} here"


def _names_one(cites: Collection[str], sources: Sources) -> bool:
    return any(
        cited == source or (source.endswith("*") and cited.startswith(source[:-1]))
        for cited in cites
        for source in sources
        if cited.strip()
    )


def _either(sources: Sources) -> str:
    return "a source" if "*" in sources else " or ".join(sources)


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


def judge(
    lane: Lane,
    authority: Authority,
    acts: tuple[Act, ...],
    calls: tuple[ToolCall, ...],
    cites: tuple[str, ...] = (),
) -> Judgement:
    """Judge a draft: outside automation's lanes withhold, outside its authority replace, else release.

    A refused draft that only calls tools is replaced as well: the customer waits for a word, and there is a true one.
    """
    if not lane.automation_may_speak:
        return Judgement(Answer.WITHHOLD, acts, (f"the ticket is {lane.word}: automation is silent",))
    objections = authority.objections(acts, calls, cites)
    return Judgement(Answer.REPLACE if objections else Answer.RELEASE, acts, objections)


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
