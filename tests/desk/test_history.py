"""The laws hold in a storm on both ledgers, and the checker would have told if they did not."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.checker import check
from tests.desk.simulation import SimulatedTransaction, Simulation
from tests.desk.steps import TENANT, Worker, storm_desk
from tests.desk.storm import Weather, storm_and_check
from trustladder.core import events as e
from trustladder.core.containment import Permit
from trustladder.desk import Desk, GateAnswer, RedeemAnswer, clocks, gate
from trustladder.desk.scribe import Scribe
from trustladder.ledger import open_ledger, rebuild, verify_all

STEPS = 3_000


def laws_broken(url: str) -> set[str]:
    """The laws that a ledger shows broken, by number or name."""
    ledger = open_ledger(url)
    found = check(ledger, TENANT)
    ledger.close()
    return {violation.law for violation in found}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty ledger of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'storm.db'}"
    made: str = request.getfixturevalue("postgres_url")
    return made


def test_the_laws_hold_while_workers_race_repeat_reorder_and_are_killed(url: str) -> None:
    report = storm_and_check("here", Weather(url, STEPS, tickets=20))
    assert report.violations == []
    assert report.killed > 0
    assert report.events["PermitRedeemed"] > 0 < report.events["Escalated"]
    ledger = open_ledger(url)
    before = {key: ledger.summary(key) for key in ledger.keys(TENANT)}
    rebuild(ledger)
    assert {key: ledger.summary(key) for key in ledger.keys(TENANT)} == before
    ledger.close()


def test_the_laws_hold_in_a_simulation_and_the_same_seed_gives_the_same_history() -> None:
    first, again = Simulation(3), Simulation(3)
    assert first.run(STEPS // 2) == again.run(STEPS // 2) == []
    assert first.kinds == again.kinds
    assert first.deaths > 0 < first.kinds["PermitRedeemed"]


def test_the_simulation_finds_a_desk_that_decides_on_what_it_saw_before_the_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = SimulatedTransaction.append
    monkeypatch.setattr(Desk, "_read", lambda desk, transaction: desk._cache.get(transaction.key))
    monkeypatch.setattr(SimulatedTransaction, "append", lambda t, events, _: append(t, events, t.position))
    found = {violation.law for violation in Simulation(3).run(STEPS // 2)}
    assert {"1: silence after handoff", "permits", "answers"} <= found


@pytest.fixture
def unguarded(tmp_path: Path) -> Iterator[str]:
    """A ledger whose own guard of law 1 has been taken away, so that only the desk stands between."""
    path = tmp_path / "mutant.db"
    open_ledger(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER events_keep_silence")
    connection.close()
    yield f"sqlite:///{path}"


def one_worker(url: str, steps: int = STEPS) -> None:
    """Take steps in this process, where a fault can be planted."""
    desk = storm_desk(open_ledger(url))
    worker = Worker(desk, 7, lambda: range(20))
    for _ in range(steps):
        worker.step()
    desk.ledger.close()


def test_without_a_planted_fault_the_checker_is_silent(unguarded: str) -> None:
    one_worker(unguarded)
    assert laws_broken(unguarded) == set()


def test_it_tells_when_the_permit_check_is_removed(unguarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def redeem_anyway(scribe: Scribe, permit_id: str) -> object:
        draft = kept.get(permit_id)
        if draft is None:
            return original(scribe, permit_id)
        scribe.record(e.PermitRedeemed(permit_id, draft))
        return RedeemAnswer(scribe.ticket.ticket_id, scribe.ticket.position, permit_id, "")

    kept: dict[str, str] = {}
    original, judge_draft = gate.redeem, gate.judge_draft

    def judge_and_keep(*args: object) -> GateAnswer:
        answer = judge_draft(*args)  # type: ignore[arg-type]  # passed through as they came
        if answer.permit is not None:
            kept[answer.permit.permit_id] = "draft"
        return answer

    monkeypatch.setattr(gate, "redeem", redeem_anyway)
    monkeypatch.setattr(gate, "judge_draft", judge_and_keep)
    one_worker(unguarded)
    assert {"1: silence after handoff", "permits"} <= laws_broken(unguarded)


def test_it_tells_when_the_sequence_check_is_removed(unguarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Permit, "refusal", lambda *_: None)
    monkeypatch.setitem(_handlers(), e.DraftJudged, _keep_every_permit)
    one_worker(unguarded)
    assert "permits" in laws_broken(unguarded)


def _handlers() -> dict[type, object]:
    from trustladder.core import ticket

    return ticket._HANDLERS  # type: ignore[return-value]  # a test reaches in to plant a fault


def _keep_every_permit(ticket: object, event: object, at: object) -> dict[str, object]:
    del at
    permit = event.permit  # type: ignore[attr-defined]  # a DraftJudged
    if permit is None:
        return {}
    return {
        "permits": {**ticket.permits, permit.permit_id: permit},  # type: ignore[attr-defined]  # a Ticket
        "drafts": {**ticket.drafts, permit.permit_id: event},  # type: ignore[attr-defined]
    }


def test_it_tells_when_timers_are_not_set(unguarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "wind", lambda *_: None)
    one_worker(unguarded, 500)
    assert "3: an escalation without a timer" in laws_broken(unguarded)


def test_the_databases_own_guard_stops_the_planted_fault_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Permit, "refusal", lambda *_: None)
    monkeypatch.setitem(_handlers(), e.DraftJudged, _keep_every_permit)
    url = f"sqlite:///{tmp_path / 'guarded.db'}"
    one_worker(url)
    assert "1: silence after handoff" not in laws_broken(url)
    ledger = open_ledger(url)
    assert verify_all(ledger) > STEPS, "every event is sealed by its chain"
    ledger.close()
