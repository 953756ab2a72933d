"""What the database's own guard of law 1 goes by: the lane after each event, and which events release bot speech."""

from trustladder.core import events as e
from trustladder.core.containment import Answer, Lane
from trustladder.core.events import Event


def lane_after(lane: Lane, event: Event) -> Lane:
    """Return the lane of a ticket after one more event: the lane that `trustladder.core.ticket.fold` gives."""
    match event:
        case e.Contained():
            return max(lane, Lane.CONTAINED)
        case e.Escalated():
            return max(lane, Lane.ESCALATED)
        case e.OwnershipTaken():
            return max(lane, Lane.OWNED)
        case e.OwnershipReturned() | e.SentUp():
            return Lane.ESCALATED
        case e.HandedBack(contained=contained):
            return Lane.CONTAINED if contained else Lane.AUTOMATED
        case e.Resolved():
            return Lane.RESOLVED
        case e.Reopened():
            return Lane.AUTOMATED
        case _:
            return lane


def releases(event: Event) -> bool:
    """Return whether an event lets automated speech out: a redeemed permit, a permit given, a message sent by one.

    A bot message without a permit is something an import saw; the ledger records what happened.
    """
    match event:
        case e.PermitRedeemed():
            return True
        case e.BotWrote(permit_id=permit_id):
            return bool(permit_id)
        case e.DraftJudged(answer=answer, permit=permit):
            return answer is Answer.RELEASE or permit is not None
        case _:
            return False
