"""Groups of words that the learned score counts: demand on the customer's side, conduct on the bot's side.

A phrase has one to three words as `tokens` cuts them. The groups say what to look at; what it weighs is learned.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\$|\?|\d+(?:[.,]\d+)*")
_CURLY = str.maketrans({"\u2019": "'", "\u2018": "'", "\u2011": "-"})
READ_CHARACTERS = 4000
"""How much of one text is read; what follows changes neither the score nor its cost."""


def plain(text: str) -> str:
    """The text in lower case, with straight quotes, cut to `READ_CHARACTERS`."""
    lower = text[:READ_CHARACTERS].lower()
    return lower if lower.isascii() else lower.translate(_CURLY)


def tokens(text: str) -> list[str]:
    """Words, numbers, dollar and question marks of a text that `plain` made."""
    return _TOKEN.findall(text)


def _split(phrases: str) -> list[str]:
    return [phrase.strip() for phrase in phrases.replace("\n", " ").split(",") if phrase.strip()]


CUSTOMER: Mapping[str, Sequence[str]] = {
    "many": _split(
        "also, as well, additionally, another, both, all of, all my, all the, in addition, plus, then, each, "
        "every, other, rest, remaining, two, three"
    ),
    "condition": _split(
        "if, unless, otherwise, instead, rather, depending, whichever, either, prefer, preferably, "
        "only if, as long as, in that case"
    ),
    "extreme": _split(
        "cheapest, fastest, smallest, largest, earliest, latest, lowest, highest, shortest, longest, most, "
        "least, best, maximum, minimum, possible, cheaper, earlier, later, sooner"
    ),
    "payment": _split(
        "credit card, gift card, certificate, paypal, card, cards, payment, pay, cost, price, fee, fees, "
        "charge, balance, cheap, $"
    ),
    "unsure": _split(
        "don't have, don't remember, don't know, don't recall, not sure, can't find, can't remember, forgot, "
        "no idea, do not have, do not remember"
    ),
    "change": _split(
        "change, changes, changing, changed, modify, switch, update, upgrade, downgrade, move, moving, "
        "reschedule, exchange, replace, swap"
    ),
    "new": _split("book, booking, buy, order, ordering, purchase, add, adding, new"),
    "go_ahead": _split("go ahead, proceed, confirm, please do, do it"),
    "exception": _split(
        "exception, waive, supervisor, manager, escalate, special, any way, reconsider, check again, "
        "double check, compensation, compensate, goodwill, anything else you, is there any"
    ),
    "loss": _split(
        "delay, delayed, sick, ill, emergency, died, death, hospital, weather, late, lost, broken, wrong, "
        "mistake, problem, issue"
    ),
    "doubt": _split("maybe, perhaps, i think, probably, might, i guess, i believe, but, however, actually, wait"),
    "asks": _split("how many, how much, total, what is, what's, which, tell me, know, number of, ?"),
}

BOT: Mapping[str, Sequence[str]] = {
    "deny": _split(
        "unfortunately, cannot, can't, unable, not possible, not allowed, not eligible, not permitted, "
        "not available, not able, refundable, policy, against, does not meet, does not allow, doesn't allow, "
        "doesn't meet, won't be able"
    ),
    "offer": _split(
        "would you like, do you want, shall i, should i, please confirm, do you confirm, confirm if, "
        "confirm that, confirm whether, proceed"
    ),
    "promise": _split("i will, i'll, let me, please hold, one moment, hold on, going to"),
    "options": _split("option, options, alternative, alternatives, either, here are, available"),
    "sum": _split("calculate, calculated, calculation, total, sum, subtract, minus, multiply, per passenger, each"),
    "money": _split("$, dollars, refund, fee, total, cost, price, charge, difference"),
    "done": _split("has been, have been, successfully, completed, all set, i've cancelled, i've updated, i've booked"),
    "transfer": _split("transfer, transferred, transferring, human agent, representative, specialist"),
    "hedge": _split("it seems, appears, may, might, likely, assume, assuming, i think, should be"),
    "sorry": _split("sorry, apologize, apologies, apologise, regret, inconvenience, confusion, oversight, mistake"),
    "trouble": _split("error, technical, system, try again, retry"),
}

CHANGING_VERBS = frozenset(
    _split(
        "book, cancel, update, send, modify, exchange, return, refuel, enable, disable, suspend, resume, set, toggle,"
        "change, transfer, refund, reset, reboot, create, delete, remove, add, pay, charge, issue, close, open, apply,"
        "submit, place, order, approve, grant, reschedule, schedule, renew, upgrade, downgrade, write, post"
    )
)
"""First words of names of tools that change something outside the conversation."""


def changes_something(tool: str) -> bool:
    """True when a tool's name reads as if calling it changed something: `cancel_order`, not `get_order`."""
    parts = split_name(tool)
    return bool(parts) and parts[0] in CHANGING_VERBS and not hands_over(tool)


def hands_over(tool: str) -> bool:
    """True when a tool's name reads as a transfer to a person."""
    parts = split_name(tool)
    return ("transfer" in parts and bool({"human", "agent", "agents", "person"} & set(parts))) or "escalate" in parts


_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def split_name(name: str) -> tuple[str, ...]:
    """The words of an identifier: `cancel_order` and `cancelOrder` give `("cancel", "order")`."""
    return tuple(part.lower() for part in _NAME_PART.findall(name))


@dataclass(frozen=True, slots=True)
class _Index:
    """Groups by phrase, and the first words of the phrases that have more than one."""

    groups: Mapping[str, tuple[str, ...]]
    openings: frozenset[str]


def _index(side: str, groups: Mapping[str, Sequence[str]]) -> _Index:
    found: dict[str, list[str]] = {}
    for group, phrases in groups.items():
        for phrase in phrases:
            found.setdefault(phrase, []).append(f"{side}_{group}")
    openings = frozenset(phrase.partition(" ")[0] for phrase in found if " " in phrase)
    return _Index({phrase: tuple(names) for phrase, names in found.items()}, openings)


_CUSTOMER_INDEX = _index("customer", CUSTOMER)
_BOT_INDEX = _index("bot", BOT)


def _count(index: _Index, words: Sequence[str]) -> dict[str, int]:
    groups, openings = index.groups, index.openings
    phrases = list(filter(groups.__contains__, words))
    for place in [place for place, word in enumerate(words) if word in openings]:
        two, three = " ".join(words[place : place + 2]), " ".join(words[place : place + 3])
        if two in groups and two != words[place]:
            phrases.append(two)
        if three in groups and three != two:
            phrases.append(three)
    found: dict[str, int] = {}
    for phrase in phrases:
        for group in groups[phrase]:
            found[group] = found.get(group, 0) + 1
    return found


def customer_groups(words: Sequence[str]) -> dict[str, int]:
    """How often each group of `CUSTOMER` occurs in the words of a text, as ``customer_`` and its name."""
    return _count(_CUSTOMER_INDEX, words)


def bot_groups(words: Sequence[str]) -> dict[str, int]:
    """How often each group of `BOT` occurs in the words of a text, as ``bot_`` and its name."""
    return _count(_BOT_INDEX, words)
