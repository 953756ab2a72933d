"""What an audit says in sentences of its own: the headline, what to change first, and what it cannot show."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trustladder.core.intervals import median
from trustladder.learn.case import EpisodeReading

if TYPE_CHECKING:
    from trustladder.learn.audit import RuleRow

NO_BOT = (
    "No line of this input is a bot's, so nothing can be said about automation that stayed too long. "
    "If a bot wrote some of them, name it with --bot-author, or say --role WORD=bot."
)


def headline(
    readings: Sequence[EpisodeReading],
    with_bot: Sequence[EpisodeReading],
    over: Sequence[EpisodeReading],
) -> str:
    """Return what was found, in one sentence; ``over`` are the episodes ``with_bot`` in which automation overstayed."""
    if not with_bot:
        asked = sum(1 for reading in readings if reading.escalate is not None)
        return f"{NO_BOT} People handled {counted(len(readings), 'ticket')}" + (
            f"; before a person answered, the policy would have handed over {asked:,} of them." if asked else "."
        )
    if not over:
        return (
            f"In none of {counted(len(with_bot), 'ticket')} did the bot go on after the policy would have handed over."
        )
    share = len(over) / len(with_bot)
    return (
        f"In {len(over):,} of {counted(len(with_bot), 'ticket')} ({share:.0%}) the bot went on after the turn at which "
        "this policy hands over to people."
    ).replace("%)", " %)")


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def advice(over: Sequence[EpisodeReading], rules: "Sequence[RuleRow]") -> str:
    """Return what to change first, in a few sentences; empty where nothing overstayed."""
    if not over:
        return ""
    turns = [float(len(reading.beyond)) for reading in over]
    asked = sum(1 for reading in over if reading.episode.turns_with("human_request"))
    first = rules[0]
    typical, longest = median(turns), max(turns)
    why = f": {first.because}" if first.because else "."
    if len(over) == 1:
        sentences = (
            "It wrote once more." if longest == 1 else f"It wrote {longest:,.0f} more times.",
            "The customer asked for a person." if asked else "",
            f"The rule {first.rule_id} would have ended it{why}",
        )
    else:
        sentences = (
            f"It wrote {sum(turns):,.0f} more times: {typical:g} in the middle ticket, {longest:g} in the longest.",
            f"In {asked:,} of these tickets the customer asked for a person." if asked else "",
            f"Begin with the rule {first.rule_id}, which would have ended {first.tickets:,} of the {len(over):,}{why}",
        )
    return " ".join(filter(None, sentences))


def limits(readings: Sequence[EpisodeReading], has_bot: bool, has_times: bool) -> Iterator[str]:
    """Yield what this audit cannot show."""
    yield (
        "The replay is a shadow: what customers and people did after the policy would have handed over stays as it "
        "was, though they would have acted differently."
    )
    yield (
        "The golden turn comes from rules on hindsight that read the same signals as the policy. The two are not "
        "independent: compare policies with it, and check a sample by hand before you trust its level."
    )
    if not has_times:
        yield "The input has no times: minutes, deadlines and time to resolution are not reported."
    if has_bot and not any(reading.episode.outcome or _told(reading) for reading in readings):
        yield "No outcome and no satisfaction is known: no strategy can be held against how tickets really ended."
    if has_bot and not any(reading.episode.human_turns for reading in readings):
        yield "No person's turn is in the input: what happened after handoffs is not known."


def _told(reading: EpisodeReading) -> bool:
    return reading.episode.satisfaction is not None or reading.episode.complaint
