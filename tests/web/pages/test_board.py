"""The board agrees with the ledger, whatever happened and in whichever order it was asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustladder.core.containment import Lane
from trustladder.core.events import OwnershipTaken
from trustladder.desk import CustomerTurn, Desk, Resolution
from trustladder.desk.board import Board, tail_of
from trustladder.ledger.protocol import TicketKey
from trustladder.settings import Settings
from trustladder.web.service import build_desk

ACTS = ("ask", "demand", "take", "return", "resolve", "look")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("board")
    desk = build_desk(Settings(ledger=f"sqlite:///{folder / 'ledger.db'}"))
    yield desk
    desk.ledger.close()


def do(desk: Desk, key: TicketKey, act: str, number: int) -> None:
    lane = desk.ledger.summary(key)
    owned = lane is not None and lane.lane is Lane.OWNED
    match act:
        case "ask":
            desk.customer_wrote(key, CustomerTurn(f"m{number}", "How do I export my reports?"))
        case "demand":
            desk.customer_wrote(key, CustomerTurn(f"m{number}", "I want to speak to a human, please."))
        case "take" if lane is not None and lane.lane is not Lane.RESOLVED:
            desk.take_over(key, "agent")
        case "return" if owned:
            desk.return_to_queue(key, "agent", "not mine")
        case "resolve" if owned:
            desk.resolve(key, Resolution("agent"))
        case _:
            pass


@settings(max_examples=15)
@given(st.data())
def test_the_board_holds_the_rows_of_the_ledger(desk: Desk, data: st.DataObject) -> None:
    tenant = f"t{desk.ledger.now_ms()}-{data.draw(st.integers(0, 10**9))}"
    steps = data.draw(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3)), max_size=15))
    board = Board(desk.ledger)
    for number, (act, ticket) in enumerate(steps):
        do(desk, TicketKey(tenant, f"b{ticket}"), act, number)
        if act == "look":
            board.look(tenant)
    held = board.look(tenant)
    assert held.by_id == {row.ticket_id: row for row in desk.ledger.summaries(tenant).rows}
    policy = desk.policies.current()
    assert [row.ticket_id for row in held.waiting(policy, desk.ledger.now_ms())] == [
        row.ticket_id for row in desk.queue(tenant)
    ]


def test_what_moved_since_a_page_was_made_is_known(desk: Desk) -> None:
    board = Board(desk.ledger)
    do(desk, TicketKey("moved", "a"), "ask", 1)
    at = board.look("moved").sequence
    assert at == tail_of(desk.ledger)
    do(desk, TicketKey("moved", "a"), "ask", 2)
    assert board.look("moved").moved_since(at) == set()
    do(desk, TicketKey("moved", "a"), "demand", 3)
    do(desk, TicketKey("moved", "b"), "ask", 4)
    assert board.look("moved").moved_since(at) == {"a", "b"}


def test_a_board_far_behind_reads_the_whole_again_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trustladder.desk.board.BATCH", 1)
    monkeypatch.setattr("trustladder.desk.board.MOST_BEHIND", 2)
    heard: list[set[TicketKey] | None] = []
    board = Board(desk.ledger)
    board.look("behind")
    board.on_change = heard.append
    for name in ("a", "b"):
        do(desk, TicketKey("behind", name), "demand", 1)
    assert set(board.look("behind").by_id) == {"a", "b"}
    assert heard[-1] is None


def test_a_claim_is_told_how_the_ticket_stands_as_of_now(desk: Desk) -> None:
    for name in ("first", "second", "third"):
        do(desk, TicketKey("stands", name), "demand", 1)
    desk.claim(TicketKey("stands", "third"), "agent")
    do(desk, TicketKey("stands", "fourth"), "demand", 1)
    desk.claim(TicketKey("stands", "second"), "agent")
    taken = [
        fed.recorded.event
        for fed in desk.ledger.feed(0, 1_000, "stands")
        if isinstance(fed.recorded.event, OwnershipTaken)
    ]
    assert [event.standing.waiting for event in taken if event.standing is not None] == [2, 2]
