"""The backtest in sentences: what the terminal, the page and proposals say about it."""

from trustladder.core.indicators import SMALL_N
from trustladder.learn.backtest import Backtest
from trustladder.learn.case import Crossing
from trustladder.learn.load import QueueLoad, hour_name
from trustladder.learn.report.words import day, percent
from trustladder.learn.tried import Difference, Effect, Tried

EFFECTS = {
    Effect.NEWLY_CAUGHT: ("Newly caught", "late or missed before, in time now"),
    Effect.NO_LONGER_CAUGHT: ("No longer caught", "in time before, late or missed now"),
    Effect.NEWLY_UNNECESSARY: ("Newly unnecessary", "handed over now, and hindsight sees no need"),
    Effect.NO_LONGER_UNNECESSARY: ("No longer unnecessary", "handed over before without a need, left to the bot now"),
    Effect.EARLIER: ("Earlier", "handed over sooner, and the verdict stays"),
    Effect.LATER: ("Later", "handed over later or no more, and the verdict stays"),
    Effect.CONTAINED: ("Contained", "handed over as before, but the bot is contained at another turn"),
}
"""Each effect's name and meaning, in the order of the report."""


def tickets(n: int) -> str:
    """Return a number of tickets."""
    return f"{n:,} ticket" if n == 1 else f"{n:,} tickets"


def headline(found: Backtest) -> str:
    """Return what the change does, in one sentence."""
    if not found.tickets:
        return "In none of these conversations did a bot speak: there is no automation to backtest."
    if not found.changes:
        return "The two policies decide alike: nothing that a decision depends on has changed."
    if not found.changed_in_all:
        return f"The change alters none of {tickets(found.tickets)}."
    parts = [f"{found.effects[effect]:,} {EFFECTS[effect][0].lower()}" for effect in EFFECTS if found.effects[effect]]
    return f"The change alters {found.changed_in_all:,} of {tickets(found.tickets)}: {_listed(parts)}."


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def advice(found: Backtest) -> str:
    """Return whether it is worth it, as far as these tickets can tell: only what its interval supports."""
    if not found.tickets or not found.changed_in_all:
        return ""
    sentences = [
        _moved("Late or missed handoffs", found.late_or_missed),
        _moved("Unnecessary handoffs", found.unnecessary),
        _people(found),
        _cost(found),
    ]
    return " ".join(filter(None, sentences))


def _moved(what: str, figure: Difference) -> str:
    if figure.before == figure.after:
        return f"{what} stay at {percent(figure.after)}."
    verb = "fall" if figure.change < 0 else "rise"
    if not figure.is_clear:
        return f"{what} {verb} from {percent(figure.before)} to {percent(figure.after)}, {unclear(figure)}."
    return f"{what} {verb} from {percent(figure.before)} to {percent(figure.after)} ({reach(figure)})."


def unclear(figure: Difference) -> str:
    """Return why a change is no finding."""
    if figure.n < SMALL_N:
        return f"which {tickets(figure.n)} cannot tell from chance"
    return "which can hardly be told from chance"


def reach(figure: Difference) -> str:
    """Return the interval of a change of shares in words."""
    low, high = sorted((figure.low, figure.high))
    return f"95 % interval of the change {low * 100:+.1f} to {high * 100:+.1f} points"


def _people(found: Backtest) -> str:
    staffing = found.staffing
    if staffing is None or staffing.weeks * 7 < 2:
        before, after = found.handoffs
        return f"People get {after:,} of these tickets instead of {before:,}." if before != after else ""
    before_work, after_work = (sum(load.work_hours for load in side) for side in (staffing.before, staffing.after))
    moved = after_work - before_work
    if abs(moved) < 0.05:
        return ""
    more = "more" if moved > 0 else "less"
    return f"It takes {abs(moved):,.1f} hours of people's work a week {more}, {after_work:,.1f} in all."


def _cost(found: Backtest) -> str:
    cost = found.cost
    if cost is None:
        return ""
    saved = cost.before.total - cost.after.total
    if not cost.per_ticket.is_clear:
        return f"In money, {unclear(cost.per_ticket).removeprefix('which ')}." if saved else ""
    verb = "saves" if saved > 0 else "costs"
    return f"At the policy's prices it {verb} {money(abs(saved), cost.currency)} on these tickets."


def money(amount: float, currency: str) -> str:
    """Return an amount in the policy's currency."""
    return f"{amount:,.0f} {currency}".strip()


def what_was_tried(found: Backtest) -> str:
    """Return what was read, in one sentence."""
    span = ""
    if found.first_ms is not None:
        first, last = day(found.first_ms), day(found.last_ms)
        span = f", {first}" if first == last else f", {first} to {last}"
    return f"{found.conversations:,} conversations with {tickets(found.tickets)} in which a bot spoke{span}"


def place(crossing: Crossing | None) -> str:
    """Return when and by which rule a policy hands a ticket over."""
    return "never" if crossing is None else f"message {crossing.message_index + 1}, {crossing.rule_id}"


def shift(one: Tried) -> str:
    """Return how much sooner or later the bot stops, in words."""
    found = one.shift
    if found is None:
        old, new = one.turns
        return "" if old is None and new is None else "people come" if old is None else "the bot stays"
    if not found:
        return "same bot turns"
    turns = "bot turn" if abs(found) == 1 else "bot turns"
    return f"{abs(found)} {turns} {'earlier' if found < 0 else 'later'}"


def golden_place(one: Tried) -> str:
    """Return the golden turn in words, or an empty string."""
    golden = one.golden
    return "" if golden is None else f"golden turn: {golden.turn + 1}, {golden.why}"


def busiest(load: QueueLoad) -> str:
    """Return the busiest hour of a queue in words."""
    hour = load.busiest
    return f"{hour_name(hour)}: {load.per_hour[hour]:.1f}"
