"""A canary is halted when an indicator has left its bound, and not on a few tickets."""

import pytest

from trustladder.core.canary import BOUNDED, left_bounds
from trustladder.core.episode import Episode


def episode(number: int, *, handed: bool, digest: str = "new", at_ms: int = 100) -> Episode:
    return Episode(
        f"T-{number}",
        started_at_ms=at_ms,
        customer_turns=[0],
        bot_turns=[1],
        handoff_turn=0 if handed else None,
        policy_digests={digest},
    )


def population(handed: int, n: int, **more: object) -> list[Episode]:
    return [episode(i, handed=i < handed, **more) for i in range(n)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("handed", "n", "halted"),
    [(0, 0, False), (3, 3, True), (2, 3, False), (40, 100, False), (41, 100, False), (60, 100, True)],
)
def test_it_takes_more_than_chance(handed: int, n: int, halted: bool) -> None:
    why = left_bounds(population(handed, n), "new", 0, {"handed_off": 0.4})
    assert bool(why) is halted, why


def test_it_says_what_left_which_bound() -> None:
    why = left_bounds(population(60, 100), "new", 0, {"complaints": 0.1, "handed_off": 0.4})
    assert why == "60 of 100 tickets of the canary (60 %) went to a person; the bound is 40 %"


def test_only_the_canary_s_own_tickets_since_its_start_count() -> None:
    bounds = {"handed_off": 0.4}
    assert not left_bounds(population(100, 100, digest="old"), "new", 0, bounds)
    assert not left_bounds(population(100, 100, at_ms=5), "new", 10, bounds)


def test_every_bound_can_be_left() -> None:
    bad = [
        Episode(
            "a", customer_turns=[0, 2], bot_turns=[1, 3], clear_signals={"human_request": [0]}, policy_digests={"new"}
        )
        for _ in range(20)
    ]
    assert "late or never" in left_bounds(bad, "new", 0, {"late_or_missed": 0.5})
    assert "without need" in left_bounds(population(20, 20), "new", 0, {"unnecessary": 0.5})
    for one in bad:
        one.restated = one.complaint = True
    assert "again" in left_bounds(bad, "new", 0, {"restated": 0.5})
    assert "complained" in left_bounds(bad, "new", 0, {"complaints": 0.5})
    assert set(BOUNDED) == {"late_or_missed", "unnecessary", "handed_off", "restated", "complaints"}
