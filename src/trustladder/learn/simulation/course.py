"""The course of one ticket, drawn before anybody hands it over: what each turn shows, and what is true of it."""

from dataclasses import dataclass
from random import Random

from trustladder.learn.simulation.world import Need, World

MOST_EXCHANGES = 8
STRAIGHT_TO_A_PERSON = 0.04
"""The share of tickets that ask for a person in their first words, in an account that nothing has shaken."""


@dataclass(frozen=True, slots=True)
class Mood:
    """What an account brings to a ticket: how much harder it is, and how much more it asks for people."""

    harder: float = 1.0
    straight: float = STRAIGHT_TO_A_PERSON
    asks: float = 0.15


@dataclass(frozen=True, slots=True)
class Course:
    """What would happen in automation: exchange i is the customer's turn 2 i and the bot's answer 2 i + 1.

    ``signals`` holds what perception reads by exchange, ``asked_at`` the first exchange that asks for a person,
    ``golden`` that at which a person should have come, None for never. ``solved`` tells whether the bot's last answer
    was right. ``beyond_bot`` is true of the need.
    """

    need: Need
    signals: tuple[tuple[tuple[str, int], ...], ...]
    asked_at: int | None
    golden: int | None
    solved: bool
    beyond_bot: bool


def draw_course(rng: Random, world: World, mood: Mood) -> Course:
    """Draw a ticket's course."""
    need = _need(rng, world)
    beyond = need.at_once or rng.random() < need.beyond_bot * mood.harder
    shown = [_first(rng, need, mood)]
    solved = False
    for exchange in range(MOST_EXCHANGES):
        solved = not beyond and rng.random() < world.bot_skill
        if solved or rng.random() < 0.10 + 0.08 * exchange:
            break
        shown.append(_reaction(rng, mood))
    asked_at = next((i for i, names in enumerate(shown) if "human_request" in names), None)
    failed = beyond or not solved
    return Course(
        need=need,
        signals=tuple(_read(rng, world, names) for names in shown),
        asked_at=asked_at,
        golden=_golden(need, failed, asked_at, len(shown) - 1),
        solved=solved,
        beyond_bot=beyond,
    )


def _need(rng: Random, world: World) -> Need:
    return rng.choices(world.needs, [need.share for need in world.needs])[0]


def _first(rng: Random, need: Need, mood: Mood) -> tuple[str, ...]:
    return (*need.topics, "human_request") if rng.random() < mood.straight else need.topics


def _reaction(rng: Random, mood: Mood) -> tuple[str, ...]:
    if rng.random() < mood.asks:
        return ("human_request",)
    return ("rejection",) if rng.random() < 0.5 else ("repetition",)


def _golden(need: Need, failed: bool, asked_at: int | None, last: int) -> int | None:
    """A need at once counts from the first turn, a failed bot from the first turn that tells so, a request from its."""
    if need.at_once:
        return 0
    told = min(1, last) if failed else None
    return min((turn for turn in (told, asked_at) if turn is not None), default=None)


def _read(rng: Random, world: World, names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    seen = [name for name in names if rng.random() < world.perceived]
    if rng.random() < world.false_alarm:
        seen.append(rng.choice(("rejection", "repetition")))
    return tuple((name, rng.randint(60, 100)) for name in dict.fromkeys(seen))
