"""The audit sample: drawn with a known probability, waiting for people, emptied by handoffs and by reviews."""

from dataclasses import replace

import pytest

from tests.desk.plain import TENANT, key, plain_desk, wrote
from tests.policy.support import changed
from trustladder.core import events as e
from trustladder.core.episode import episodes_of
from trustladder.core.sampling import is_drawn, share_of
from trustladder.desk import Desk, Resolution
from trustladder.desk.reviews import REVIEW
from trustladder.errors import NotAllowed
from trustladder.ledger import Ledger
from trustladder.ledger.protocol import DueState
from trustladder.policy.load import load_policy

EVERY = load_policy(changed(("messages:", "audit_sample_percent: 100\nmessages:")))


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return plain_desk(ledger, EVERY)


def waiting(desk: Desk) -> list[str]:
    rows = desk.ledger.list_due(DueState.WAITING, tenant=TENANT, kinds=[REVIEW])
    return [f"{due.key.ticket_id}/{due.payload.decode()}" for due in rows]


def test_a_drawn_ticket_waits_for_a_review_and_a_review_ends_the_wait(desk: Desk) -> None:
    assert wrote(desk, "T-1", "How does it work?") == "automated"
    assert waiting(desk) == ["T-1/1"]
    desk.resolve(key("T-1"), Resolution("customer"))
    assert waiting(desk) == ["T-1/1"], "closed by automation: now it can be read"
    desk.review(key("T-1"), e.CaseReviewed(1, "ana", "missed", golden_turn=0, fault="timing", note="she asked twice"))
    assert waiting(desk) == []
    episode = episodes_of("T-1", desk.ledger.history(key("T-1")))[0]
    assert episode.drawn_percent == 100
    assert episode.review is not None
    assert (episode.review.reviewer, episode.review.verdict) == ("ana", "missed")


def test_what_leaves_automation_leaves_the_sample(desk: Desk) -> None:
    wrote(desk, "T-1", "How does it work?")
    assert wrote(desk, "T-1", "human_request=90", 2) == "escalated"
    assert waiting(desk) == []


def test_each_episode_is_drawn_anew(desk: Desk) -> None:
    wrote(desk, "T-1", "How does it work?")
    desk.resolve(key("T-1"), Resolution("customer"))
    wrote(desk, "T-1", "And now again?", 2)
    assert waiting(desk) == ["T-1/1", "T-1/2"]
    wrote(desk, "T-1", "human_request=90", 3)
    assert waiting(desk) == ["T-1/1"], "only the second episode was handed over"


def test_nothing_is_drawn_where_the_policy_says_so(ledger: Ledger) -> None:
    desk = plain_desk(ledger, replace(EVERY, audit_sample_percent=0.0))
    wrote(desk, "T-1", "How does it work?")
    assert waiting(desk) == []


@pytest.mark.parametrize(
    ("reviewed", "complaint"),
    [
        (e.CaseReviewed(2, "ana", "missed", 0), "has 1 episodes"),
        (e.CaseReviewed(1, "", "missed", 0), "who gives it"),
        (e.CaseReviewed(1, "ana", "perfect"), "no verdict"),
        (e.CaseReviewed(1, "ana", "missed", 7), "no turn 7"),
        (e.CaseReviewed(1, "ana", "missed"), "do not agree"),
        (e.CaseReviewed(1, "ana", "rightly_automated", 0), "do not agree"),
        (e.CaseReviewed(1, "ana", "missed", 0, fault="weather"), "no kind of fault"),
    ],
)
def test_a_review_that_makes_no_sense_is_refused(desk: Desk, reviewed: e.CaseReviewed, complaint: str) -> None:
    wrote(desk, "T-1", "How does it work?")
    with pytest.raises(NotAllowed, match=complaint):
        desk.review(key("T-1"), reviewed)
    assert waiting(desk) == ["T-1/1"]


def test_the_draw_has_the_probability_that_it_says() -> None:
    n = 20_000
    drawn = sum(is_drawn(5, "audit", 0, "acme", f"T-{i}", 1) for i in range(n))
    assert abs(drawn / n - 0.05) < 4 * (0.05 * 0.95 / n) ** 0.5
    assert share_of("a", 1) == share_of("a", 1)
    assert 0 <= share_of("x") < 1
