"""From a proposal to the policy in force: in the shadow, as a canary, for all; halted, withdrawn; one at a time."""

import time
from pathlib import Path

import pytest

from tests.desk.plain import TENANT, key, perceive, read_acts, wrote
from tests.policy.support import SMALL, changed
from trustladder.core import events as e
from trustladder.core.governance import ProposalMade, Stage
from trustladder.desk import Desk, Resolution
from trustladder.desk.policies import PolicyBook
from trustladder.errors import NotAllowed
from trustladder.learn.live import LiveEpisodes
from trustladder.ledger import Ledger
from trustladder.policy.load import load_policy

STRICT = changed(("escalate_at: 75%", "escalate_at: 51%"))
NEEDS = "repetition=100"
"""A turn at which only the strict policy hands over: -35 + 40 points are a risk of 54 %."""


def proposal(before: str = SMALL, after: str = STRICT, proposal_id: str = "p1") -> ProposalMade:
    return ProposalMade(
        proposal_id,
        "threshold",
        "Hand over earlier",
        "It was late.",
        load_policy(before).digest,
        load_policy(after).digest,
        after,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "policy.yaml"
    written.write_text(SMALL)
    return written


@pytest.fixture
def desk(ledger: Ledger, path: Path) -> Desk:
    return Desk(ledger, PolicyBook(path, load_policy), perceive, read_acts, lambda: "id")


def accepted(desk: Desk) -> Desk:
    desk.rollouts.propose(TENANT, proposal())
    desk.rollouts.decide(TENANT, "p1", "lee", accepted=True)
    return desk


def shadows(desk: Desk, ticket_id: str) -> list[str]:
    return [r.event.proposed.word for r in desk.ledger.history(key(ticket_id)) if isinstance(r.event, e.ShadowDecided)]


def digest(desk: Desk, ticket_id: str) -> str:
    decision = desk.ticket(key(ticket_id)).decision
    assert decision is not None
    return decision.policy_digest


def test_the_file_s_policy_is_in_the_journal_with_its_text(desk: Desk) -> None:
    wrote(desk, "T-1", "hello")
    released = desk.rollouts.state(TENANT).released
    assert released is not None
    assert (released.by, released.yaml) == ("file", SMALL)
    assert digest(desk, "T-1") in desk.rollouts.policies(TENANT)


def test_a_proposal_changes_nothing_until_a_person_accepts_and_moves_it(desk: Desk) -> None:
    desk.rollouts.propose(TENANT, proposal())
    assert wrote(desk, "T-1", NEEDS) == "contained"
    assert shadows(desk, "T-1") == []
    with pytest.raises(NotAllowed, match="only an accepted one"):
        desk.rollouts.shadow(TENANT, "p1", "lee")


def test_in_the_shadow_it_decides_and_nothing_happens(desk: Desk) -> None:
    accepted(desk).rollouts.shadow(TENANT, "p1", "lee")
    assert wrote(desk, "T-1", NEEDS) == "contained"
    assert shadows(desk, "T-1") == ["escalated"]
    assert digest(desk, "T-1") == load_policy(SMALL).digest


def test_a_canary_decides_for_its_share_of_the_accounts_and_an_episode_keeps_its_policy(desk: Desk) -> None:
    rollouts = accepted(desk).rollouts
    wrote(desk, "old", "hello")
    rollouts.shadow(TENANT, "p1", "lee")
    rollouts.canary(TENANT, "p1", "lee", 50, {})
    lanes = [wrote(desk, f"T-{i}", NEEDS) for i in range(60)]
    assert set(lanes) == {"contained", "escalated"}
    assert 15 <= lanes.count("escalated") <= 45
    assert wrote(desk, "old", NEEDS, 2) == "contained", "it began under the policy before"
    before = {f"T-{i}": digest(desk, f"T-{i}") for i in range(60)}
    rollouts.canary(TENANT, "p1", "lee", 99, {})
    for ticket_id in before:
        wrote(desk, ticket_id, "hello", 2)
    assert {ticket_id: digest(desk, ticket_id) for ticket_id in before} == before


def test_released_for_all_it_is_in_force_until_the_file_changes(desk: Desk, path: Path, ledger: Ledger) -> None:
    rollouts = accepted(desk).rollouts
    rollouts.shadow(TENANT, "p1", "lee")
    rollouts.canary(TENANT, "p1", "lee", 10, {})
    rollouts.release(TENANT, "p1", "lee")
    assert wrote(desk, "T-1", NEEDS) == "escalated"
    again = Desk(ledger, PolicyBook(path, load_policy), perceive, read_acts, lambda: "id")
    assert wrote(again, "T-2", NEEDS) == "escalated", "another process, after a restart"
    assert again.policy("another tenant").digest == load_policy(SMALL).digest
    path.write_text(changed(("contain_at: 50%", "contain_at: 49%")))
    assert wrote(again, "T-3", NEEDS) == "contained", "the file has changed, and it is the operator's"


@pytest.mark.parametrize("end", ["halted", "withdrawn"])
def test_a_halted_or_withdrawn_canary_decides_no_more(desk: Desk, end: str) -> None:
    rollouts = accepted(desk).rollouts
    rollouts.shadow(TENANT, "p1", "lee")
    rollouts.canary(TENANT, "p1", "lee", 99, {})
    wrote(desk, "T-1", "hello")
    if end == "halted":
        assert rollouts.halt(TENANT, "p1", "too many handoffs").stage is Stage.HALTED
    else:
        assert rollouts.withdraw(TENANT, "p1", "lee").stage is Stage.WITHDRAWN
    assert wrote(desk, "T-1", NEEDS, 2) == "contained"
    assert digest(desk, "T-1") == load_policy(SMALL).digest
    with pytest.raises(NotAllowed, match=f"is {end}"):
        rollouts.canary(TENANT, "p1", "lee", 50, {})


def test_a_canary_that_leaves_its_bounds_is_halted_by_itself(desk: Desk, ledger: Ledger) -> None:
    rollouts = accepted(desk).rollouts
    rollouts.shadow(TENANT, "p1", "lee")
    rollouts.canary(TENANT, "p1", "lee", 99.9, {"handed_off": 0.5})
    live = LiveEpisodes(ledger)
    wrote(desk, "T-0", "hello")
    assert rollouts.halt_if_out_of_bounds(TENANT, live.episodes(TENANT)) == ""
    for i in range(1, 12):
        wrote(desk, f"T-{i}", NEEDS)
    why = rollouts.halt_if_out_of_bounds(TENANT, live.episodes(TENANT))
    assert "11 of 12 tickets of the canary (92 %) went to a person" in why
    halted = rollouts.proposal(TENANT, "p1")
    assert (halted.stage, halted.moves[-1][1].by, halted.moves[-1][1].why) == (Stage.HALTED, "trustladder", why)
    assert wrote(desk, "T-99", NEEDS) == "contained"
    assert rollouts.halt_if_out_of_bounds(TENANT, live.episodes(TENANT)) == ""


def test_steps_are_in_a_name_in_order_and_one_rollout_at_a_time(desk: Desk) -> None:
    rollouts = desk.rollouts
    rollouts.propose(TENANT, proposal())
    rollouts.propose(TENANT, proposal(after=changed(("escalate_at: 75%", "escalate_at: 80%")), proposal_id="p2"))
    with pytest.raises(NotAllowed, match="person's name"):
        rollouts.decide(TENANT, "p1", " ", accepted=True)
    rollouts.decide(TENANT, "p1", "lee", accepted=True)
    rollouts.decide(TENANT, "p2", "lee", accepted=True)
    with pytest.raises(NotAllowed, match="lee accepted this proposal already"):
        rollouts.decide(TENANT, "p1", "kim", accepted=False)
    with pytest.raises(NotAllowed, match="into the shadow first"):
        rollouts.canary(TENANT, "p1", "lee", 5, {})
    rollouts.shadow(TENANT, "p1", "lee")
    with pytest.raises(NotAllowed, match="is being rolled out"):
        rollouts.shadow(TENANT, "p2", "lee")
    with pytest.raises(NotAllowed, match="before all come"):
        rollouts.release(TENANT, "p1", "lee")
    with pytest.raises(NotAllowed, match="between 0 and 100"):
        rollouts.canary(TENANT, "p1", "lee", 100, {})
    with pytest.raises(NotAllowed, match="nothing is counted under weather"):
        rollouts.canary(TENANT, "p1", "lee", 5, {"weather": 0.5})
    with pytest.raises(NotAllowed, match="no proposal"):
        rollouts.proposal(TENANT, "p9")


def test_a_proposal_for_another_policy_is_refused(desk: Desk, path: Path) -> None:
    desk.rollouts.propose(TENANT, proposal())
    path.write_text(changed(("contain_at: 50%", "contain_at: 49%")))
    with pytest.raises(NotAllowed, match="not the one that this proposal changes"):
        desk.rollouts.decide(TENANT, "p1", "lee", accepted=True)


def test_another_process_sees_a_step_within_a_second(desk: Desk, ledger: Ledger, path: Path) -> None:
    other = Desk(ledger, PolicyBook(path, load_policy), perceive, read_acts, lambda: "id")
    wrote(other, "T-1", "hello")
    accepted(desk).rollouts.shadow(TENANT, "p1", "lee")
    time.sleep(1.05)
    wrote(other, "T-1", NEEDS, 2)
    assert shadows(other, "T-1") == ["escalated"]


def test_a_new_episode_may_draw_the_canary(desk: Desk) -> None:
    rollouts = accepted(desk).rollouts
    wrote(desk, "T-1", "hello")
    desk.resolve(key("T-1"), Resolution("customer"))
    rollouts.shadow(TENANT, "p1", "lee")
    rollouts.canary(TENANT, "p1", "lee", 99.99, {})
    assert wrote(desk, "T-1", NEEDS, 2) == "escalated"
