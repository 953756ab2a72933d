"""What is wrong with a file, collected so that all of it can be told at once."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from trustladder.errors import PolicyError, PolicyProblems
from trustladder.policy.source import NodePath, Source

_MOST_SHOWN = 12


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a word that is not known: the nearest known one, else the list of them."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    if not names:
        return "none is defined yet"
    shown = ", ".join(names[:_MOST_SHOWN])
    return f"known: {shown}" + (f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else "")


class Problems:
    """The problems of one file, each at its place; at most one a place, the first that was found."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: dict[str, PolicyError] = {error.where: error for error in source.problems}

    def add(self, path: NodePath, what: str, fix: str = "", *, key: bool = False) -> None:
        """Note a problem with the value at a path, or with its key."""
        where = self.source.where(path, key=key)
        self._found.setdefault(where, PolicyError(what, where=where, fix=fix))

    def unknown(self, path: NodePath, noun: str, word: str, known: Iterable[str], *, key: bool = False) -> None:
        """Note a name that nothing in the file or the catalogue defines, with the nearest one that is."""
        self.add(path, f"there is no {noun} '{word}'", did_you_mean(word, known), key=key)

    def empty_values(self) -> None:
        """Note every key after which nothing stands."""
        for path, node in self.source.root.walk():
            if path and node.kind == "scalar" and node.value is None:
                self.add(path, f"nothing stands after '{path[-1]}'", "give it a value, or remove it", key=True)

    def raise_any(self) -> None:
        """Raise PolicyProblems with everything found, in the order of the file; return when there is nothing."""
        if self._found:
            raise PolicyProblems(_in_file_order(list(self._found.values())))


def _in_file_order(found: Sequence[PolicyError]) -> list[PolicyError]:
    def position(error: PolicyError) -> tuple[int, int]:
        _, line, column = error.where.rsplit(":", 2)
        return int(line), int(column)

    return sorted(found, key=position)
