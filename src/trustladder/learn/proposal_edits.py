"""The policy texts that proposals put forward: the given text, comments kept, with rules added or changed."""

from trustladder.core.policy import Policy
from trustladder.learn.earned import Earned, acts_at, holding
from trustladder.policy.edit import add_rule, set_authority, set_escalate_at, split_authority
from trustladder.policy.implication import types_of

GUARANTEED = "guaranteed"
"""The id of the rule that a guarantee adds."""


def with_guarantee(text: str, policy: Policy, percent: int) -> str:
    """Return the policy that hands over from a risk of ``percent`` on, whatever the ticket."""
    if any(rule.id == GUARANTEED for rule in policy.rules):
        return set_escalate_at(text, GUARANTEED, percent)
    because = "Past tickets show that from this risk on too many would be late or missed."
    return add_rule(text, {"id": GUARANTEED, "because": because, "escalate_at": f"{percent}%"})


def promoted(text: str, policy: Policy, record: Earned) -> str | None:
    """Return the policy in which a type holds the next level; None where no rule on types holds it back."""
    name, acts = record.ticket_type, acts_at(record.next)
    if record.next not in policy.automated.acts:
        return None
    for rule in holding(policy, name):
        if rule.authority is None or record.next in rule.authority.acts:
            continue
        others = [kind for kind in policy.ticket_types if kind != name and kind in types_of(policy, rule.when)]
        text = split_authority(text, rule.id, name, others, acts) if others else set_authority(text, rule.id, acts)
    return text


def demoted(text: str, policy: Policy, record: Earned) -> str | None:
    """Return the policy in which a type holds the level below, without the tools of the level above."""
    name, acts = record.ticket_type, acts_at(record.next)
    own = [rule for rule in holding(policy, name) if types_of(policy, rule.when) == {name}]
    if own:
        return set_authority(text, own[0].id, acts)
    rule = {
        "id": f"authority-{name}",
        "because": "Too many tickets of this type went badly in automation.",
        "when": {"ticket_type": {"is": name}},
        "authority": {"acts": list(acts)},
    }
    return add_rule(text, rule)
