"""What every ledger keeps, whatever the store."""

from dataclasses import replace

import pytest
from tests.ledger import lives
from tests.ledger.lives import KEY, write

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.events import Event
from trustladder.core.summary import summarise
from trustladder.errors import BadInput, IdempotencyConflict, LedgerUnavailable, PositionConflict, SilenceViolation
from trustladder.ledger import Ledger, rebuild
from trustladder.ledger.protocol import Due, DueState, Page, Remembered, TicketKey, Transaction

LONG_AGO = 1
FAR_OFF = 2**50


class Stopped(Exception):
    """Raised by work that changes its mind."""


def test_events_come_back_as_they_were_written(ledger: Ledger) -> None:
    recorded = write(ledger, KEY, lives.OPENED, lives.ASKED)
    assert [row.position for row in recorded] == [1, 2]
    assert ledger.history(KEY) == recorded
    assert ledger.history(KEY, after=1) == recorded[1:]
    assert ledger.history(TicketKey("other", KEY.ticket_id)) == ()


def test_time_within_a_ticket_never_goes_back(ledger: Ledger) -> None:
    before = ledger.now_ms()
    times = [write(ledger, KEY, lives.ASKED)[0].at_ms for _ in range(5)]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= ledger.now_ms()


def test_an_append_at_another_position_is_refused(ledger: Ledger) -> None:
    write(ledger, KEY, lives.OPENED)
    for expected in (0, 2):
        with pytest.raises(PositionConflict, match="stands at 1"):
            ledger.transact(KEY, lambda transaction, at=expected: transaction.append([lives.ASKED], at))  # type: ignore[misc]
    assert len(ledger.history(KEY)) == 1


def test_what_a_transaction_wrote_it_reads(ledger: Ledger) -> None:
    def work(transaction: Transaction) -> None:
        transaction.append([lives.OPENED], 0)
        assert transaction.position == 1
        transaction.append([lives.ASKED], 1)
        assert [row.event for row in transaction.history()] == [lives.OPENED, lives.ASKED]
        transaction.remember("k", "f", b"answer")
        assert transaction.remembered("k") == Remembered("f", b"answer")

    ledger.transact(KEY, work)


def test_a_rollback_leaves_nothing(ledger: Ledger) -> None:
    write(ledger, KEY, lives.OPENED)
    before = ledger.summary(KEY)

    def work(transaction: Transaction) -> None:
        transaction.append([lives.ESCALATED], 1)
        transaction.project(summarise(lives.folded(KEY, transaction.history())))
        transaction.remember("k", "f", b"")
        transaction.schedule(Due("clock", KEY, LONG_AGO, "clock"))
        raise Stopped

    with pytest.raises(Stopped):
        ledger.transact(KEY, work)
    assert len(ledger.history(KEY)) == 1
    assert ledger.summary(KEY) == before
    assert ledger.counts("acme")[Lane.AUTOMATED] == 1
    assert ledger.claim_due(["clock"], 10, 1000) == []
    assert ledger.transact(KEY, lambda transaction: transaction.remembered("k")) is None
    assert [fed.key for fed in ledger.feed(0)] == [KEY]


def test_a_rolled_back_first_transaction_leaves_no_ticket(ledger: Ledger) -> None:
    def work(transaction: Transaction) -> None:
        transaction.append([lives.OPENED], 0)
        raise Stopped

    with pytest.raises(Stopped):
        ledger.transact(KEY, work)
    assert list(ledger.keys()) == []


def test_an_idempotency_key_is_answered_once_a_ticket(ledger: Ledger) -> None:
    ledger.transact(KEY, lambda transaction: transaction.remember("k", "f", b"\x00\xff"))
    assert ledger.transact(KEY, lambda transaction: transaction.remembered("k")) == Remembered("f", b"\x00\xff")
    other = TicketKey(KEY.tenant, "T-2")
    assert ledger.transact(other, lambda transaction: transaction.remembered("k")) is None
    with pytest.raises(IdempotencyConflict):
        ledger.transact(KEY, lambda transaction: transaction.remember("k", "g", b""))


