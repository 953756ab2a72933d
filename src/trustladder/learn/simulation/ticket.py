"""One simulated ticket, as the product's own events; with a policy the real ladder decides on every turn of it."""

from dataclasses import dataclass
from random import Random

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.ladder import decide
from trustladder.core.policy import DAY_MS, HOUR_MS, MINUTE_MS
from trustladder.core.sampling import is_drawn
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Ticket, fold, new_ticket
from trustladder.core.verdict import BAD_VERDICTS, Verdict
from trustladder.learn.simulation.course import Course
from trustladder.learn.simulation.world import World

_TENANT = "simulation"
_CONTENT = (25, 50, 75, 75, 75, 100, 100, 100, 100, 100)
"""What customers answer whom the bot served well: some grumble all the same."""


@dataclass(frozen=True, slots=True)
class TicketTruth:
    """What is true of a simulated ticket's first episode; no event tells it. Turns as in `Episode`."""

    ticket_id: str
    account_id: str
    ticket_type: str
    golden_turn: int | None
    handoff_turn: int | None
    verdict: Verdict

    @property
    def is_bad(self) -> bool:
        """True for a late or a missed escalation."""
        return self.verdict in BAD_VERDICTS


class Record:
    """A ticket's history as it grows. ``at_ms`` is the time of the newest event."""

    def __init__(self, world: World, ticket_id: str, at_ms: int) -> None:
        self.world, self.ticket_id, self.at_ms = world, ticket_id, at_ms
        self.history: list[e.Recorded] = []
        self.turns = 0
        self._ticket: Ticket | None = new_ticket(_TENANT, ticket_id) if world.policy is not None else None

    def add(self, event: e.Event, after_ms: int = 0) -> None:
        """Record an event."""
        self.at_ms += after_ms
        recorded = e.Recorded(len(self.history) + 1, self.at_ms, event)
        self.history.append(recorded)
        self.turns += isinstance(event, e.CustomerWrote | e.BotWrote | e.HumanWrote)
        if self._ticket is not None:
            self._ticket = fold(self._ticket, recorded)

    def customer(self, signals: tuple[tuple[str, int], ...], after_ms: int) -> bool:
        """Record a customer's turn and what was read; return whether the policy would hand over now."""
        turn = self.turns
        said = ", ".join(name for name, _ in signals) or "a question"
        self.add(e.CustomerWrote(f"{self.ticket_id}-{turn}", said), after_ms)
        evidence = (Evidence(turn, said),)
        self.add(e.SignalsDetected(tuple(Signal(name, strength, evidence) for name, strength in signals)))
        return self._decide()

    def bot(self, after_ms: int) -> None:
        """Record a bot's turn. What it says does not matter; what it fails to solve does."""
        self.add(e.BotWrote(f"{self.ticket_id}-{self.turns}", "an answer"), after_ms)

    def _decide(self) -> bool:
        policy, ticket = self.world.policy, self._ticket
        if policy is None or ticket is None:
            return False
        decision = decide(policy, ticket, ticket.signals, self.at_ms)
        self.add(e.Decided(decision))
        return decision.proposed >= Lane.ESCALATED


def play(rng: Random, record: Record, course: Course, account: e.AccountLearned) -> TicketTruth:
    """Play a course in automation until it ends or is handed over; return what is true of it."""
    world = record.world
    record.add(e.TicketOpened("chat", "en", course.need.ticket_type))
    record.add(account)
    percent = world.review_percents.get(course.need.ticket_type, 0.0)
    if is_drawn(percent, world.seed, record.ticket_id):
        record.add(e.DrawnForReview(1, percent, record.at_ms + 7 * DAY_MS))
    handoff = _automate(rng, record, course)
    golden = None if course.golden is None else 2 * course.golden
    truth = TicketTruth(
        ticket_id=record.ticket_id,
        account_id=account.account_id or "",
        ticket_type=course.need.ticket_type,
        golden_turn=golden,
        handoff_turn=handoff,
        verdict=_verdict(golden, handoff),
    )
    return truth


