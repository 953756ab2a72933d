"""Trust Spillover: damage beyond the ticket, seen in what the same account does afterwards.

Here: which episode of an account is looked at, what it is matched on, and what the account did in the time after it.
`trustladder.learn.spillover` compares accounts after a bad automated episode with matched ones after a good one. It
says "associated", not "caused": accounts were not assigned at random.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trustladder.core.episode import Episode
from trustladder.core.policy import DAY_MS
from trustladder.core.sampling import share_of
from trustladder.core.verdict import BAD_VERDICTS, EpisodeVerdict

Judged = tuple[Episode, EpisodeVerdict]

QUARTER_DAYS = 91
"""Episodes are matched within stretches of so many days, so that a season is not taken for spillover."""


@dataclass(frozen=True, slots=True)
class Later:
    """What an account did on other tickets in the days after an episode.

    ``contacts`` counts tickets opened, ``reopens`` those that came back. ``straight_to_human`` tells that one of them
    asked for a person in its first words, ``complaint`` that one ended in a complaint, ``downgrade`` that the
    account's value was told to be lower than before.
    """

    contacts: int = 0
    straight_to_human: bool = False
    reopens: int = 0
    complaint: bool = False
    downgrade: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """One account: whether the episode looked at was bad, what it is matched on, and what came after it."""

    account_id: str
    ticket_id: str
    is_bad: bool
    cell: tuple[str, ...]
    later: Later


def followed_accounts(
    judged: Iterable[Judged], within_days: int = 30, before_days: int = 90, seed: int = 0
) -> list[Followed]:
    """Return one episode of each account with what followed it, ready to be compared.

    The episode is the first that a bot spoke in after a moment drawn at random for the account (by ``seed``), at least
    ``within_days`` before the newest episode began. Were it chosen by how it ended, or among all of an account's, what
    came later would have a say in which it is. It is matched on
    ticket type, tier (or value where no tier is told), contacts in the ``before_days`` before, whether one of the last
    ``within_days`` was bad, and quarter.
    """
    pairs = [pair for pair in judged if pair[0].account_id]
    newest_ms = max((episode.started_at_ms for episode, _ in pairs), default=0)
    oldest_ms = min((episode.started_at_ms for episode, _ in pairs), default=0)
    by_account: dict[str, list[Judged]] = {}
    for pair in sorted(pairs, key=lambda pair: (pair[0].started_at_ms, pair[0].ticket_id)):
        by_account.setdefault(pair[0].account_id, []).append(pair)
    last_ms = newest_ms - within_days * DAY_MS
    followed = []
    for account_id, own in by_account.items():
        drawn_ms = oldest_ms + share_of("followed", seed, account_id) * (last_ms - oldest_ms)
        at = next((i for i, (episode, _) in enumerate(own) if _can_follow(episode, drawn_ms, last_ms)), None)
        if at is not None:
            followed.append(_followed(own, at, within_days, before_days, oldest_ms))
    return followed


def _can_follow(episode: Episode, drawn_ms: float, last_ms: float) -> bool:
    return episode.number == 1 and bool(episode.bot_turns) and drawn_ms <= episode.started_at_ms <= last_ms


def _followed(own: Sequence[Judged], at: int, within_days: int, before_days: int, oldest_ms: int) -> Followed:
    episode, verdict = own[at]
    others = [pair for pair in own if pair[0].ticket_id != episode.ticket_id]
    since, until = episode.started_at_ms, _end(episode) + within_days * DAY_MS
    before = [pair for pair in others if since - before_days * DAY_MS <= pair[0].started_at_ms < since]
    after = [other for other, _ in others if since <= other.started_at_ms <= until]
    contacts = sum(1 for other, _ in before if other.number == 1)
    cell = (
        episode.ticket_type,
        episode.account_tier or _value_band(episode.account_value),
        "0" if not contacts else "1" if contacts == 1 else "2-3" if contacts <= 3 else "4+",
        "still shaken" if any(_still_shakes(one, since - within_days * DAY_MS) for one in before) else "not shaken",
        str((since - oldest_ms) // (QUARTER_DAYS * DAY_MS)),
    )
    return Followed(
        episode.account_id, episode.ticket_id, verdict.verdict in BAD_VERDICTS, cell, _later(episode, after)
    )


def _still_shakes(pair: Judged, since_ms: int) -> bool:
    return pair[1].verdict in BAD_VERDICTS and pair[0].started_at_ms >= since_ms


def _end(episode: Episode) -> int:
    """Return when the episode's conversation ended: an open handoff does not make its time after longer."""
    return max(episode.turn_times_ms.values(), default=episode.started_at_ms)


def _value_band(value: float | None) -> str:
    """Return the account's yearly value to the power of ten: ``10^3`` is 1,000 to 9,999."""
    if value is None:
        return "no value told"
    return f"10^{len(str(int(value))) - 1}" if value >= 1 else "0"


def _later(episode: Episode, after: Sequence[Episode]) -> Later:
    values = [other.account_value for other in after if other.account_value is not None]
    return Later(
        contacts=sum(1 for other in after if other.number == 1),
        straight_to_human=any(_asks_at_once(other) for other in after),
        reopens=sum(1 for other in after if other.number > 1),
        complaint=any(other.complaint for other in after),
        downgrade=episode.account_value is not None and any(value < episode.account_value for value in values),
    )


def _asks_at_once(episode: Episode) -> bool:
    first = episode.customer_turns[:1]
    return episode.number == 1 and any(turn in first for turn in episode.turns_with("human_request"))
