"""The database's own guards, and what the hash chain shows when they were taken away."""

import pytest
from tests.ledger import lives, raw
from tests.ledger.lives import KEY, write

from trustladder.core.events import Event
from trustladder.errors import LedgerTampered, LedgerUnreadable
from trustladder.ledger import Ledger, open_ledger, verify, verify_all
from trustladder.ledger.protocol import TicketKey

RELEASE = (
    "INSERT INTO events (tenant, ticket_id, position, at_ms, type, payload, released, digest) "
    "VALUES ('acme', 'T-1', 99, 1, '{}', '{{}}', {}, {}'')"
)


def disarm(url: str) -> list[str]:
    """Return what somebody who owns the database would run first."""
    if url.startswith("sqlite"):
        return ["DROP TRIGGER events_stay_as_written", "DROP TRIGGER events_stay"]
    return ["ALTER TABLE events DISABLE TRIGGER USER"]


@pytest.mark.parametrize("life", [[lives.OPENED, lives.ESCALATED], []])
def test_the_trigger_refuses_speech_by_hand_too(shared_url: str, life: list[Event]) -> None:
    ledger = open_ledger(shared_url)
    if life:
        write(ledger, KEY, *life)
    digest = "" if shared_url.startswith("postgresql") else "x"
    for kind in ("PermitRedeemed", "BotWrote", "DraftJudged"):
        with pytest.raises(raw.REFUSED, match="silence"):
            raw.run(shared_url, RELEASE.format(kind, "true", digest))
    with pytest.raises(raw.REFUSED, match=r"(?i)check"):  # it cannot be hidden from the trigger either
        raw.run(shared_url, RELEASE.format("PermitRedeemed", "false", digest))
    assert len(ledger.history(KEY)) == len(life)
    ledger.close()


@pytest.mark.parametrize("statement", ["UPDATE events SET payload = '{}'", "DELETE FROM events"])
def test_the_log_cannot_be_changed_by_hand(shared_url: str, statement: str) -> None:
    ledger = open_ledger(shared_url)
    write(ledger, KEY, lives.OPENED)
    with pytest.raises(raw.REFUSED, match="append-only"):
        raw.run(shared_url, statement)
    assert verify(ledger, KEY) == 1
    ledger.close()


TAMPERED = [
    "UPDATE events SET payload = replace(payload, 'charged', 'helped')",
    "UPDATE events SET at_ms = at_ms + 1 WHERE position = 2",
    "UPDATE events SET type = 'SystemNoted' WHERE position = 2",
    "UPDATE events SET position = position + 10 WHERE position = 3",
    "DELETE FROM events WHERE position = 1",
    "DELETE FROM events WHERE position = 3",
    "DELETE FROM events",
    "UPDATE events SET ticket_id = 'T-2'",
]


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_was_changed_after_all_breaks_the_chain(shared_url: str, statement: str) -> None:
    ledger = open_ledger(shared_url)
    write(ledger, KEY, lives.OPENED, lives.ASKED, lives.ESCALATED)
    write(ledger, TicketKey("other", "T-1"), lives.OPENED)
    assert verify_all(ledger) == 4
    raw.run(
        shared_url, *disarm(shared_url), f"{statement}{' AND' if 'WHERE' in statement else ' WHERE'} tenant = 'acme'"
    )
    with pytest.raises(LedgerTampered, match="acme/T-1"):
        verify_all(ledger)
    assert verify_all(ledger, "other") == 1
    ledger.close()


def test_an_unknown_ticket_has_nothing_to_verify(ledger: Ledger) -> None:
    assert verify(ledger, KEY) == 0


def test_a_schema_of_a_newer_version_is_refused(shared_url: str) -> None:
    open_ledger(shared_url).close()
    raw.run(shared_url, "UPDATE trustladder_schema SET version = 99")
    with pytest.raises(LedgerUnreadable, match="schema version 99"):
        open_ledger(shared_url)


def test_a_database_that_holds_other_things_is_refused(shared_url: str) -> None:
    raw.run(shared_url, "CREATE TABLE events (what text)")
    with pytest.raises(LedgerUnreadable, match="holds tables"):
        open_ledger(shared_url)


def test_opening_again_keeps_what_is_there(shared_url: str) -> None:
    ledger = open_ledger(shared_url)
    written = write(ledger, KEY, lives.OPENED)
    ledger.close()
    ledger = open_ledger(shared_url)
    assert ledger.history(KEY) == written
    ledger.close()
