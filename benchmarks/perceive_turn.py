"""What local perception of one turn costs: µs of CPU a turn beside two peers, and the share of each detector.

    uv run --group train python benchmarks/perceive_turn.py [--conversations 200] [FILE ...]

Ten-turn conversations (five customer turns of some 95 characters, five bot turns of some 250) are made from sentences
with other names, numbers and orders each time, so that no message is found in the memory of texts; or conversations
are read from export files. The policy is the default one, with its ticket types. Costs are CPU time of the thread
(`time.thread_time_ns`), which other load on the machine does not stretch as it does the clock on the wall, though it
does slow it down: so VADER and a TF-IDF with a logistic regression read the same texts in the same run, and the ratio
to them is what can be compared between machines. They also push what perception uses out of the processor's caches, so
that turns are read once more without them (alone). The first conversations warm up and are not counted. The ticket is
folded between turns and the fold is not counted.
"""

import argparse
import gc
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from typing import TypeVar

from trustladder.connect.exports import ReadAs, read_conversations
from trustladder.core import events as e
from trustladder.core.events import SignalsDetected
from trustladder.core.policy import Policy
from trustladder.core.signals import Signal
from trustladder.core.ticket import Role, Ticket, Turn
from trustladder.detect.detector import Detector
from trustladder.detect.perceiver import Perceiver, default_detectors
from trustladder.detect.scene import Scene
from trustladder.learn.conversation import Conversation, Message, Notices
from trustladder.learn.replay import steps
from trustladder.policy.profiles import default_policy

T = TypeVar("T")
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
MORE = (
    " Parcels are handed over at {town} twice a day, and a {thing} needs a signature at the door.",
    " If nothing has changed by {day} June, please write again and mention order {number}, so that we can look.",
    " For a {thing} worth ${amount} the carrier takes up to {days} days, and holidays in {town} are not counted.",
)
"""Sentences that make a bot's turn as long as recorded ones are."""
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
        yield Role.BOT, filled(bot + "".join(source.sample(MORE, 2)), source)


def made_up(count: int, source: random.Random) -> Iterator[Conversation]:
    """Yield conversations of the sentences above."""
    for number in range(count):
        turns = enumerate(conversation(source))
        yield Conversation(
            str(number), tuple(Message(i, i, 60_000 * i, event_of(role, text)) for i, (role, text) in turns)
        )


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


def event_of(role: Role, text: str) -> e.CustomerWrote | e.BotWrote:
    """Return the event that puts a turn into the ticket."""
    return e.CustomerWrote("", text) if role is Role.CUSTOMER else e.BotWrote("", text)


@dataclass
class Spent:
    """CPU µs by turn: perception by who speaks, and the peers on the same texts."""

    perceiver: Perceiver
    peers: dict[str, Callable[[str], object]]
    by_role: dict[Role, list[float]] = field(default_factory=lambda: defaultdict(list))
    by_peer: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def perceive(self, ticket: Ticket, turn: Turn, policy: Policy) -> SignalsDetected:
        """Perceive as the product does, and count it."""
        seen, micros = timed(lambda: self.perceiver.perceive(ticket, turn, policy))
        if turn.role in (Role.CUSTOMER, Role.BOT) and turn.text.strip():
            self.by_role[turn.role].append(micros)
            for name, read in self.peers.items():
                self.by_peer[name].append(timed(partial(read, turn.text))[1])
        return seen


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work gives and its CPU µs."""
    started = time.thread_time_ns()
    given = work()
    return given, (time.thread_time_ns() - started) / 1000


def peers_of(texts: Sequence[str]) -> dict[str, Callable[[str], object]]:
    """Return the peers that are installed, taught on the texts; what they say does not matter here."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        print("no peers: run it with --group train")
        return {}
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    model = make_pipeline(vectors, LogisticRegression()).fit(list(texts), [len(text) % 2 for text in texts])
    vader = SentimentIntensityAnalyzer()
    return {"VADER": vader.polarity_scores, "TF-IDF": lambda text: model.predict_proba([text])}


def watched(detector: Detector, spent_ns: dict[str, int]) -> Detector:
    """Return the detector with its CPU time added up by name."""

    def read(scene: Scene) -> Iterable[Signal]:
        started = time.thread_time_ns()
        try:
            return tuple(detector.read(scene))
        finally:
            spent_ns[detector.name] += time.thread_time_ns() - started

    return replace(detector, read=read)


def run(conversations: Iterable[Conversation], spent: Spent, policy: Policy) -> float:
    """Replay conversations; return CPU seconds of the whole replay."""
    started = time.thread_time()
    for one in conversations:
        for _ in steps(one, policy, spent.perceive):
            pass
    return time.thread_time() - started


def main() -> None:
    """Print the median and mean of a turn, by speaker, beside the peers, and the share of each detector."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("files", nargs="*", help="Conversations to read in place of made-up ones.")
    chosen = parser.parse_args()
    source, policy = random.Random(4711), default_policy()  # noqa: S311 - a benchmark repeats itself
    given = list(read_conversations(chosen.files, ReadAs(), Notices())) if chosen.files else None
    spent = Spent(Perceiver(budget_ms=60_000), {})
    run(made_up(WARM_UP, source), spent, policy)
    spent.by_role.clear()
    spent.peers = peers_of([text for _ in range(WARM_UP) for _, text in conversation(source)])
    gc.collect()
    gc.freeze()  # as the service does before it serves
    run(given or made_up(chosen.conversations, source), spent, policy)
    alone = Spent(spent.perceiver, {})
    run(made_up(chosen.conversations, source), alone, policy)
    report(spent, alone)
    spent_ns: dict[str, int] = defaultdict(int)
    by_detector = [watched(d, spent_ns) for d in default_detectors()]
    again = Spent(Perceiver(detectors=by_detector, budget_ms=60_000), {})
    run(made_up(chosen.conversations, source), again, policy)
    shares(spent_ns, sum(map(len, again.by_role.values())))


def report(spent: Spent, alone: Spent) -> None:
    """Print what a turn costs: over all, by who speaks, beside the peers, and alone; and the size of the models."""
    every = [cost for costs in spent.by_role.values() for cost in costs]
    for name, costs in (("a turn", every), *((f"  {role.value}", c) for role, c in spent.by_role.items())):
        print(f"{name:<12} median {statistics.median(costs):6.0f} µs  mean {statistics.mean(costs):6.0f} µs")
    for name, costs in spent.by_peer.items():
        ratio = statistics.median(every) / statistics.median(costs)
        print(f"{name:<12} median {statistics.median(costs):6.0f} µs  a turn costs {ratio:.1f} times as much")
    undisturbed = [cost for costs in alone.by_role.values() for cost in costs]
    print(
        f"{'alone':<12} median {statistics.median(undisturbed):6.0f} µs  worst {max(undisturbed):6.0f} µs  "
        "made-up turns with no peer between them"
    )
    models = [entry for entry in (files("trustladder.detect") / "models").iterdir() if entry.name.endswith(".npz")]
    print(f"models {sum(len(entry.read_bytes()) for entry in models) / 1e6:.1f} MB in {len(models)} files")


def shares(spent_ns: dict[str, int], turns: int) -> None:
    """Print what each detector costs on made-up turns. A text is read by whichever detector asks for it first."""
    total = sum(spent_ns.values())
    for name, spent in sorted(spent_ns.items(), key=lambda pair: -pair[1]):
        print(f"  {name:<24} {spent / 1000 / turns:7.1f} µs  {100 * spent / total:5.1f} %")


if __name__ == "__main__":
    main()
