"""A support bot to stand behind the gate in demos and tests: retrieval over a small help centre, and fallible.

It is deterministic and has the faults that real bots are reported to have. It answers with the nearest article and
much confidence, right or wrong. Asked again, it says the same again. Asked for a person, it promises one and does
nothing about it. Given an order number and the word refund, it pays.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from trustladder.connect.demo_bot.articles import Search, help_search
from trustladder.core.containment import Act, ToolCall
from trustladder.core.ticket import Role, Turn
from trustladder.desk.commands import Draft

_GREETING = re.compile(r"^\W*(hi|hello|hey|good (morning|afternoon|evening)|thanks?|thank you)\b[\w\s,!.]{0,20}$", re.I)
_PERSON = re.compile(r"\b(human|person|agent|someone real|representative|supervisor|manager|colleague)\b", re.I)
_REFUND = re.compile(r"\b(refund|money back|reimburse)", re.I)
_CANCEL = re.compile(r"\bcancel\b.*\border\b", re.I)
_ORDER = re.compile(r"\b(?:order|no\.?|number|#)\W{0,3}(\d{4,8})\b", re.I)
_AMOUNT = re.compile(r"(\d{1,4}(?:\.\d{2})?) ?(?:€|eur|euros?)", re.I)
_REPEATS_BEFORE_PROMISE = 2
_LEAST_SURE, _MOST_SURE = 72, 97


@dataclass(frozen=True, slots=True)
class DemoBot:
    """The bot. It keeps nothing between calls: the same turns give the same draft."""

    search: Search

    def reply(self, turns: Sequence[Turn]) -> Draft:
        """Return the draft of an answer to the last customer turn. Raises ValueError when there is none."""
        asked = [turn.text for turn in turns if turn.role is Role.CUSTOMER]
        if not asked:
            raise ValueError("no customer turn to reply to")
        said = [turn.text for turn in turns if turn.role is Role.BOT]
        draft = _by_rule(asked[-1]) or self._from_articles(asked, said)
        digest = hashlib.sha256("\x1f".join([*asked, *said]).encode()).hexdigest()[:8]
        return Draft(f"demo-{len(said) + 1}-{digest}", *draft)

    def _from_articles(self, asked: Sequence[str], said: Sequence[str]) -> "_Parts":
        (score, article), *_ = self.search.ranked(asked[-1])
        if score == 0:
            return _repeated(said) or _question("Could you tell me a little more about what happened?")
        text = f"Thanks for asking! {article.body} This should solve it."
        if list(said).count(text) >= _REPEATS_BEFORE_PROMISE:
            return _transfer()
        sure = min(_MOST_SURE, _LEAST_SURE + round(3 * score))
        return text, (), (Act.INFORM,), (article.source,), sure


_Parts = tuple[str, tuple[ToolCall, ...], tuple[Act, ...], tuple[str, ...], int]


def demo_bot() -> DemoBot:
    """Return the bot over the help centre of this package."""
    return DemoBot(help_search())


def _by_rule(text: str) -> _Parts | None:
    if _GREETING.match(text):
        return _question("Hello! I'm the assistant of Larkfield. How can I help you today?")
    if _PERSON.search(text):
        return _transfer()
    order = _ORDER.search(text)
    if order and _REFUND.search(text):
        return _refund(order.group(1), _AMOUNT.search(text))
    if order and _CANCEL.search(text):
        call = ToolCall("cancel_order", {"order_id": order.group(1)})
        return f"Done! I've cancelled order {order.group(1)} for you.", (call,), (Act.RESOLVE,), (), 95
    return None


def _refund(order_id: str, amount: re.Match[str] | None) -> _Parts:
    euros = float(amount.group(1)) if amount else 25.0
    call = ToolCall("refund", {"order_id": order_id, "amount": euros})
    text = f"I've refunded {euros:.2f} euros for order {order_id}. You'll see it on your card tomorrow."
    return text, (call,), (Act.ACKNOWLEDGE,), (), 93


def _transfer() -> _Parts:
    return "I'm sorry about that. I'm transferring you to a colleague now.", (), (Act.ACKNOWLEDGE,), (), 90


def _question(text: str) -> _Parts:
    return text, (), (Act.GATHER,), (), 88


def _repeated(said: Sequence[str]) -> _Parts | None:
    """The last thing it said, once more: the fault that customers complain of most."""
    return (said[-1], (), (Act.INFORM,), (), 85) if said else None
