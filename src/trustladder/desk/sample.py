"""The audit sample: some episodes are drawn at random when they begin, to be re-read if they never leave automation."""

from trustladder.core import events as e
from trustladder.core.policy import DAY_MS, Policy
from trustladder.core.sampling import is_drawn
from trustladder.desk.scribe import Scribe

REVIEW_WITHIN_DAYS = 7
"""Reviews that are older are overdue: the sample is not being read, and nothing is known of the misses."""


def draw(scribe: Scribe, policy: Policy) -> None:
    """Draw the episode that begins for the audit sample, or not."""
    ticket = scribe.ticket
    percent = policy.audit_sample_percent
    if is_drawn(percent, "audit", policy.audit_sample_seed, ticket.tenant, ticket.ticket_id, ticket.episode):
        scribe.record(e.DrawnForReview(ticket.episode, percent, scribe.now_ms + REVIEW_WITHIN_DAYS * DAY_MS))
