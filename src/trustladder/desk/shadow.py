"""Shadow mode: a candidate policy decides on the same turn, is recorded, and changes nothing."""

from trustladder.core import events as e
from trustladder.core.ladder import decide
from trustladder.core.policy import Policy
from trustladder.desk.scribe import Scribe


def decide_beside(scribe: Scribe, candidate: Policy) -> None:
    """Record what a candidate asks for on the turn that has just been decided; nothing where none was."""
    if not any(isinstance(event, e.Decided) for event in scribe.events):
        return
    ticket = scribe.ticket
    decision = decide(candidate, ticket, ticket.signals, scribe.now_ms)
    points = decision.risk.points_hundredths
    scribe.record(e.ShadowDecided(candidate.digest, decision.turn, decision.proposed, points, decision.rule_ids))
