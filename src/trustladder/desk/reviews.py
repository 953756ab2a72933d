"""Reviews: a random sample of tickets is re-read by people, and a person's verdict stands above every rule.

The sample is drawn when an episode begins, with the policy's rate as the known probability. What leaves automation
leaves the sample's queue: the misses are estimated from the rest.
"""

from trustladder.core import events as e
from trustladder.core.ticket import Ticket
from trustladder.core.verdict import Verdict
from trustladder.desk.answers import PersonAnswer
from trustladder.desk.scribe import Scribe
from trustladder.desk.turns import must_exist, person_answer
from trustladder.errors import NotAllowed
from trustladder.ledger.protocol import Due, Transaction

REVIEW = "review"
"""The kind of due row that an episode of the audit sample is. No worker claims it: it waits for a person."""

FAULTS = ("answer", "timing", "handoff")
"""What a case can have failed by: bad answering, bad escalation timing or bad handoff design (the article's day 7)."""


def wind(transaction: Transaction, before: Ticket, after: Ticket) -> None:
    """Keep the rows of the review queue as the ticket says, in the transaction that changed it."""
    held = {review.episode: review for review in before.reviews_due}
    wanted = {review.episode: review for review in after.reviews_due}
    for episode in held.keys() - wanted.keys():
        transaction.withdraw(_name(episode))
    for episode in wanted.keys() - held.keys():
        due_ms = wanted[episode].review_by_ms
        transaction.schedule(Due(REVIEW, transaction.key, due_ms, _name(episode), str(episode).encode()))


def _name(episode: int) -> str:
    return f"{REVIEW}:{episode}:"


def review(scribe: Scribe, reviewed: e.CaseReviewed) -> PersonAnswer:
    """Record a person's verdict on an episode. A later one of the same episode replaces it."""
    must_exist(scribe.ticket)
    ticket = scribe.ticket
    _check(ticket, reviewed)
    scribe.record(reviewed)
    return person_answer(scribe.ticket)


def _check(ticket: Ticket, reviewed: e.CaseReviewed) -> None:
    needed = reviewed.golden_turn >= 0
    if not 1 <= reviewed.episode <= ticket.episode:
        raise NotAllowed(f"ticket {ticket.ticket_id} has {ticket.episode} episodes, not {reviewed.episode}")
    if not reviewed.reviewer:
        raise NotAllowed("a review needs the name of who gives it", fix="say who you are")
    if reviewed.verdict not in set(Verdict):
        raise NotAllowed(f"{reviewed.verdict!r} is no verdict", fix="use one of " + ", ".join(Verdict))
    if reviewed.fault and reviewed.fault not in FAULTS:
        raise NotAllowed(f"{reviewed.fault!r} is no kind of fault", fix="use one of " + ", ".join(FAULTS))
    if reviewed.golden_turn >= len(ticket.turns):
        raise NotAllowed(f"ticket {ticket.ticket_id} has no turn {reviewed.golden_turn}")
    if needed != (Verdict(reviewed.verdict) in {Verdict.ON_TIME, Verdict.LATE, Verdict.MISSED}):
        raise NotAllowed(
            f"the verdict {reviewed.verdict} and the golden turn do not agree",
            fix="name the turn at which people were needed for on_time, late and missed, and none for the others",
        )
