"""A tenant's journal, whatever the store: appended in order, never changed, each tenant's own."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from trustladder.core.governance import (
    Governance,
    LearnRan,
    PolicyReleased,
    ProposalMade,
    RolloutMoved,
    Stage,
    fold_entries,
)
from trustladder.errors import BadInput, PositionConflict
from trustladder.ledger import Ledger

RELEASED = PolicyReleased("d1", "small", "version: 1\n", by="file")
MADE = ProposalMade(
    "p1", "threshold", "Hand over billing earlier", "late", "d1", "d2", "version: 1\n", ("a",), {"n": 40}
)


def test_entries_come_back_as_they_were_written(ledger: Ledger) -> None:
    first, second = ledger.note("acme", RELEASED, 0), ledger.note("acme", MADE, 1)
    assert ledger.journal("acme") == (first, second)
    assert ledger.journal("acme", after=1) == (second,)
    assert [entry.event for entry in ledger.journal("acme")] == [RELEASED, MADE]
    assert ledger.journal("other") == ()
    assert ledger.journal_checked("acme") == 2
    assert fold_entries(Governance(), ledger.journal("acme")).proposals["p1"].state == "open"


def test_who_looked_before_another_wrote_is_refused(ledger: Ledger) -> None:
    ledger.note("acme", RELEASED, 0)
    for expected in (0, 2):
        with pytest.raises(PositionConflict, match="look at it again"):
            ledger.note("acme", MADE, expected)
    assert len(ledger.journal("acme")) == 1


def test_of_many_who_write_at_once_one_wins(ledger: Ledger) -> None:
    def write(number: int) -> bool:
        try:
            ledger.note("acme", LearnRan(f"ana-{number}", number), 0)
        except PositionConflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(write, range(16)))
    assert sum(won) == 1
    assert len(ledger.journal("acme")) == 1


def test_what_json_cannot_carry_is_refused(ledger: Ledger) -> None:
    with pytest.raises(BadInput):
        ledger.note("acme", RolloutMoved("p1", Stage.CANARY, "ana", bounds={"late": float("nan")}), 0)
    assert ledger.journal("acme") == ()


def test_time_never_goes_back(ledger: Ledger) -> None:
    times = [ledger.note("acme", LearnRan("ana", n), n).at_ms for n in range(4)]
    assert times == sorted(times)
