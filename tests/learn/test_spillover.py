"""Trust Spillover: which episode is looked at, what it is matched on, and what is claimed."""

import pytest

from trustladder.core.episode import Episode
from trustladder.core.spillover import Judged, Later, followed_accounts
from trustladder.core.verdict import EpisodeVerdict, Verdict
from trustladder.learn.spillover import Spillover, SpilloverOutcome, trust_spillover

DAY_MS = 86_400_000


def on(day: float, account: str, verdict: Verdict = Verdict.RIGHTLY_AUTOMATED, **more: object) -> Judged:
    at = round(day * DAY_MS)
    episode = Episode(
        f"{account} on {day}",
        account,
        "billing",
        started_at_ms=at,
        ended_at_ms=at,
        bot_turns=[1],
        customer_turns=[0],
        turn_times_ms={0: at, 1: at},
        account_tier="pro",
    )
    for name, value in more.items():
        setattr(episode, name, value)
    return episode, EpisodeVerdict(verdict, None, None)


BACKDROP = (on(0, "oldest"), on(400, "newest"))


def later_of(*judged: Judged) -> Later:
    found = {one.account_id: one for one in followed_accounts([*judged, *BACKDROP])}
    return found["a"].later


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param([], Later(), id="nothing"),
        pytest.param([on(380, "a"), on(381, "a")], Later(contacts=2), id="two contacts"),
        pytest.param([on(399.9, "a")], Later(), id="after the window"),
        pytest.param([on(380, "a", complaint=True)], Later(contacts=1, complaint=True), id="a complaint"),
        pytest.param(
            [on(380, "a", clear_signals={"human_request": [0]})],
            Later(contacts=1, straight_to_human=True),
            id="straight to a person",
        ),
        pytest.param([on(380, "a", clear_signals={"human_request": [2]})], Later(contacts=1), id="asked later on"),
        pytest.param([on(380, "a"), on(382, "a", number=2)], Later(contacts=1, reopens=1), id="came back"),
        pytest.param([on(380, "a", account_value=50.0)], Later(contacts=1, downgrade=True), id="a downgrade"),
        pytest.param([on(380, "a", account_value=150.0)], Later(contacts=1), id="worth more"),
    ],
)
def test_what_follows_is_read_from_other_tickets(later: list[Judged], expected: Later) -> None:
    # Day 369.5 is within the last moments at which an episode can be followed for 30 days.
    assert later_of(on(369.5, "a", account_value=100.0), *later) == expected


def test_the_ticket_itself_is_no_spillover() -> None:
    came_back = on(372, "a", number=2, ticket_id="a on 369.5", complaint=True)
    assert later_of(on(369.5, "a"), came_back) == Later()


def test_each_account_counts_once_and_without_an_account_not_at_all() -> None:
    many = [on(day, "a") for day in range(0, 360, 5)]
    found = followed_accounts([*many, on(10, ""), *BACKDROP])
    assert [one.account_id for one in found if one.account_id != "oldest"] == ["a"]
    assert followed_accounts(many) == followed_accounts(many[::-1])


def test_like_is_matched_with_like() -> None:
    def cell(*judged: Judged) -> tuple[str, ...]:
        return {one.account_id: one.cell for one in followed_accounts([*judged, *BACKDROP])}["a"]

    plain = cell(on(369.5, "a"))
    assert plain == ("billing", "pro", "0", "not shaken", "4")
    assert cell(on(369.5, "a", ticket_type="login"))[0] == "login"
    assert cell(on(369.5, "a", account_tier="", account_value=2_500.0))[1] == "10^3"
    assert cell(on(369.5, "a", account_tier=""))[1] == "no value told"


def test_what_came_before_is_matched_too() -> None:
    # Two days apart: whichever of an account's moments is drawn, the first of the two is a contact before the second.
    accounts = [f"a{i}" for i in range(40)]
    judged = [on(369, account) for account in accounts] + [on(369.9, account) for account in accounts]
    later = [one for one in followed_accounts([*judged, *BACKDROP]) if one.ticket_id.endswith("369.9")]
    assert all(one.cell[2] == "1" for one in later)


def population(bad_contacts: int, good_contacts: int, accounts: int = 40) -> list[Judged]:
    judged = list(BACKDROP)
    for i in range(accounts):
        bad = i % 2 == 0
        judged.append(on(369.5, f"a{i}", Verdict.LATE if bad else Verdict.ON_TIME))
        judged += [on(375 + n, f"a{i}") for n in range(bad_contacts if bad else good_contacts)]
    return judged


def outcome(found: Spillover, name: str) -> SpilloverOutcome:
    return next(one for one in found.outcomes if one.name == name)


def test_a_plain_difference_is_found_with_its_size() -> None:
    found = trust_spillover(population(3, 1))
    assert (found.matched_bad, found.matched_good) == (20, 20)
    contacts = outcome(found, "contacts")
    assert contacts.is_associated
    assert (contacts.after_bad, contacts.after_good, contacts.difference) == pytest.approx((3, 1, 2))
    assert contacts.low == contacts.high == pytest.approx(2)
    assert outcome(found, "complaint").p_value == 1.0
    assert "associated" in found.sentence and "caused" not in found.sentence
    assert "contacts (+2.00)" in found.sentence


def test_no_difference_is_not_claimed() -> None:
    found = trust_spillover(population(2, 2))
    assert not any(one.is_associated for one in found.outcomes)
    assert found.sentence.startswith("No later behaviour")


def test_a_difference_between_kinds_of_accounts_is_not_taken_for_spillover() -> None:
    judged = list(BACKDROP)
    for i in range(120):  # enterprise accounts write often, and have more bad episodes: 3 of 4 against 1 of 4
        enterprise = i % 2 == 0
        bad = i % 8 < 6 if enterprise else i % 8 == 1
        tier, contacts = ("enterprise", 3) if enterprise else ("free", 1)
        judged.append(on(369.5, f"a{i}", Verdict.MISSED if bad else Verdict.ON_TIME, account_tier=tier))
        judged += [on(375 + n, f"a{i}", account_tier=tier) for n in range(contacts)]
    found = trust_spillover(judged)
    assert found.crude_contacts is not None and found.crude_contacts > 0.5
    assert outcome(found, "contacts").difference == pytest.approx(0.0)
    assert not outcome(found, "contacts").is_associated


def test_too_few_accounts_are_not_compared() -> None:
    found = trust_spillover(population(3, 1, accounts=30))
    assert not found.outcomes
    assert found.sentence.startswith("15 accounts with a bad automated episode and 15")
    assert trust_spillover([]).missing
