"""The fold answers for every event, and for each in one room."""

from typing import get_args

from trustladder.core import events as e
from trustladder.core.ticket import people, talk


def test_every_event_is_folded_in_one_room() -> None:
    assert not talk.HANDLERS.keys() & people.HANDLERS.keys()
    assert talk.HANDLERS.keys() | people.HANDLERS.keys() == set(get_args(e.Event))
