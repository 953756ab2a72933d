"""What the learned score reads of a structured conversation: its labels, counted one turn at a time.

Out of it come numbers (`m:`), labels by how recently they were said (`s:`), and those said last (`l:`).
"""

from collections import Counter
from copy import copy
from dataclasses import dataclass, field, fields

from trustladder.core.ticket import Role, Turn
from trustladder.detect.labels import ENTITY, bot_fails, told_by

INTENT_MEASURES: tuple[str, ...] = (
    "bot_fails",
    "customer_unclear",
    "refusals",
    "refusals_in_a_row",
    "asks_for_person",
    "bot_repeats_label",
    "bot_repeats_last_label",
    "times_of_last_bot_label",
    "bot_turns_in_a_row",
    "customer_repeats_label",
)
"""Numbers that `Intents.counts` gives under `m:`; each may only raise the risk."""
INTENT_PLACE = ("turns_so_far", "customer_turns_so_far", "bot_turns_so_far", "customer_turns_in_a_row")
"""Where a structured conversation stands, also given under `m:`: it may move the risk either way."""
RECENT = 14
"""A label said this many turns ago or more counts as said once; one said later counts for more."""
_LAST = 6
_MEANING = {
    "repetition": "customer_unclear",
    "clarification": "customer_unclear",
    "rejection": "refusals",
    "human_request": "asks_for_person",
}


@dataclass(slots=True)
class Intents:
    """The labels of one conversation so far; `add` takes every turn in order, one without labels too.

    `seen` counts labels other than entities; `said` gives the turn in which each label was last said.
    """

    tally: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    said: dict[str, int] = field(default_factory=dict)
    last_labels: tuple[tuple[int, str], ...] = ()
    last_of: dict[str, str] = field(default_factory=dict)
    last_entities: tuple[str, ...] = ()
    seen: int = 0
    index: int = 0

    def add(self, turn: Turn) -> None:
        """Take the next turn."""
        if turn.intents:
            self._turn(turn)
        self.index += 1

    def copy(self) -> "Intents":
        """A state of its own that goes on from here."""
        return Intents(**{part.name: copy(getattr(self, part.name)) for part in fields(self)})

    def _turn(self, turn: Turn) -> None:
        who = "customer" if turn.role is Role.CUSTOMER else "bot"
        entities = [label.removeprefix(ENTITY) for label in turn.intents if label.startswith(ENTITY)]
        self.last_entities = tuple(f"{who} names {entity}" for entity in entities)
        self.said |= dict.fromkeys(self.last_entities, self.index)
        tally, other = self.tally, "bot" if who == "customer" else "customer"
        tally["turns_so_far"] += 1
        tally[f"{who}_turns_so_far"] += 1
        tally[f"{who}_turns_in_a_row"] += 1
        tally[f"{other}_turns_in_a_row"] = 0
        for label in turn.intents:
            if not label.startswith(ENTITY):
                self._label(who, label)

    def _label(self, who: str, label: str) -> None:
        tally, named = self.tally, f"{who}: {label}"
        self.said[named] = self.index
        tally[f"{who}_repeats_label"] += self.labels[named] > 0
        tally[f"{who}_repeats_last_label"] += self.last_of.get(who) == named
        if who == "bot":
            tally["bot_fails"] += bot_fails(label)
        else:
            meant = _MEANING.get(told_by(label)[0], "")
            if meant:
                tally[meant] += 1
            tally["refusals_in_a_row"] = tally["refusals_in_a_row"] + 1 if meant == "refusals" else 0
        self.labels[named] += 1
        self.last_of[who] = named
        self.last_labels = (*self.last_labels[1 - _LAST :], (self.index, named))
        self.seen += 1

    def counts(self) -> dict[str, int]:
        """What a structured conversation counts so far, each as a whole number that is 0 where it is left out.

        The numbers of `INTENT_MEASURES` and `INTENT_PLACE` (`m:`), how recently each label was said (`s:`, from
        `RECENT` in the turn just read down to 1), and the labels said last by their place (`l:`, once each).
        """
        tally = self.tally
        tally["times_of_last_bot_label"] = self.labels[self.last_of.get("bot", "")]
        counts = {f"m:{name}": tally[name] for name in (*INTENT_MEASURES, *INTENT_PLACE) if tally[name]}
        counts |= {f"s:{named}": max(1, RECENT + turn + 1 - self.index) for named, turn in self.said.items()}
        return counts | dict.fromkeys(self.closing(), 1)

    def turns(self) -> dict[str, int]:
        """The turn that each `s:` and `l:` of `counts` was last said in."""
        return {f"s:{named}": turn for named, turn in self.said.items()} | self.closing()

    def closing(self) -> dict[str, int]:
        """Where a structured conversation stands: the labels said last, each with its turn."""
        places = enumerate(reversed(self.last_labels), 1)
        found = {f"l:{place} from the end, {named}": turn for place, (turn, named) in places}
        found |= {f"l:last turn, {named}": self.index - 1 for named in self.last_entities}
        return found | {f"l:last of {named}": self.index - 1 for named in self.last_of.values()}
