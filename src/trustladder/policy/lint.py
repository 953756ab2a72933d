"""Lint: what a policy says that its author will not have meant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from trustladder.core.policy import Policy
from trustladder.policy.lint_finding import Found, Severity
from trustladder.policy.lint_ladder import CHECKS as LADDER_CHECKS
from trustladder.policy.lint_people import CHECKS as PEOPLE_CHECKS
from trustladder.policy.lint_rules import CHECKS as RULE_CHECKS
from trustladder.policy.source import Source

CODES: Mapping[str, str] = {
    "never-fires": "a rule, or one of its alternatives, whose conditions exclude each other",
    "asks-for-nothing": "a rule without a threshold, condition, limit or authority",
    "shadowed": "a threshold or limit that is never the strictest, because another rule always holds with it",
    "unreachable": "a threshold that no ticket reaches with every signal at full strength",
    "out-of-order": "contain_at or notify_at above escalate_at in one rule",
    "skips-containment": "a ticket type that escalates before it is ever contained",
    "needs-fact": "a condition on a fact that most bots and exports do not give: without it the ticket is contained",
    "always-true": "a condition on a signal that holds even when the signal is not there",
    "no-because": "a rule that does not say why",
    "sentiment-alone": "a ticket type that escalates on sentiment alone, or when the customer asks",
    "may-resolve": "a trust-critical type, marked or named so, that automation may resolve",
    "no-human-request": "no rule that escalates whenever the customer asks for a person",
    "contained-beyond-automated": "contained automation is given more than automated",
    "contained-may-answer": "contained automation may still answer",
    "no-unknown-type": "no base for tickets that nothing recognises",
    "no-message": "a message that is missing, empty, or missing in one of the languages",
    "placeholder": "a placeholder that the customer would see as it stands",
    "no-route": "a ticket type that no queue takes",
    "no-owner": "a queue that nobody works",
    "never-open": "hours in which nobody is ever there",
    "nobody-in-hours": "a queue that is open while none of its people is there",
    "chain-loops": "an escalation chain that comes back to where it was",
    "unused": "a queue, a person or hours that nothing names",
}
"""What each finding's code stands for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that lint found: a stable ``code``, where it stands (file:line:column) and what to do."""

    severity: Severity
    code: str
    message: str
    where: str
    fix: str


def lint(policy: Policy, source: Source | None = None) -> list[Finding]:
    """Return the findings on a policy, in the order of the file.

    Without the source, ``where`` is the path in the file (``thresholds.2.when``) instead of a line.
    """
    found = list(_found(policy))
    if source is not None:
        found.sort(key=lambda item: _position(source, item))
    return [Finding(item.severity, item.code, item.message, _where(source, item), item.fix) for item in found]


def _found(policy: Policy) -> Iterator[Found]:
    return chain.from_iterable(check(policy) for check in (*RULE_CHECKS, *LADDER_CHECKS, *PEOPLE_CHECKS))


def _where(source: Source | None, item: Found) -> str:
    return ".".join(map(str, item.path)) if source is None else source.where(item.path, key=item.at_key)


def _position(source: Source, item: Found) -> tuple[int, int]:
    _, line, column = source.where(item.path, key=item.at_key).rsplit(":", 2)
    return int(line), int(column)


def has_errors(findings: Sequence[Finding]) -> bool:
    """True when a finding is an error: the policy does what its author cannot have meant."""
    return any(finding.severity is Severity.ERROR for finding in findings)
