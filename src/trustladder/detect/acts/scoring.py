"""How well the reading of acts agrees with labelled drafts: per-act precision and recall, and the two errors that cost.

A *leak* is an authoritative draft (inform or resolve) read as mild only; a *false alarm* is a mild draft read as
authoritative. Intervals are Wilson's at 95 %.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from trustladder.core.containment import AUTHORITATIVE, Act
from trustladder.core.intervals import wilson
from trustladder.detect.acts.reading import ActReading


@dataclass(frozen=True, slots=True)
class LabelledDraft:
    """A draft with the acts that a person says it performs, and the kinds of promise in it."""

    id: str
    text: str
    acts: frozenset[Act]
    promises: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases with its count: ``hits`` of ``n``."""

    hits: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval, 0 to 1."""
        return wilson(self.hits, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        value = f"{100 * self.hits / self.n:.1f}" if self.n else "–"
        return f"{value} % ({self.hits}/{self.n}; {100 * low:.1f} to {100 * high:.1f})"


@dataclass(frozen=True, slots=True)
class ActScores:
    """Precision and recall per act and per kind of promise, and the two errors, with the ids of the drafts in them."""

    precision: dict[str, Share]
    recall: dict[str, Share]
    leaks: Share
    false_alarms: Share
    leaked: tuple[str, ...]
    alarmed: tuple[str, ...]


def score(drafts: Iterable[LabelledDraft], read: Callable[[str], ActReading]) -> ActScores:
    """Read every draft and compare. Promises are scored under the name ``promise:<kind>``."""
    labelled = list(drafts)
    rows = [(_labels(draft.acts, draft.promises), _found(read(draft.text))) for draft in labelled]
    names = [act.value for act in Act] + sorted({name for said, _ in rows for name in said if ":" in name})
    hard = {act.value for act in AUTHORITATIVE}
    strict = [(draft.id, said, seen) for draft, (said, seen) in zip(labelled, rows, strict=True) if said & hard]
    mild = [(draft.id, said, seen) for draft, (said, seen) in zip(labelled, rows, strict=True) if not said & hard]
    leaked = tuple(draft_id for draft_id, _, seen in strict if not seen & hard)
    alarmed = tuple(draft_id for draft_id, _, seen in mild if seen & hard)
    return ActScores(
        precision={name: _share(rows, name, 1, 0) for name in names},
        recall={name: _share(rows, name, 0, 1) for name in names},
        leaks=Share(len(leaked), len(strict)),
        false_alarms=Share(len(alarmed), len(mild)),
        leaked=leaked,
        alarmed=alarmed,
    )


def _labels(acts: frozenset[Act], promises: frozenset[str]) -> frozenset[str]:
    return frozenset(act.value for act in acts) | {f"promise:{kind}" for kind in promises}


def _found(reading: ActReading) -> frozenset[str]:
    return _labels(frozenset(reading.acts), frozenset(promise.kind for promise in reading.promises))


def _share(rows: Sequence[tuple[frozenset[str], frozenset[str]]], name: str, given: int, counted: int) -> Share:
    among = [row for row in rows if name in row[given]]
    return Share(sum(name in row[counted] for row in among), len(among))
