"""What is wrong now: one list for the page of alarms and for ``/readyz``."""

from fastapi import Request

from trustladder.desk import Desk
from trustladder.detect.breaker import Circuit


def alarms_now(request: Request, desk: Desk) -> list[str]:
    """Return what is wrong besides dead letters, a sentence each. Raises LedgerUnavailable."""
    return alarms_of(desk) + [said for ask in request.app.state.alarms for said in ask(desk.ledger.now_ms())]


def alarms_of(desk: Desk) -> list[str]:
    """Return what is wrong with the policy and the detectors: it can be told without the ledger."""
    policy = [desk.policies.alarm] if desk.policies.alarm else []
    paused = [status for status in desk.detectors() if status.circuit is not Circuit.CLOSED]
    return policy + [f"the detector {status.name} is paused: {status.last_failure}" for status in paused]
