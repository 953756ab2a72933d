"""From an event to a receiver: owed in the same transaction, tried again, dead in the end, brought back, told once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from tests.connect.notify.receivers import Inbox, mail_receiver, web_receiver
from tests.connect.notify.workers import SECRET, start
from tests.desk.office import Clock, office_desk
from tests.desk.plain import TENANT, key, wrote

from trustladder.connect.notify.channels import Notifying, notifying
from trustladder.desk import Desk
from trustladder.desk.outbox import (
    WAITS_SECONDS,
    DeliveryFailed,
    Notification,
    Occasion,
    Send,
    bring_back,
    dead_letters,
    deliver_due,
)
from trustladder.desk.rounds import run_due_clocks
from trustladder.errors import BadInput, NotAllowed
from trustladder.ledger import Ledger, open_ledger
from trustladder.ledger.protocol import DueState
from trustladder.settings import Settings

EVERY = dict.fromkeys(Occasion, ("webhook",))
NOTE = Notification(
    "msg_1", Occasion.ESCALATED, TENANT, "T/1\n<x>", 3, 0, "billing", "Escalated: <!channel> & more", 60_000
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'l.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = open_ledger(url, clock)
    yield opened
    opened.close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with web_receiver() as receiver:
        yield receiver


def set_up(**settings: str) -> Notifying:
    return notifying(Settings(trusted_hosts="127.0.0.1", public_url="https://desk.example/", **settings))  # type: ignore[arg-type]


def by_webhook(inbox: Inbox) -> Notifying:
    return set_up(webhook_url=inbox.url, webhook_secret=SECRET)


def failing(why: str = "down", **more: bool) -> Send:
    def send(note: Notification) -> None:
        del note
        raise DeliveryFailed(why, **more)

    return send


def escalate(ledger: Ledger) -> Desk:
    desk = office_desk(ledger, EVERY)
    assert wrote(desk, "T-1", "human_request=90") == "escalated"
    return desk


def test_an_escalation_reaches_a_webhook_signed_and_once(ledger: Ledger, inbox: Inbox) -> None:
    escalate(ledger)
    senders = by_webhook(inbox).senders
    assert deliver_due(ledger, senders) == 1
    assert deliver_due(ledger, senders) == 0
    [(headers, body)] = inbox.got
    event = Webhook(SECRET).verify(body, headers)
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "trustladder.ticket.escalated", "T-1")
    assert event["id"] == headers["webhook-id"]
    assert event["data"]["queue"] == "support"
    assert event["data"]["url"] == "https://desk.example/tickets/T-1"
    assert headers["content-type"] == "application/cloudevents+json"


def test_every_occasion_is_told(ledger: Ledger, clock: Clock, inbox: Inbox) -> None:
    desk = office_desk(ledger, EVERY)
    wrote(desk, "T-1", "vulnerability=80")  # watch
    wrote(desk, "T-1", "human_request=90", 2)  # escalated
    clock.pass_minutes(16)
    run_due_clocks(desk)  # breached: nobody claimed
    desk.claim(key("T-1"), "lea")
    clock.pass_minutes(21)
    run_due_clocks(desk)  # breached: taken back
    desk.restore_clock(key("T-1"), desk.ticket(key("T-1")).position)  # alarm
    while deliver_due(ledger, by_webhook(inbox).senders):
        pass
    told = [json.loads(body)["data"]["occasion"] for _, body in inbox.got]
    assert sorted(told) == ["alarm", "breached", "breached", "escalated", "watch"]
    assert len({headers["webhook-id"] for headers, _ in inbox.got}) == 5


def test_a_refused_command_owes_nothing(ledger: Ledger) -> None:
    desk = escalate(ledger)
    before = ledger.list_due(DueState.WAITING, tenant=TENANT)
    with pytest.raises(NotAllowed):
        desk.return_to_queue(key("T-1"), "ana", "not mine")
    assert ledger.list_due(DueState.WAITING, tenant=TENANT) == before


def test_it_is_tried_again_with_longer_waits_then_dead_then_brought_back(
    ledger: Ledger, clock: Clock, inbox: Inbox
) -> None:
    escalate(ledger)
    senders = {"webhook": failing()}
    for seconds in WAITS_SECONDS:
        assert deliver_due(ledger, senders, lambda: 0.0) == 1
        assert dead_letters(ledger, TENANT) == ()
        clock.pass_minutes((seconds - 1) / 60)
        assert deliver_due(ledger, senders, lambda: 0.0) == 0, "not before its time"
        clock.pass_minutes(1 / 60)
    assert deliver_due(ledger, senders) == 1
    [letter] = dead_letters(ledger, TENANT)
    assert (letter.channel, letter.attempts, letter.why) == ("webhook", len(WAITS_SECONDS) + 1, "down")
    assert dead_letters(ledger, "another tenant") == ()
    bring_back(ledger, key("T-1"), letter.name)
    assert deliver_due(ledger, by_webhook(inbox).senders) == 1
    assert [headers["webhook-id"] for headers, _ in inbox.got] == [letter.notification.id]
    assert dead_letters(ledger, TENANT) == ()
    with pytest.raises(NotAllowed, match="no dead letter"):
        bring_back(ledger, key("T-1"), letter.name)


def test_what_cannot_succeed_is_dead_at_once_and_holds_up_no_other_channel(ledger: Ledger, inbox: Inbox) -> None:
    desk = office_desk(ledger, dict.fromkeys(Occasion, ("slack", "webhook")))
    wrote(desk, "T-1", "human_request=90")
    deliver_due(ledger, {"slack": failing("gone", for_good=True), **by_webhook(inbox).senders})
    assert [letter.channel for letter in dead_letters(ledger)] == ["slack"]
    assert len(inbox.got) == 1


def test_a_receiver_that_fails_and_recovers_is_told_with_the_same_id(
    ledger: Ledger, clock: Clock, inbox: Inbox
) -> None:
    escalate(ledger)
    inbox.answers = [500, 429, 200]
    for _ in range(3):
        deliver_due(ledger, by_webhook(inbox).senders)
        clock.pass_minutes(5)
    assert len(inbox.got) == 3
    assert len({headers["webhook-id"] for headers, _ in inbox.got}) == 1


def test_a_worker_killed_while_it_delivers_is_followed_by_another_and_the_id_stays(
    tmp_path: Path, inbox: Inbox
) -> None:
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    ledger = open_ledger(url)
    escalate(ledger)
    inbox.answers = [200]
    with start("deliver-and-hang", url, inbox.url) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "sent"
        worker.kill()
    assert len(inbox.got) == 1
    with start("deliver", url, inbox.url) as other:
        assert other.wait(30) == 0
    ids = [headers["webhook-id"] for headers, _ in inbox.got]
    assert (len(ids), len(set(ids))) == (2, 1), "told again, under the same id: the receiver drops it"
    assert ledger.list_due(DueState.WAITING, kinds=["notify:webhook"]) == []
    ledger.close()


def test_mail_arrives_once_with_headers_that_hold_one_line_each() -> None:
    with mail_receiver() as (box, url):
        send = set_up(smtp=url, mail_from="desk@example.org", mail_to="lead@example.org, ana@example.org").senders[
            "email"
        ]
        send(NOTE)
        [mail] = box.mail
        assert mail["Subject"] == "Ticket T/1 <x> waits for a person (billing)"
        assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<msg_1@trustladder>", "auto-generated")
        assert mail["To"] == "lead@example.org, ana@example.org"
        assert "Next deadline: 1970-01-01 00:01 UTC." in str(mail.get_payload())
        assert "https://desk.example/tickets/T%2F1%0A%3Cx%3E" in str(mail.get_payload())


@pytest.mark.parametrize(("answer", "for_good"), [("451 later", False), ("554 never", True)])
def test_a_mail_server_that_refuses(answer: str, for_good: bool) -> None:
    with mail_receiver() as (box, url):
        box.answers = [answer]
        send = set_up(smtp=url, mail_from="d@example.org", mail_to="a@example.org").senders["email"]
        with pytest.raises(DeliveryFailed, match=answer[:3]) as failed:
            send(NOTE)
        assert failed.value.for_good is for_good


def test_one_refused_address_of_two_is_for_a_person_to_read() -> None:
    with mail_receiver() as (box, url):
        box.refuse = {"gone@example.org"}
        send = set_up(smtp=url, mail_from="d@example.org", mail_to="gone@example.org a@example.org").senders["email"]
        with pytest.raises(DeliveryFailed, match=r"refused: gone@example\.org") as failed:
            send(NOTE)
        assert failed.value.for_good
        assert len(box.mail) == 1


def test_no_mail_server_there_is_tried_again_and_a_password_is_not_sent_in_the_clear() -> None:
    send = set_up(smtp="smtp://127.0.0.1:9", mail_from="d@example.org", mail_to="a@example.org").senders["email"]
    with pytest.raises(DeliveryFailed, match="could not be reached") as failed:
        send(NOTE)
    assert not failed.value.for_good
    with mail_receiver() as (box, url):
        secret = url.replace("smtp://", "smtp://user:secret@")
        send = set_up(smtp=secret, mail_from="d@example.org", mail_to="a@example.org").senders["email"]
        with pytest.raises(DeliveryFailed, match="no encryption"):
            send(NOTE)
        assert box.mail == []


def test_slack_shows_text_as_text(inbox: Inbox) -> None:
    set_up(slack_webhook=inbox.url).senders["slack"](NOTE)
    [(_, body)] = inbox.got
    text = json.loads(body)["text"]
    assert "&lt;!channel&gt; &amp; more" in text
    assert "<https://desk.example/tickets/T%2F1%0A%3Cx%3E|Open the ticket>" in text
    assert text.count("<") == 1


def test_what_goes_where_is_one_setting() -> None:
    both = {"slack_webhook": "https://hooks.example/x", "webhook_url": "https://a.example", "webhook_secret": SECRET}
    chosen = set_up(notify="escalated=slack, watch=", **both).channels
    assert chosen[Occasion.ESCALATED] == ("slack",)
    assert chosen[Occasion.WATCH] == ()
    assert chosen[Occasion.ALARM] == ("slack", "webhook")
    assert set_up().channels == {}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"notify": "sometimes=slack"}, "'sometimes' is nothing to be told about"),
        ({"notify": "alarm=pigeon"}, "'pigeon' is no channel"),
        ({"notify": "alarm=slack"}, "alarm goes to slack, which is not set up"),
        ({"webhook_url": "https://a.example", "webhook_secret": ""}, "secret cannot be used"),
        ({"webhook_url": "https://a.example", "webhook_secret": "whsec_é"}, "secret cannot be used"),
        ({"smtp": "http://mail", "mail_from": "a@b", "mail_to": "c@d"}, "no usable address"),
        ({"smtp": "smtp://mail"}, "a sender and somebody to send to"),
    ],
)
def test_settings_that_cannot_be_used_say_so_at_the_start(settings: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        set_up(**settings)


def test_secrets_are_not_printed() -> None:
    settings = Settings(smtp="smtp://u:hidden@h", slack_webhook="https://hidden", webhook_secret="hidden")
    assert "hidden" not in repr(settings)
