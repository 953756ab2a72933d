"""The learned score as a signal: turn by turn it is what the whole stretch gives, also after a refused turn."""

from dataclasses import replace

from tests.detect.conversation import POLICY, event_of, folded, opened, turn_of

from trustladder.core import events as e
from trustladder.core.ticket import Ticket
from trustladder.detect.outcome import load_outcome_model
from trustladder.detect.outcome.detector import OutcomeRisk
from trustladder.detect.scene import Scene

SAID = (
    ("customer", "I want to change my address and also add two lamps, if they are cheapest."),
    ("bot", "Unfortunately I cannot change a parcel that has left. Would you like to cancel it?"),
    ("customer", "But I don't have the number. Is there any way?"),
)


def strength(reader: OutcomeRisk, ticket: Ticket, role: str, text: str) -> int:
    (signal,) = reader.read(Scene(ticket, turn_of(ticket, role, text), POLICY))
    return signal.strength


def test_turn_by_turn_is_the_score_of_the_whole() -> None:
    reader, ticket = OutcomeRisk(load_outcome_model()), opened()
    for role, text in SAID:
        turn = turn_of(ticket, role, text)
        (signal,) = reader.read(Scene(ticket, turn, POLICY))
        ticket = folded(ticket, event_of(turn))
        whole = load_outcome_model().score(ticket.turns).strength
        assert signal.strength == max(0, 2 * (whole - 50))
        for evidence in signal.evidence:
            assert evidence.field or evidence.quote
            assert evidence.turn < len(ticket.turns)


def test_a_turn_that_never_reached_the_ledger_leaves_no_trace() -> None:
    reader, ticket = OutcomeRisk(load_outcome_model()), opened()
    strength(reader, ticket, "customer", "cannot refund wrong manager exception cheapest also if")
    fresh = strength(OutcomeRisk(load_outcome_model()), ticket, *SAID[0])
    assert strength(reader, ticket, *SAID[0]) == fresh


def test_two_tickets_do_not_mix_and_the_type_of_the_ticket_shifts_the_base_rate() -> None:
    reader, ticket = OutcomeRisk(load_outcome_model()), opened()
    other = replace(ticket, ticket_id="T-2")
    first = strength(reader, ticket, *SAID[0])
    assert strength(reader, other, *SAID[0]) == first
    typed = folded(ticket, e.TypeDeclared("airline"))
    shift = load_outcome_model().text.domains["airline"]
    assert (strength(OutcomeRisk(load_outcome_model()), typed, *SAID[0]) - first) * shift >= 0
