"""Every error that trustladder raises on purpose: what happened, where, and what to do about it."""

from collections.abc import Sequence


class TrustladderError(Exception):
    """Base of all: ``what`` happened, ``where`` (file:line:column, row, ticket …), and ``fix``, what to do."""

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n  → {self.fix}" if self.fix else ""
        return f"{place}{self.what}{remedy}"


class PositionConflict(TrustladderError):
    """Somebody else wrote to the ticket first; read it again and retry."""


class IdempotencyConflict(TrustladderError):
    """The idempotency key was used before with another request."""


class LedgerUnavailable(TrustladderError):
    """The ledger could not be reached or did not answer in time: nothing may be sent."""


class SilenceViolation(TrustladderError):
    """The database refused an automated message on a ticket that automation may not speak in (law 1)."""


class NoSuchTicket(TrustladderError):
    """No ticket has this id for this tenant."""


class NotAllowed(TrustladderError):
    """The act is not allowed in the ticket's present state or with the caller's authority."""


class KeyNeeded(TrustladderError):
    """The key that was presented does not allow this, or the service may not be opened without keys."""


class PermitRefused(TrustladderError):
    """The permit cannot be redeemed: the message must not be sent."""


class BadInput(TrustladderError):
    """Input that cannot be used as it is."""


class PolicyError(TrustladderError):
    """The policy file cannot be loaded. ``where`` is file:line:column."""


class ModelUnusable(TrustladderError):
    """A shipped model file is missing or is not the one that was built."""


class PolicyProblems(PolicyError):
    """Everything that is wrong with one policy file, in the order of the file, one `PolicyError` each."""

    def __init__(self, problems: Sequence[PolicyError]) -> None:
        first = problems[0]
        super().__init__(first.what, where=first.where, fix=first.fix)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class LedgerUnreadable(TrustladderError):
    """The ledger holds what this version cannot read: it was written by a newer one, or damaged."""


class LedgerTampered(TrustladderError):
    """The ledger's hash chain does not close: an event was changed, removed or inserted after it was written."""


class MissingExtra(TrustladderError):
    """A connector needs a package that is not installed."""

    @classmethod
    def named(cls, extra: str, what: str) -> "MissingExtra":
        """Return the error for a connector (``what``) whose extra is not there."""
        return cls(f"{what} needs packages that are not installed", fix=f"pip install 'trustladder[{extra}]'")