def _automate(rng: Random, record: Record, course: Course) -> int | None:
    """Return the turn at which the ticket was handed over, None for never."""
    world = record.world
    for exchange, signals in enumerate(course.signals):
        wanted = record.customer(signals, rng.randint(1, 3) * MINUTE_MS)
        on_request = exchange == course.asked_at and rng.random() < world.transfers
        if on_request or (wanted and world.policy_acts):
            hand_over(record, "the policy asks for it" if wanted else "the customer asked")
            return 2 * exchange
        record.bot(MINUTE_MS // 2)
    return None


def hand_over(record: Record, reason: str) -> None:
    """Record a handoff."""
    at = record.at_ms
    record.add(e.Escalated("people", reason, at + 15 * MINUTE_MS, at + 30 * MINUTE_MS, at + 8 * HOUR_MS))


def _verdict(golden: int | None, handoff: int | None) -> Verdict:
    if golden is None:
        return Verdict.RIGHTLY_AUTOMATED if handoff is None else Verdict.UNNECESSARY
    if handoff is None:
        return Verdict.MISSED
    return Verdict.LATE if handoff > golden else Verdict.ON_TIME


def close(rng: Random, record: Record, truth: TicketTruth, course: Course) -> bool:
    """Close a ticket that automation kept, and tell what the customer did then; True when it came back at once."""
    world = record.world
    solved = course.solved and truth.verdict is Verdict.RIGHTLY_AUTOMATED
    record.add(e.Resolved("automation", "solved" if course.solved else "closed"), 10 * MINUTE_MS)
    if solved:
        if rng.random() < 0.3:
            record.add(e.SatisfactionGiven(rng.choice(_CONTENT)), HOUR_MS)
        return False
    if rng.random() >= world.told:
        return False
    how = rng.random()
    if how < 1 / 3:
        record.add(e.SatisfactionGiven(complaint=True), HOUR_MS)
    elif how < 2 / 3:
        record.add(e.SatisfactionGiven(rng.choice((0, 25))), HOUR_MS)
    else:
        record.add(e.Reopened("the customer wrote again"), rng.randint(1, 5) * DAY_MS)
        record.customer((("repetition", 80),), 0)
        hand_over(record, "it came back")
        return True
    return False


def review(rng: Random, record: Record, truth: TicketTruth) -> None:
    """Record a person's review of a drawn ticket that automation kept: the reviewer sees what is true."""
    drawn = any(isinstance(recorded.event, e.DrawnForReview) for recorded in record.history)
    if not drawn or truth.handoff_turn is not None or rng.random() >= record.world.reviewed:
        return
    golden = -1 if truth.golden_turn is None else truth.golden_turn
    record.add(e.CaseReviewed(1, "reviewer", truth.verdict, golden), DAY_MS)


def work(rng: Random, record: Record, course: Course, start_ms: int, hours: float) -> None:
    """Record a person's work on a ticket that was handed over, from ``start_ms`` on."""
    record.add(e.OwnershipTaken("person"), max(0, start_ms - record.at_ms))
    record.add(e.HumanWrote(f"{record.ticket_id}-{record.turns}", "a person's answer", "person"))
    if rng.random() < 0.4:
        restated = (("repetition", 80),) if rng.random() < 0.4 else ()
        record.customer(restated, 2 * MINUTE_MS)
    repair = ""
    if course.beyond_bot and rng.random() < 0.7:
        repair = "refunded the charge" if course.need.refund else "put right what the bot had said"
    record.add(e.Resolved("person", "solved", repair=repair), round(hours * HOUR_MS))
    if rng.random() < 0.4:
        record.add(e.SatisfactionGiven(rng.choice((25, 50, 75, 75, 100, 100))), HOUR_MS)
