"""Lint: what a policy says that its author will not have meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from trustladder.core.policy import Policy
from trustladder.policy.lint_finding import Found, Severity
from trustladder.policy.lint_ladder import CHECKS as LADDER_CHECKS
from trustladder.policy.lint_people import CHECKS as PEOPLE_CHECKS
from trustladder.policy.lint_rules import CHECKS as RULE_CHECKS
from trustladder.policy.source import Source


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
