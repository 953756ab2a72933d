"""A policy at a glance: for each ticket type, where it starts and where care rises."""

from collections.abc import Iterator

from trustladder.core.containment import Act
from trustladder.core.policy import Policy
from trustladder.core.risk import HUNDREDTHS, probability_of
from trustladder.core.threshold import Bound, strictest
from trustladder.policy.implication import on_type_alone, types_of


def overview(policy: Policy) -> Iterator[str]:
    """Yield lines of text: name and digest, then a row a ticket type."""
    yield f"{policy.name}, digest {policy.digest}"
    yield ""
    width = max(len(name) for name in policy.ticket_types)
    head = f"{'ticket type':{max(width, 11)}}  starts at  contained  escalated  bot turns  queue"
    yield head
    yield "-" * len(head)
    for name, kind in policy.ticket_types.items():
        threshold = strictest(r for r in policy.rules if name in types_of(policy, r.when) and on_type_alone(r.when))
        turns = threshold.max_bot_turns.value if threshold.max_bot_turns is not None else "-"
        yield (
            f"{name:{max(width, 11)}}  {probability_of(kind.base * HUNDREDTHS):>9.0%}  {_risk(threshold.contain_at):>9}"
            f"  {_risk(threshold.escalate_at):>9}  {turns!s:>9}  {kind.queue}"
        )
    yield ""
    yield "hard rules:"
    for rule in policy.rules:
        if rule.contain_when or rule.notify_when or rule.escalate_when:
            yield f"  {rule.id}: {rule.because or 'no reason given'}"
    yield ""
    yield f"automated bots may: {_acts(policy.automated.acts)}"
    yield f"contained bots may: {_acts(policy.contained.acts)}"


def _risk(bound: Bound | None) -> str:
    return "-" if bound is None else f"{probability_of(bound.value):.0%}"


def _acts(acts: tuple[Act, ...]) -> str:
    return ", ".join(act.value for act in acts) or "nothing"
