"""The episodes of a running ledger: as the history has them, and no more of them in memory than the window."""

import pytest
from tests.desk.office import Clock, office_desk
from tests.desk.plain import TENANT, wrote

from trustladder.learn import live
from trustladder.learn.live import LiveEpisodes
from trustladder.ledger import open_ledger

DAY_MINUTES = 24 * 60


def test_a_long_history_is_never_held_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    ledger = open_ledger("sqlite://:memory:", clock)
    desk = office_desk(ledger)
    for number in range(60):
        wrote(desk, f"T-{number}", "hello")
        clock.pass_minutes(5 * DAY_MINUTES)
    wrote(desk, "T-0", "hello again", 2)
    monkeypatch.setattr(live, "BATCH", 5)
    episodes = LiveEpisodes(ledger, window_days=30)
    held: list[int] = []
    let_go = episodes._let_go

    def counted(before_ms: int) -> None:
        held.append(len(episodes._readers[TENANT]))
        let_go(before_ms)

    monkeypatch.setattr(episodes, "_let_go", counted)
    found = episodes.episodes(TENANT)
    assert max(held) < 12, "of 60 tickets, those of 30 days and a batch"
    assert {episode.ticket_id for episode in found} == {"T-0", *(f"T-{number}" for number in range(54, 60))}
    [old] = [episode for episode in found if episode.ticket_id == "T-0"]
    assert len(old.customer_turns) == 2, "one that comes back is read from its beginning"
    ledger.close()
