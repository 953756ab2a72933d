"""What the learned score reads: a running state that takes one turn at a time.

Everything is read from what was said and called so far. Of a conversation in text come out `measures`, some sixty
numbers with a meaning of their own; counts of words (`c:` the customer's, `t:` tool calls and results); and `meanings`,
the vectors of what the customer and the bot said last. What comes out of a structured one is in `intents`.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from trustladder.core.ticket import Role, Turn
from trustladder.detect.outcome.heard import Heard, Known
from trustladder.detect.outcome.intents import Intents
from trustladder.detect.outcome.words import (
    BOT,
    CUSTOMER,
    bot_groups,
    changes_something,
    customer_groups,
    hands_over,
    plain,
    tokens,
)
from trustladder.detect.text import read
from trustladder.detect.vectors import encoder_size, vector

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LIST_LINE = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s", re.MULTILINE)
_YES = frozenset(["yes", "sure", "ok", "okay", "yep", "yeah", "correct", "confirm", "proceed"])

_TALLIES = [
    "customer_turns",
    "customer_words",
    "longest_customer_turn",
    "first_customer_turn",
    "bot_words",
    "bot_numbers",
    "ungrounded_numbers",
    "list_lines",
    "calls",
    "distinct_tools",
    "lookups",
    "searches",
    "busiest_turn",
    "repeated_calls",
    "failed_calls",
    "writes",
    "kinds_of_writes",
    "writes_without_yes",
    "writes_after_denial",
    "ungrounded_arguments",
    "result_characters",
    "empty_results",
    "yes_after_offer",
    "no_after_offer",
    "denials_after_write",
    "transfers",
]
_CUSTOMER_GROUPS = tuple(f"customer_{group}" for group in CUSTOMER)
_BOT_GROUPS = tuple(f"bot_{group}" for group in BOT)
MEASURES: tuple[str, ...] = (
    *_TALLIES,
    *_CUSTOMER_GROUPS,
    *(f"{group}_share" for group in _CUSTOMER_GROUPS),
    *_BOT_GROUPS,
    *(f"{group}_share" for group in _BOT_GROUPS),
    "customer_repeats_words",
    "bot_repeats_words",
    "denied_and_nothing_written",
)
"""Names of the numbers that `Running.measures` gives, in their order."""

SPEAKERS = (Role.CUSTOMER, Role.BOT)
"""Whose last words are read by their meaning too, in this order."""
_NONE: Known = {}


def leaves(value: object) -> Iterator[str]:
    """The plain values inside the arguments of a tool call, in lower case; flags and nothing are left out."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value).lower()


def _most_overlap(words: Sequence[str], earlier: list[frozenset[str]], least: float) -> float:
    """The largest Jaccard overlap of the longer words with earlier turns, or ``least`` where that is more.

    The turn's own words are put to the earlier ones.
    """
    own = frozenset([word for word in words if len(word) > 3])
    size = len(own)
    for other in earlier if own else ():
        # Sets of such different sizes cannot overlap more than the best so far.
        if min(size, len(other)) > least * max(size, len(other)):
            shared = len(own & other)
            least = max(least, shared / (size + len(other) - shared))
    earlier.append(own)
    return least


