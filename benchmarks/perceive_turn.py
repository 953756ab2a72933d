"""What local perception of one turn costs: µs a turn and the share of each detector.

    uv run python benchmarks/perceive_turn.py [--conversations 200]

Ten-turn conversations (five customer turns, five bot turns) are made from sentences with other names, numbers and
orders each time, so that no message is found in the memory of texts. Costs are CPU time of the thread
(`time.thread_time_ns`), which other load on the machine does not stretch as it does the clock on the wall; the
first conversations warm up and are not counted. The ticket is folded between turns and the fold is not counted.
"""

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from trustladder.core import events as e
from trustladder.core.events import SignalsDetected
from trustladder.core.policy import closed_policy
from trustladder.core.signals import Signal
from trustladder.core.ticket import Role, Ticket, Turn, fold, new_ticket
from trustladder.detect.detector import Detector
from trustladder.detect.perceiver import Perceiver, default_detectors
from trustladder.detect.scene import Scene

WARM_UP = 20

CUSTOMER = (
    "Hi, this is {name}. My order {number} has not arrived and the tracking page has not changed for {days} days.",
    "No, that's not what I asked. I want to know where the parcel with the {thing} is, not how to track it.",
    "I was charged ${amount} for the {thing} on {day} May, so please check whether it was sent to {town} at all.",
    "As I said, order {number} never came. This is getting a bit frustrating, I have written {days} times now.",
    "Can I please talk to a person about the {thing}? Thanks, {name}",
)
BOT = (
    "Hello {name}! I'm sorry to hear that. You can follow order {number} on the tracking page at any time.",
    "Thank you for the details. Deliveries to {town} usually take {days} working days after dispatch.",
    "I can see the charge of ${amount}. Could you tell me which address you gave for the {thing}?",
    "I understand. Your {thing} was handed to the carrier on {day} May and should arrive in {town} soon.",
    "I'll look into order {number} for you, {name}. Is there anything else that I can do about the {thing}?",
)
NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Leslie", "Frances", "Tony")
THINGS = (
    "blue kettle",
    "desk lamp",
    "winter coat",
    "camera bag",
    "garden chair",
    "coffee mill",
    "rain jacket",
    "globe",
)
TOWNS = ("Ulm", "Leeds", "Porto", "Lyon", "Graz", "Ghent", "Turku", "Bergen", "Split", "Delft")


def conversation(source: random.Random) -> Iterator[tuple[Role, str]]:
    """Yield the ten turns of a conversation that was not seen before."""
    for customer, bot in zip(CUSTOMER, BOT, strict=True):
        yield Role.CUSTOMER, filled(customer, source)
        yield Role.BOT, filled(bot, source)


def filled(sentence: str, source: random.Random) -> str:
    """Return a sentence with names, things and numbers of its own."""
    return sentence.format(
        name=source.choice(NAMES),
        thing=source.choice(THINGS),
        town=source.choice(TOWNS),
        number=f"W{source.randrange(10**6, 10**7)}",
        amount=f"{source.randrange(5, 999)}.{source.randrange(10, 99)}",
        days=source.randrange(2, 40),
        day=source.randrange(1, 31),
    )


def timed(detector: Detector, spent_ns: dict[str, int]) -> Detector:
    """Return the detector with its CPU time added up by name."""

    def read(scene: Scene) -> Iterable[Signal]:
        started = time.thread_time_ns()
        try:
            return tuple(detector.read(scene))
        finally:
            spent_ns[detector.name] += time.thread_time_ns() - started

    return replace(detector, read=read)


def event_of(turn: Turn) -> e.Event:
    """Return the event that puts a turn into the ticket."""
    return e.CustomerWrote("", turn.text) if turn.role is Role.CUSTOMER else e.BotWrote("", turn.text)


def after(ticket: Ticket, turn: Turn, seen: SignalsDetected) -> Ticket:
    """Return the ticket after a turn and what it showed."""
    for event in (event_of(turn), seen):
        ticket = fold(ticket, e.Recorded(ticket.position + 1, turn.at_ms, event))
    return ticket


def run(perceiver: Perceiver, number: int, source: random.Random) -> list[float]:
    """Return the CPU µs of each turn of one conversation."""
    policy, ticket = closed_policy("a benchmark"), new_ticket("bench", str(number))
    ticket = fold(ticket, e.Recorded(1, 0, e.TicketOpened()))
    spent = []
    for place, (role, text) in enumerate(conversation(source)):
        turn = Turn(place, role, text, 60_000 * place)
        started = time.thread_time_ns()
        seen = perceiver.perceive(ticket, turn, policy)
        spent.append((time.thread_time_ns() - started) / 1000)
        ticket = after(ticket, turn, seen)
    return spent


def main() -> None:
    """Print the median and mean of a turn, by speaker, and the share of each detector."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--conversations", type=int, default=200)
    count = parser.parse_args().conversations
    source, plain = random.Random(4711), Perceiver(budget_ms=60_000)  # noqa: S311 - a benchmark repeats itself
    for number in range(WARM_UP):
        run(plain, number, source)
    turns = [run(plain, WARM_UP + number, source) for number in range(count)]
    report(turns)
    spent_ns: dict[str, int] = defaultdict(int)
    watched = Perceiver(detectors=[timed(d, spent_ns) for d in default_detectors()], budget_ms=60_000)
    for number in range(count):
        run(watched, 10_000_000 + number, source)
    shares(spent_ns, 10 * count)


def report(turns: list[list[float]]) -> None:
    """Print what a turn costs: over all, and by who speaks."""
    every = [cost for conversation_turns in turns for cost in conversation_turns]
    print(f"a turn        median {statistics.median(every):6.0f} µs  mean {statistics.mean(every):6.0f} µs")
    for name, start in (("customer", 0), ("bot", 1)):
        own = [cost for conversation_turns in turns for cost in conversation_turns[start::2]]
        print(f"  {name:<11} median {statistics.median(own):6.0f} µs  mean {statistics.mean(own):6.0f} µs")


def shares(spent_ns: dict[str, int], turns: int) -> None:
    """Print what each detector costs. A text is read by whichever detector asks for it first."""
    total = sum(spent_ns.values())
    for name, spent in sorted(spent_ns.items(), key=lambda pair: -pair[1]):
        print(f"  {name:<24} {spent / 1000 / turns:7.1f} µs  {100 * spent / total:5.1f} %")


if __name__ == "__main__":
    main()