AUTOMATED: list[Event] = [lives.OPENED]
BEFORE_PEOPLE: list[list[Event]] = [AUTOMATED, [lives.OPENED, lives.CONTAINED]]
WITH_PEOPLE: list[list[Event]] = [
    [lives.OPENED, lives.ESCALATED],
    [lives.OPENED, lives.ESCALATED, lives.TAKEN],
    [lives.OPENED, lives.ESCALATED, lives.TAKEN, e.OwnershipReturned("ana", "not mine")],
    [lives.OPENED, lives.TAKEN, lives.RESOLVED],
]
GIVEN_BACK: list[list[Event]] = [
    [lives.OPENED, lives.ESCALATED, e.HandedBack("ana")],
    [lives.OPENED, lives.ESCALATED, e.HandedBack("ana", contained=True)],
    [lives.OPENED, lives.RESOLVED, e.Reopened()],
]
SPEECH: list[Event] = [lives.RELEASED, lives.REPLACED, lives.REDEEMED, lives.SENT]


@pytest.mark.parametrize("life", WITH_PEOPLE)
@pytest.mark.parametrize("speech", SPEECH)
def test_the_store_refuses_automated_speech_while_people_hold_the_ticket(
    ledger: Ledger, life: list[Event], speech: Event
) -> None:
    write(ledger, KEY, *life)
    with pytest.raises(SilenceViolation):
        write(ledger, KEY, speech)
    with pytest.raises(SilenceViolation):  # the handoff and the speech in one transaction
        write(ledger, TicketKey("acme", "T-2"), *life, lives.ASKED, speech)
    assert len(ledger.history(KEY)) == len(life)


@pytest.mark.parametrize("life", BEFORE_PEOPLE + GIVEN_BACK)
@pytest.mark.parametrize("speech", SPEECH)
def test_the_store_takes_automated_speech_where_automation_may_speak(
    ledger: Ledger, life: list[Event], speech: Event
) -> None:
    write(ledger, KEY, *life, speech)
    write(ledger, KEY, speech)
    assert len(ledger.history(KEY)) == len(life) + 2


def test_what_an_import_saw_is_recorded_as_it_was(ledger: Ledger) -> None:
    write(ledger, KEY, lives.OPENED, lives.ESCALATED, lives.IMPORTED, lives.WITHHELD)
    assert len(ledger.history(KEY)) == 4


def test_a_silence_violation_cannot_be_swallowed(ledger: Ledger) -> None:
    write(ledger, KEY, lives.OPENED, lives.ESCALATED)

    def careless(transaction: Transaction) -> str:
        try:
            transaction.append([lives.REDEEMED], 2)
        except SilenceViolation:
            return "sent anyway"
        return "sent"

    with pytest.raises(SilenceViolation):
        ledger.transact(KEY, careless)
    assert len(ledger.history(KEY)) == 2


def test_lists_filter_and_page_newest_first(ledger: Ledger) -> None:
    keys = [TicketKey("acme", f"T-{number}") for number in range(7)]
    for number, key in enumerate(keys):
        account = e.AccountLearned("A" if number % 2 else "B")
        write(ledger, key, lives.OPENED, account, *([lives.ESCALATED] if number > 3 else []))
    write(ledger, keys[6], lives.TAKEN)
    write(ledger, TicketKey("other", "T-0"), lives.OPENED)

    def ids(page: Page) -> list[str]:
        return [row.ticket_id for row in page.rows]

    first = ledger.summaries("acme", limit=3)
    write(ledger, keys[1], lives.ASKED)  # a ticket that moves keeps its place
    second = ledger.summaries("acme", limit=3, cursor=first.cursor)
    third = ledger.summaries("acme", limit=3, cursor=second.cursor)
    assert [ids(first), ids(second), ids(third)] == [["T-6", "T-5", "T-4"], ["T-3", "T-2", "T-1"], ["T-0"]]
    assert third.cursor == ""
    assert ids(ledger.summaries("acme", lanes=(Lane.ESCALATED,))) == ["T-5", "T-4"]
    assert ids(ledger.summaries("acme", lanes=(Lane.ESCALATED, Lane.OWNED), queue="billing")) == ["T-6", "T-5", "T-4"]
    assert ids(ledger.summaries("acme", queue="' OR ''='")) == []
    assert ids(ledger.summaries("acme", account_id="A", lanes=[Lane.AUTOMATED])) == ["T-3", "T-1"]
    assert ids(ledger.summaries("acme", owner="ana")) == ["T-6"]
    assert ledger.counts("acme") == {
        Lane.AUTOMATED: 4,
        Lane.CONTAINED: 0,
        Lane.ESCALATED: 2,
        Lane.OWNED: 1,
        Lane.RESOLVED: 0,
    }
    assert list(ledger.keys("acme")) == keys
    assert len(list(ledger.keys())) == 8


