"""The learned score from a business's own conversations: what can be learned from, what came of it, the model file.

Only what was said before a person took over is read, and only a conversation whose end the export tells is learned
from. A customer's conversations stay together: none is measured on a customer that the fit has seen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trustladder.core import events as e
from trustladder.core.ticket import Role, Turn
from trustladder.core.verdict import BAD_OUTCOMES, GOOD_OUTCOMES, LOW_SATISFACTION
from trustladder.detect.outcome.model import OutcomeModel
from trustladder.detect.outcome.model_file import model_bytes
from trustladder.errors import BadInput
from trustladder.learn.conversation import Conversation, Ending, Notices
from trustladder.learn.measures_failure import measure_failure_of
from trustladder.learn.measures_outcome import auc, auc_interval
from trustladder.learn.outcome_data import Case
from trustladder.learn.outcome_train import train_text

LEAST_ENDS = 100
"""So many conversations with a known end are needed at least: with fewer, the interval of an AUC is wider than 0.2."""
LEAST_OF_A_KIND = 25
"""So many must have ended badly, and so many well."""
LEAST_CUSTOMERS = 25
"""From so many customers they must come, since customers are left out by fifths."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of learning: what it was learned from, the figures by share of the conversation, the model's bytes."""

    conversations: int
    failed: int
    customers: int
    figures: dict[str, dict[str, Any]]
    content: bytes

    @property
    def tells(self) -> bool:
        """Whether the whole conversation's score tells bad ends from good ones: its AUC's interval lies above 0.5."""
        return bool(self.figures["100%"]["interval"][0] > 0.5)


def ended_badly(ending: Ending) -> bool | None:
    """Return whether a conversation ended badly, None where its export does not tell.

    A complaint or satisfaction below 40 of 100 is a bad end whatever the status says.
    """
    satisfaction = ending.satisfaction
    if ending.complaint or ending.outcome in BAD_OUTCOMES:
        return True
    if satisfaction is not None:
        return satisfaction < LOW_SATISFACTION
    return False if ending.outcome in GOOD_OUTCOMES else None


def labelled(conversations: Iterable[Conversation], notices: Notices) -> Iterator[Case]:
    """Yield the conversations that can be learned from; the others are counted in ``notices``."""
    for conversation in conversations:
        failed = ended_badly(conversation.ending)
        turns = _turns(conversation)
        if failed is None:
            notices.note("a conversation whose end is not told: nothing to learn from", conversation.id)
        elif not any(turn.role is Role.CUSTOMER for turn in turns):
            notices.note("a conversation in which the customer wrote nothing before a person came", conversation.id)
        else:
            kind = " ".join((conversation.opened.ticket_type or "").split())
            yield Case(conversation.source, "", kind, _customer(conversation), turns, failed)


def _customer(conversation: Conversation) -> str:
    named = conversation.account.account_id or conversation.ending.labels.get("customer")
    return str(named or f"{conversation.source} {conversation.id}")


def _turns(conversation: Conversation) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for message in conversation.messages:
        if isinstance(message.event, e.HumanWrote) and not message.event.internal:
            break
        turn = _turn(len(turns), message.event)
        if turn is not None:
            turns.append(turn)
    return tuple(turns)


def _turn(index: int, event: e.Event) -> Turn | None:
    match event:
        case e.CustomerWrote() if event.text:
            return Turn(index, Role.CUSTOMER, event.text, 0)
        case e.BotWrote():
            return Turn(index, Role.BOT, event.text, 0, tool_calls=event.tool_calls)
        case e.ToolReturned():
            return Turn(index, Role.TOOL, event.text, 0, author=event.name, failed=event.failed)
    return None


def check_enough(cases: Sequence[Case]) -> None:
    """Raise `BadInput` where there is too little to learn from, with what is missing."""
    failed = sum(case.failed for case in cases)
    customers = len({case.customer for case in cases})
    needs = (
        (len(cases), LEAST_ENDS, "conversations with a known end"),
        (failed, LEAST_OF_A_KIND, "that ended badly"),
        (len(cases) - failed, LEAST_OF_A_KIND, "that ended well"),
        (customers, LEAST_CUSTOMERS, "customers"),
    )
    missing = [f"{found} {what}, at least {least} are needed" for found, least, what in needs if found < least]
    if missing:
        fix = "give more conversations with a status or a csat, and keep the shipped score until then"
        raise BadInput(f"too little to learn from: {'; '.join(missing)}", fix=fix)


def learn_risk(cases: Sequence[Case], shipped: OutcomeModel) -> Learned:
    """Fit the score on conversations with a known end, and measure it on customers left out.

    The model keeps the shipped parts for intents and for proposed actions. Raises `BadInput` for too few cases.
    """
    check_enough(cases)
    measured = measure_failure_of(cases)
    figures = {share: _figures(at, cases, measured, shipped, share) for share, at in measured["at"].items()}
    content = model_bytes(train_text(cases), shipped.intents, shipped.action)
    return Learned(len(cases), measured["failed"], measured["customers"], figures, content)


def _figures(
    at: dict[str, Any], cases: Sequence[Case], measured: dict[str, Any], shipped: OutcomeModel, share: str
) -> dict[str, Any]:
    labels = np.array(measured["labels"], dtype=np.float64)
    ours = np.array(at["trustladder"]["scores"])
    read = [case.until(float(share.rstrip("%")) / 100) for case in cases]
    theirs = np.array(
        [shipped.score(turns, case.domain).strength for turns, case in zip(read, cases, strict=True)], dtype=np.float64
    )
    return {
        "auc": at["trustladder"]["auc"],
        "interval": at["trustladder"]["auc_interval"],
        "words": at["words"]["auc"],
        "turn_count": at["turn_count"]["auc"],
        "ticket_type": at["model_and_domain"]["auc"],
        "shipped": round(auc(labels, theirs), 4),
        "against_words": at["trustladder"]["against_words"]["interval"],
        "against_shipped": auc_interval(measured["groups"], labels, ours, theirs),
        "calibration_error": at["trustladder"]["calibration_error"],
        "left_in_automation": at["trustladder"]["left_in_automation"],
        "failure_rate": round(float(labels.mean()), 4),
    }
