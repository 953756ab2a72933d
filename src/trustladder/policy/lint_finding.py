"""A finding as a check states it: with a path in the file instead of a line."""

from dataclasses import dataclass
from enum import StrEnum

from trustladder.policy.source import NodePath


class Severity(StrEnum):
    """An error does what its author cannot have meant; a warning is worth a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found, where in the file, and what to do about it."""

    severity: Severity
    code: str
    path: NodePath
    message: str
    fix: str
    at_key: bool = False


def error(code: str, path: NodePath, message: str, fix: str, *, at_key: bool = False) -> Found:
    """Return a finding that is an error."""
    return Found(Severity.ERROR, code, path, message, fix, at_key)


def warning(code: str, path: NodePath, message: str, fix: str, *, at_key: bool = False) -> Found:
    """Return a finding that is a warning."""
    return Found(Severity.WARNING, code, path, message, fix, at_key)
