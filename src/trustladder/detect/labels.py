"""What the labels of a structured conversation mean: a voice bot's turns carry labels (intents) instead of text."""

from collections.abc import Mapping

CUSTOMER_LABELS: Mapping[str, tuple[str, int]] = {
    "transfer_agent": ("human_request", 100),
    "agent": ("human_request", 100),
    "human": ("human_request", 100),
    "operator": ("human_request", 100),
    "representative": ("human_request", 100),
    "talk_to_human": ("human_request", 100),
    "contact_human_agent": ("human_request", 100),
    "forward": ("human_request", 100),
    "rephrase": ("repetition", 80),
    "repeat": ("repetition", 80),
    "negate": ("rejection", 40),
    "deny": ("rejection", 40),
    "no": ("rejection", 40),
    "reject": ("rejection", 70),
    "wrong": ("rejection", 80),
    "inconclusive": ("clarification", 60),
    "noise": ("clarification", 40),
    "did_not_understand": ("clarification", 80),
    "hangup": ("churn_threat", 100),
    "hang_up": ("churn_threat", 100),
    "complaint": ("legal_or_safety", 60),
    "urgency": ("urgency", 100),
}
"""What a customer's label tells by itself: a signal and its strength."""

ENTITY = "entity:"
"""How a label starts that names an entity (a date, a name) mentioned in the turn, rather than what was meant."""

_BOT_FAILS = (
    "did_not_understand",
    "fail",
    "failed",
    "unavailable",
    "no_dates",
    "no_longer",
    "too_far",
    "repeat_request",
)


def told_by(label: str) -> tuple[str, int]:
    """The signal and the strength that a customer's label tells by itself; ``("", 0)`` where it tells none."""
    return CUSTOMER_LABELS.get(label.lower(), ("", 0))


def bot_fails(label: str) -> bool:
    """True for a label by which the bot says that it did not understand or could not do it."""
    return any(mark in label for mark in _BOT_FAILS)