@dataclass(slots=True)
class Running:
    """The state of one conversation; `add` takes turns in order, at a cost that depends on the new turn only.

    `heard` holds the words by kind: all of them or, with a `vocabulary`, those that it knows.
    """

    vocabulary: Mapping[str, Known] | None = None
    heard: dict[str, Heard] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    turns_with: Counter[str] = field(default_factory=Counter)
    sources: list[str] = field(default_factory=list)
    said_last: dict[Role, tuple[int, str]] = field(default_factory=dict)
    customer_texts: list[str] = field(default_factory=list)
    bot_texts: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    customer_sets: list[frozenset[str]] = field(default_factory=list)
    bot_sets: list[frozenset[str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    tools: set[str] = field(default_factory=set)
    written: list[tuple[str, str]] = field(default_factory=list)
    results: list[tuple[str, str, bool]] = field(default_factory=list)
    failed_writes: list[str] = field(default_factory=list)
    customer_repeat: float = 0.0
    bot_repeat: float = 0.0
    said_yes: bool = False
    offered: bool = False
    spoke_last: bool = False
    calls_in_turn: int = 0
    intents: Intents = field(default_factory=Intents)
    index: int = 0

    def add(self, turn: Turn) -> None:
        """Take the next turn. People's and system turns are not read: the score is about automation."""
        self.intents.add(turn)
        if turn.role is Role.CUSTOMER:
            self._customer(turn.text)
        elif turn.role is Role.BOT:
            self._bot(turn)
        elif turn.role is Role.TOOL:
            self._result(turn)
        self.spoke_last = turn.role is Role.BOT and bool(turn.text)
        self.index += 1

    def fork(self) -> "Running":
        """A state of its own that goes on from here; what it reads leaves this one as it is."""
        copies = {part.name: copy(getattr(self, part.name)) for part in fields(self)}
        heard = {kind: words.copy() for kind, words in self.heard.items()}
        return Running(**{**copies, "vocabulary": self.vocabulary, "heard": heard, "intents": self.intents.copy()})

    def words(self, *kinds: str) -> dict[str, int]:
        """How often each word of some kinds was said, of all kinds where none is named; a key begins with the kind."""
        chosen = ((kind, self.heard[kind]) for kind in kinds or self.heard if kind in self.heard)
        return {kind + word: count for kind, words in chosen for word, count in words.counts.items()}

    def where(self, key: str, otherwise: int = -1) -> int:
        """The turn in which the word of a key was first said."""
        heard = self.heard.get(key[:2])
        return otherwise if heard is None else heard.first_turn(key[2:], otherwise)

    def _hear(self, kind: str, words: Iterable[str]) -> None:
        heard = self.heard.get(kind)
        if heard is None:
            known = None if self.vocabulary is None else self.vocabulary.get(kind, _NONE)
            heard = self.heard[kind] = Heard(known)
        heard.add(words, self.index)

    def _groups(self, found: Mapping[str, int]) -> None:
        for group, count in found.items():
            self.groups[group] += count
            self.turns_with[group] += 1

    def _customer(self, text: str) -> None:
        read = plain(text)
        words = tokens(read)
        if not words:
            return
        self.said_last[Role.CUSTOMER] = (self.index, text)
        tally, found = self.tally, customer_groups(words)
        self._groups(found)
        self._hear("c:", words)
        tally["customer_turns"] += 1
        tally["customer_words"] += len(words)
        tally["longest_customer_turn"] = max(tally["longest_customer_turn"], len(words))
        tally.setdefault("first_customer_turn", len(words))
        self.said_yes = words[0] in _YES or "customer_go_ahead" in found
        if self.offered:
            tally["yes_after_offer" if self.said_yes else "no_after_offer"] += 1
        self.customer_repeat = _most_overlap(words, self.customer_sets, self.customer_repeat)
        self.customer_texts.append(read)
        self.sources.append(read)
        self.numbers.update(_numbers(words))
        self.calls_in_turn = 0

    def _bot(self, turn: Turn) -> None:
        if turn.text:
            self.said_last[Role.BOT] = (self.index, turn.text)
            self._bot_text(plain(turn.text))
        for call in turn.tool_calls:
            self._call(call.name, call.arguments)

    def _bot_text(self, read: str) -> None:
        words = tokens(read)
        tally, found = self.tally, bot_groups(words)
        self._groups(found)
        numbers = _numbers(words)
        tally["bot_turns"] += 1
        tally["bot_words"] += len(words)
        tally["bot_numbers"] += len(numbers)
        tally["ungrounded_numbers"] += sum(len(n) > 1 and n not in self.numbers for n in numbers)
        tally["list_lines"] += len(_LIST_LINE.findall(read))
        tally["denials_after_write"] += "bot_deny" in found and tally["writes"] > 0
        self.offered = "bot_offer" in found
        self.bot_repeat = _most_overlap(words, self.bot_sets, self.bot_repeat)
        self.bot_texts.append(read)

    def _call(self, name: str, arguments: Mapping[str, object]) -> None:
        tally, key = self.tally, call_key(name, arguments)
        self._hear("t:", [f"call {name}"])
        self.calls_in_turn += 1
        tally["calls"] += 1
        tally["busiest_turn"] = max(tally["busiest_turn"], self.calls_in_turn)
        tally["repeated_calls"] += self.calls[key] > 0
        self.calls[key] += 1
        self.tools.add(name)
        if hands_over(name):
            tally["transfers"] += 1
        elif changes_something(name):
            self._write(name, key, arguments)
        else:
            tally["lookups"] += 1
            tally["searches"] += name.startswith(("search", "list", "find"))

    def _write(self, name: str, key: str, arguments: Mapping[str, object]) -> None:
        tally = self.tally
        tally["writes"] += 1
        tally["writes_without_yes"] += not self.said_yes
        tally["writes_after_denial"] += self.groups["bot_deny"] > 0
        tally["ungrounded_arguments"] += sum(not self.grounded(value) for value in leaves(arguments))
        self.written.append((name, key))
        tally["kinds_of_writes"] = len({name for name, _ in self.written})

    def grounded(self, value: str) -> bool:
        """True when the customer or a tool's result has mentioned the value (in lower case)."""
        return any(value in source for source in self.sources)

    def _result(self, turn: Turn) -> None:
        read = turn.text[: 4 * 4000].lower()
        failed = turn.failed or read.startswith("error")
        self._hear("t:", [f"{'failed' if failed else 'result'} {turn.author}"])
        tally = self.tally
        tally["failed_calls"] += failed
        if failed and changes_something(turn.author):
            self.failed_writes.append(turn.author)
        tally["result_characters"] += len(read)
        tally["empty_results"] += len(read) < 5
        self.sources.append(read)
        self.results.append((turn.author, turn.text, failed))
        self.numbers.update(_NUMBER.findall(read[:4000]))

    def measures(self) -> list[float]:
        """The numbers named in `MEASURES`: logarithms of counts, and shares of turns."""
        tally = self.tally
        tally["distinct_tools"] = len(self.tools)
        told, spoken = max(1, tally["customer_turns"]), max(1, tally["bot_turns"])
        log, count, in_group, turns_with = math.log1p, tally.get, self.groups.get, self.turns_with.get
        return [
            *[log(count(name, 0)) for name in _TALLIES],
            *[log(in_group(group, 0)) for group in _CUSTOMER_GROUPS],
            *[turns_with(group, 0) / told for group in _CUSTOMER_GROUPS],
            *[log(in_group(group, 0)) for group in _BOT_GROUPS],
            *[turns_with(group, 0) / spoken for group in _BOT_GROUPS],
            self.customer_repeat,
            self.bot_repeat,
            float(self.groups["bot_deny"] > 0 and not tally["writes"]),
        ]

    def meanings(self) -> list[npt.NDArray[np.float32]]:
        """The vectors of what each of `SPEAKERS` said last, zeros for one who has said nothing."""
        said = [self.said_last.get(role) for role in SPEAKERS]
        return [vector(read(last[1])) if last else np.zeros(encoder_size(), np.float32) for last in said]


def _numbers(words: Sequence[str]) -> list[str]:
    return [word for word in words if word[0].isdigit()]


def call_key(name: str, arguments: Mapping[str, object]) -> str:
    """A tool call as one text, equal for equal calls whatever the order of their arguments."""
    return f"{name}{_sorted(arguments)}"


def _sorted(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_sorted(value[key])}" for key in sorted(value, key=str)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_sorted, value)) + "]"
    return repr(value)
