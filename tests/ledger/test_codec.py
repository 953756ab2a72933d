"""What is written is read back equal, whatever the event."""

import dataclasses
import enum
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger import lives

from trustladder.core import events as e
from trustladder.core.events import Event, Recorded
from trustladder.core.signals import Signal
from trustladder.core.summary import TicketSummary
from trustladder.core.ticket import fold, new_ticket
from trustladder.errors import BadInput, LedgerUnreadable
from trustladder.ledger.codec import decode_event, decode_summary, encode_event, encode_summary
from trustladder.ledger.guard import lane_after, releases

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    types.NoneType: st.none(),
    object: JSON,
}


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, with every field of every part filled, not only those without defaults."""
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        parts = {name: of(hint) for name, hint in get_type_hints(kind).items()}
        if kind is Signal:
            parts["strength"] = st.integers(0, 100)
        return st.builds(kind, **parts)
    arguments = get_args(kind)
    if get_origin(kind) in {Union, types.UnionType}:
        return st.one_of([of(argument) for argument in arguments])
    if get_origin(kind) is tuple:
        return st.lists(of(arguments[0]), max_size=3).map(tuple)
    if get_origin(kind) is Mapping:
        return st.dictionaries(of(arguments[0]), of(arguments[1]), max_size=3)
    raise NotImplementedError(kind)


KINDS: tuple[type[Event], ...] = get_args(Event)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_an_event_is_read_back_equal(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(of(kind))
    name, payload = encode_event(event)
    assert b"\0" not in payload
    assert decode_event(name, payload) == event


@given(of(TicketSummary))
def test_a_summary_is_read_back_equal(summary: TicketSummary) -> None:
    assert decode_summary(encode_summary(summary)) == summary


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_field_of_a_newer_version_is_told(kind: type[Event], data: st.DataObject) -> None:
    name, payload = encode_event(data.draw(of(kind)))
    content = {**msgspec.json.decode(payload), "mood": "blue"}
    with pytest.raises(LedgerUnreadable, match=rf"{name}\.mood"):
        decode_event(name, msgspec.json.encode(content))


def test_a_newer_field_deep_inside_is_told() -> None:
    name, payload = encode_event(lives.RELEASED)
    content = msgspec.json.decode(payload)
    content["permit"]["scope"] = "all"
    with pytest.raises(LedgerUnreadable, match=r"DraftJudged\.permit\.scope"):
        decode_event(name, msgspec.json.encode(content))


def test_an_event_of_an_unknown_type_is_told() -> None:
    with pytest.raises(LedgerUnreadable, match="BotSang"):
        decode_event("BotSang", b"{}")


def test_a_field_that_came_later_gets_its_default() -> None:
    assert decode_event("CustomerWrote", b'{"message_id":"m","text":"hi"}') == e.CustomerWrote("m", "hi")


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"text":1}', b'{"message_id":"m","text":"\xff"}'])
def test_a_damaged_event_is_told(payload: bytes) -> None:
    with pytest.raises(LedgerUnreadable, match="CustomerWrote"):
        decode_event("CustomerWrote", payload)


@pytest.mark.parametrize("value", [(1, 2), {1: "x"}, float("nan"), float("-inf"), object(), b"x", {"a": {1}}])
def test_what_json_would_change_is_not_stored(value: object) -> None:
    with pytest.raises(BadInput):
        encode_event(e.BotWrote("m", "", tool_calls=(lives.call("refund", {"amount": value}),)))


@given(st.lists(st.one_of([of(kind) for kind in KINDS]), max_size=12))
def test_the_guard_s_lane_is_the_fold_s(events: list[Event]) -> None:
    ticket = new_ticket("acme", "T-1")
    lane = ticket.lane
    for position, event in enumerate(events, start=1):
        ticket, lane = fold(ticket, Recorded(position, position, event)), lane_after(lane, event)
        assert lane is ticket.lane


def test_only_speech_that_goes_out_is_guarded() -> None:
    speech: list[Event] = [lives.RELEASED, lives.REPLACED, lives.REDEEMED, lives.SENT]
    silent: list[Event] = [lives.WITHHELD, lives.IMPORTED, lives.ASKED, lives.ESCALATED]
    assert [releases(event) for event in speech + silent] == [True] * 4 + [False] * 4
