"""A past conversation, as a reader of exports hands it to replay and audit.

How it ended is kept apart from what was said: perception sees messages only, so that no outcome can leak into
a signal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trustladder.core import events as e

Said = e.CustomerWrote | e.BotWrote | e.HumanWrote | e.ToolReturned | e.SystemNoted | e.Resolved | e.Reopened
"""What a line of an export can be: somebody's message, a tool's result, a system line, a change of status."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a conversation: ``index`` is its place in the conversation as given, from 0.

    ``line`` is where it stands in the source (a line, or an item of a list), from 1. ``at_ms`` is in milliseconds
    since the Unix epoch, and 0 in a conversation without times.
    """

    index: int
    line: int
    at_ms: int
    event: Said


@dataclass(frozen=True, slots=True)
class Ending:
    """How a conversation ended, where the export tells. It is for hindsight only and never reaches perception.

    ``outcome`` is a word such as ``solved`` or ``failed``, ``satisfaction`` 0 (worst) to 100, ``resolved_at_ms`` in
    epoch milliseconds. ``labels`` holds what a labelled set says besides, as it says it.
    """

    outcome: str = ""
    satisfaction: int | None = None
    complaint: bool = False
    resolved_at_ms: int | None = None
    labels: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A past conversation: its messages in order, what trusted fields declared, and apart from them its ending.

    ``timed`` tells whether the times are real: where it is False, nothing in minutes can be said.
    """

    id: str
    messages: tuple[Message, ...]
    opened: e.TicketOpened = field(default_factory=e.TicketOpened)
    account: e.AccountLearned = field(default_factory=e.AccountLearned)
    tags: tuple[str, ...] = ()
    ending: Ending = Ending()
    timed: bool = True
    source: str = ""


SHOWN_LINES = 5
"""How many places a notice names before it only counts."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the input that its owner should know: how often, and where the first few times.

    ``left_out`` tells whether the lines it counts were left out; otherwise they were read, as the words say.
    """

    what: str
    count: int
    places: tuple[str, ...]
    left_out: bool

    def __str__(self) -> str:
        """The notice in one line."""
        more = self.count - len(self.places)
        if not self.places:
            return f"{self.what} ({self.count:,} times)" if more > 1 else self.what
        where = ", ".join(self.places) + (f" and {more:,} more" if more else "")
        return f"{self.what} ({where})"


class Notices:
    """Collects notices while an input is read; one for each kind, however often it happens."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, bool], tuple[int, list[str]]] = {}

    def note(self, what: str, place: str = "", *, left_out: bool = False, count: int = 1) -> None:
        """Count something once more."""
        held, places = self._kinds.get((what, left_out), (0, []))
        if place and len(places) < SHOWN_LINES:
            places.append(place)
        self._kinds[what, left_out] = held + count, places

    def leave_out(self, what: str, place: str = "") -> None:
        """Count a line that is left out, and why."""
        self.note(what, place, left_out=True)

    def list(self) -> tuple[Notice, ...]:
        """Return the notices so far: first what was left out, then the rest, each in the order of its first time."""
        found = [Notice(what, count, tuple(places), out) for (what, out), (count, places) in self._kinds.items()]
        return tuple(sorted(found, key=lambda notice: not notice.left_out))

    @property
    def left_out(self) -> int:
        """How many lines were left out."""
        return total_left_out(self.list())


def total_left_out(notices: Iterable[Notice]) -> int:
    """Return how many lines the notices say were left out."""
    return sum(notice.count for notice in notices if notice.left_out)