@pytest.mark.parametrize("cursor", ["x", "-1", "1; DROP TABLE events", "9" * 30, "٣"])
def test_a_forged_cursor_is_bad_input(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(BadInput, match="cursor"):
        ledger.summaries("acme", cursor=cursor)


def spoil(transaction: Transaction) -> None:
    right = summarise(lives.folded(transaction.key, transaction.history()))
    transaction.project(replace(right, queue="nowhere", subject="something else"))


def test_projections_rebuilt_from_the_log_equal_the_live_ones(ledger: Ledger) -> None:
    keys = [TicketKey("acme", "T-1"), TicketKey("acme", "T-2"), TicketKey("other", "T-1")]
    for key, life in zip(keys, [*WITH_PEOPLE[1:3], GIVEN_BACK[0]], strict=True):
        for event in life:
            write(ledger, key, event)
    live = [ledger.summary(key) for key in keys]
    pages = [ledger.summaries(tenant) for tenant in ("acme", "other")]
    for key in keys:  # spoil what lists read: of the right place, with wrong contents
        ledger.transact(key, spoil)
    assert [ledger.summary(key) for key in keys] != live
    assert rebuild(ledger) == 3
    assert [ledger.summary(key) for key in keys] == live
    assert [ledger.summaries(tenant) for tenant in ("acme", "other")] == pages


def test_a_projection_of_another_state_is_refused(ledger: Ledger) -> None:
    write(ledger, KEY, lives.OPENED)
    stale = summarise(lives.folded(KEY, ledger.history(KEY)))
    write(ledger, KEY, lives.ESCALATED)
    with pytest.raises(BadInput, match="the ledger stands at"):
        ledger.transact(KEY, lambda transaction: transaction.project(stale))


def test_the_feed_is_the_whole_log_in_order(ledger: Ledger) -> None:
    other = TicketKey("other", "T-9")
    written = [(KEY, write(ledger, KEY, lives.OPENED)[0]), (other, write(ledger, other, lives.OPENED)[0])]
    written += [(KEY, row) for row in write(ledger, KEY, lives.ASKED, lives.CONTAINED)]
    fed = ledger.feed(0)
    assert [(row.key, row.recorded) for row in fed] == written
    assert [row.sequence for row in fed] == sorted({row.sequence for row in fed})
    assert ledger.feed(fed[0].sequence, limit=2) == fed[1:3]
    assert [row.key for row in ledger.feed(0, tenant="other")] == [other]
    assert ledger.feed(fed[-1].sequence) == []


def schedule(ledger: Ledger, *dues: Due) -> None:
    for due in dues:
        ledger.transact(due.key, lambda transaction, due=due: transaction.schedule(due))  # type: ignore[misc]


def test_due_rows_are_claimed_in_order_and_once(ledger: Ledger) -> None:
    late, later = Due("clock", KEY, LONG_AGO, "a", b"\x00x"), Due("clock", KEY, LONG_AGO + 1, "b")
    schedule(ledger, later, late, Due("clock", KEY, FAR_OFF, "c"), Due("mail", KEY, LONG_AGO, "d"))
    first = ledger.claim_due(["clock"], 1, 60_000)
    assert [(due.uniq, due.payload, due.attempts, due.due_ms) for due in first] == [("a", b"\x00x", 1, LONG_AGO)]
    rest = ledger.claim_due(["clock", "mail"], 10, 60_000)
    assert {due.uniq for due in rest} == {"b", "d"}
    assert ledger.claim_due(["clock", "mail"], 10, 60_000) == []
    assert ledger.claim_due([], 10, 60_000) == []
    assert [ledger.finish_due(due) for due in (*first, *first)] == [True, False]
    assert [due.uniq for due in ledger.list_due(DueState.DONE)] == ["a"]


def test_a_lease_that_ran_out_moves_the_fence(ledger: Ledger) -> None:
    schedule(ledger, Due("clock", KEY, LONG_AGO, "a"))
    [slow] = ledger.claim_due(["clock"], 1, lease_ms=0)
    [quick] = ledger.claim_due(["clock"], 1, lease_ms=60_000)
    assert quick.attempts == 2
    assert not ledger.finish_due(slow)
    assert not ledger.retry_due(slow, FAR_OFF)
    assert not ledger.dead_due(slow, "late")
    assert ledger.finish_due(quick)


def test_rescheduling_while_claimed_keeps_the_new_row(ledger: Ledger) -> None:
    schedule(ledger, Due("clock", KEY, LONG_AGO, "a"))
    [claimed] = ledger.claim_due(["clock"], 1, 60_000)
    schedule(ledger, Due("clock", KEY, LONG_AGO + 5, "a", b"new"))
    assert not ledger.finish_due(claimed)
    [again] = ledger.claim_due(["clock"], 1, 60_000)
    assert (again.due_ms, again.payload, again.attempts) == (LONG_AGO + 5, b"new", 1)


def test_withdrawing_while_claimed_and_owing_again_is_another_row(ledger: Ledger) -> None:
    schedule(ledger, Due("clock", KEY, LONG_AGO, "a"))
    [claimed] = ledger.claim_due(["clock"], 1, 60_000)
    ledger.transact(KEY, lambda transaction: transaction.withdraw("a"))
    assert not ledger.finish_due(claimed)
    schedule(ledger, Due("clock", KEY, LONG_AGO, "a"))
    [again] = ledger.claim_due(["clock"], 1, 60_000)
    assert again.fence != claimed.fence
    assert not ledger.finish_due(claimed)
    assert ledger.finish_due(again)


def test_a_done_row_does_not_stand_in_the_way_of_a_new_one(ledger: Ledger) -> None:
    for _ in range(2):
        schedule(ledger, Due("clock", KEY, LONG_AGO, "a"))
        [claimed] = ledger.claim_due(["clock"], 1, 60_000)
        assert ledger.finish_due(claimed)
    assert len(ledger.list_due(DueState.DONE, key=KEY)) == 2


def test_withdraw_takes_the_ticket_s_own_rows_by_prefix(ledger: Ledger) -> None:
    other = TicketKey("acme", "T-11")
    schedule(ledger, *(Due("clock", KEY, LONG_AGO, uniq) for uniq in ("clock:1", "clock:2", "mail:1", "cl_ck:")))
    schedule(ledger, Due("clock", other, LONG_AGO, "clock:1"))
    ledger.transact(KEY, lambda transaction: transaction.withdraw("clock:"))
    assert {due.uniq for due in ledger.list_due(DueState.WAITING, key=KEY)} == {"mail:1", "cl_ck:"}
    assert [due.uniq for due in ledger.list_due(DueState.WAITING, key=other)] == ["clock:1"]


def test_a_retried_row_waits_and_a_dead_one_is_brought_back(ledger: Ledger) -> None:
    schedule(ledger, Due("mail", KEY, LONG_AGO, "a"))
    [claimed] = ledger.claim_due(["mail"], 1, 60_000)
    assert ledger.retry_due(claimed, FAR_OFF, "no answer\0\ud800")
    assert ledger.claim_due(["mail"], 1, 60_000) == []
    [waiting] = ledger.list_due(DueState.WAITING, kinds=["mail", "clock"])
    assert waiting.note.startswith("no answer")
    assert ledger.retry_due(waiting, LONG_AGO)
    [claimed] = ledger.claim_due(["mail"], 1, 60_000)
    assert ledger.dead_due(claimed, "refused five times")
    assert not ledger.finish_due(claimed)
    assert ledger.claim_due(["mail"], 1, 60_000) == []
    assert ledger.list_due(tenant="other") == []
    [dead] = ledger.list_due(tenant="acme")
    assert (dead.note, dead.attempts) == ("refused five times", 2)
    assert ledger.retry_due(dead, LONG_AGO)
    assert [due.uniq for due in ledger.claim_due(["mail"], 1, 60_000)] == ["a"]


def test_tickets_without_a_timer_are_found(ledger: Ledger) -> None:
    watched, unwatched, done = (TicketKey("acme", name) for name in ("watched", "unwatched", "done"))
    for key in (watched, unwatched, done):
        write(ledger, key, lives.OPENED, lives.ESCALATED)
    schedule(ledger, Due("clock", watched, FAR_OFF, "c"), Due("mail", unwatched, FAR_OFF, "c"))
    schedule(ledger, Due("clock", done, LONG_AGO, "c"))
    [claimed] = ledger.claim_due(["clock"], 1, 60_000)
    ledger.finish_due(claimed)
    assert ledger.without_due("clock", [Lane.ESCALATED, Lane.OWNED]) == [unwatched, done]
    assert ledger.without_due("clock", [Lane.OWNED]) == []


def test_a_due_row_of_another_ticket_is_refused(ledger: Ledger) -> None:
    due = Due("clock", TicketKey("acme", "T-2"), LONG_AGO, "a")
    with pytest.raises(BadInput, match="the lock is on"):
        ledger.transact(KEY, lambda transaction: transaction.schedule(due))


HOSTILE = [
    "NUL \0 in the middle \0",
    "\u202e right to left, \ufeff mark, \u2028 line \x7f\x1b[31m",
    "👩‍👩‍👧‍👦 🏳️‍🌈 ﷽ " + "z̷̧͎" * 50,
    "'; DROP TABLE events; -- %s %(x)s :tenant {filters} \\u0000 \\",
    "x" * 1_000_000 + "😀" * 10,
    "",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_comes_back_as_it_was(ledger: Ledger, text: str) -> None:
    key = TicketKey("acme'; --", "T % \\ 😀")
    life = (lives.OPENED, e.CustomerWrote("m", text), e.Tagged(attributes={text[:100]: text}))
    recorded = write(ledger, key, *life)
    assert [row.event for row in recorded] == list(life)
    assert ledger.history(key) == recorded
    assert [fed.recorded for fed in ledger.feed(0)] == list(recorded)
    assert ledger.summary(key) == summarise(lives.folded(key, recorded))


@pytest.mark.parametrize(
    "event",
    [
        e.CustomerWrote("m", "half an emoji \ud83d"),
        e.TicketOpened(exposure=float("nan")),
        e.TicketOpened(exposure=float("inf")),
        e.AccountLearned(account_id="A\0"),
    ],
)
def test_what_no_store_can_hold_is_bad_input_and_leaves_nothing(ledger: Ledger, event: Event) -> None:
    with pytest.raises(BadInput):
        write(ledger, KEY, lives.OPENED, event)
    assert ledger.history(KEY) == ()


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "x" * 501])
def test_a_bad_key_is_bad_input(ledger: Ledger, name: str) -> None:
    for key in (TicketKey(name, "T"), TicketKey("acme", name)):
        with pytest.raises(BadInput):
            write(ledger, key, lives.OPENED)
        with pytest.raises(BadInput):
            ledger.history(key)


def test_a_transaction_inside_another_is_refused(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="must not open another"):
        ledger.transact(KEY, lambda _: ledger.transact(KEY, lambda transaction: transaction.position))
    write(ledger, KEY, lives.OPENED)  # and the ledger goes on


def test_a_closed_ledger_says_so(ledger: Ledger) -> None:
    ledger.ping()
    ledger.close()
    ledger.close()
    for call in (ledger.ping, lambda: ledger.history(KEY), lambda: write(ledger, KEY, lives.OPENED)):
        with pytest.raises(LedgerUnavailable, match="closed"):
            call()


def test_who_is_elsewhere_is_known_for_a_while(ledger: Ledger) -> None:
    ledger.say_here("one", b"ana\x00", FAR_OFF)
    ledger.say_here("two", b"ben", FAR_OFF)
    ledger.say_here("gone", b"nobody", -LONG_AGO)
    assert ledger.elsewhere("one") == [b"ben"]
    assert ledger.elsewhere("three") == [b"ana\x00", b"ben"]
    ledger.say_here("two", b"lea", FAR_OFF)
    assert ledger.elsewhere("one") == [b"lea"]
    ledger.say_here("two", b"lea", 0)
    assert ledger.elsewhere("one") == []
