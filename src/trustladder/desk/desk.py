"""The desk: the one door to tickets. It reads outside the lock, decides inside it, and answers after the commit."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from trustladder.core import events as e
from trustladder.core.containment import Lane
from trustladder.core.handoff import Handoff, build_handoff
from trustladder.core.plan import Standing
from trustladder.core.policy import Person, Policy
from trustladder.core.queueing import in_order
from trustladder.core.routing import candidates
from trustladder.core.signals import PERCEPTION, Signal, UnknownSignal
from trustladder.core.summary import TicketSummary, summarise
from trustladder.core.ticket import Ticket, Turn, fold_all
from trustladder.desk import clocks, gate, outbox, people, restating, reviews, turns
from trustladder.desk.answers import GateAnswer, PersonAnswer, RedeemAnswer, TurnAnswer
from trustladder.desk.board import Board
from trustladder.desk.cache import TicketCache
from trustladder.desk.commands import AccountFacts, CustomerAnswer, CustomerTurn, Draft, HumanTurn, Resolution
from trustladder.desk.errand import Act, Again, Done, Errand, Glimpse, fingerprint_of
from trustladder.desk.policies import PolicyBook
from trustladder.desk.rollout import Rollouts
from trustladder.desk.scribe import Scribe
from trustladder.desk.tally import Tally
from trustladder.errors import NotAllowed
from trustladder.ledger.protocol import Ledger, TicketKey, Transaction

if TYPE_CHECKING:
    from trustladder.detect.perceiver import DetectorStatus

Perceive = Callable[[Ticket, Turn, Policy], e.SignalsDetected]
"""Perception: the ticket before the turn, the turn, the policy; what was read from it out."""

LookUnder = Callable[[Ticket, Policy], e.SignalsDetected]
A = TypeVar("A")

PATIENCE = (True, True, True, False)
"""How often perception is repeated outside the lock when the ticket has moved, before it is done inside."""


class Desk:
    """Every turn, draft, permit and act of a person goes through here, one ticket at a time.

    ``new_id`` gives ids that cannot be guessed. ``channels`` says who is told about what, ``asks_for`` reads which
    facts a person asks the customer for. Errors are those of `trustladder.errors`; when the ledger cannot be reached,
    nothing was recorded and nothing may be sent. ``detectors`` tells how perception does, for readiness and metrics.
    ``board`` holds the rows of open tickets in memory, for lists and for how a ticket stands when it is taken.
    """

    def __init__(
        self,
        ledger: Ledger,
        policies: PolicyBook,
        perceive: Perceive,
        read_acts: gate.ReadActs,
        new_id: Callable[[], str],
        channels: outbox.Channels = outbox.NOBODY,
        asks_for: restating.AsksFor = restating.asks_for_nothing,
    ) -> None:
        self.ledger = ledger
        self.policies = policies
        self.rollouts = Rollouts(ledger, policies)
        self._perceive = perceive
        self._read_acts = read_acts
        self._new_id = new_id
        self._channels = channels
        self._asks_for = asks_for
        self._cache = TicketCache()
        self.detectors: Callable[[], Sequence[DetectorStatus]] = tuple
        self.tally = Tally()
        self.board = Board(ledger)

    # -- turns ---------------------------------------------------------------------------------------------

    def customer_wrote(self, key: TicketKey, turn: CustomerTurn, idempotency_key: str = "") -> TurnAnswer:
        """Record a customer's turn and return the decision on it. The message id makes a repeat harmless."""

        def look(ticket: Ticket, policy: Policy) -> e.SignalsDetected:
            rehearsal = Scribe(ticket, ticket.updated_at_ms or self.ledger.now_ms())
            coming = turns.arrive(rehearsal, turn)
            return _with_reported(self._see(rehearsal.ticket, coming, policy), turn.reported)

        def act(scribe: Scribe, policy: Policy, seen: e.SignalsDetected) -> TurnAnswer:
            turns.arrive(scribe, turn)
            return turns.customer_wrote(scribe, policy, turn, seen)

        once = idempotency_key or f"message:{turn.message_id}"
        answer = self._perform(key, turn, TurnAnswer, act, look, once)
        self.tally.decided(answer.lane)
        return answer

    def bot_wrote(self, key: TicketKey, draft: Draft, idempotency_key: str = "") -> TurnAnswer:
        """Record a bot message that went out without the gate, and return the decision on it."""

        def act(scribe: Scribe, policy: Policy, seen: e.SignalsDetected) -> TurnAnswer:
            turns.must_exist(scribe.ticket)
            return turns.bot_wrote(scribe, policy, draft, seen)

        once = idempotency_key or f"message:{draft.draft_id}"
        return self._perform(key, draft, TurnAnswer, act, self._look_at(draft), once)

    def human_wrote(self, key: TicketKey, turn: HumanTurn, idempotency_key: str = "") -> PersonAnswer:
        """Record a person's message; one that the customer sees takes ownership at once."""
        standing = None if turn.internal else self._standing(key, turn.person_id)

        def act(scribe: Scribe, policy: Policy, _: e.SignalsDetected) -> PersonAnswer:
            return turns.human_wrote(scribe, policy, turn, standing, self._asks_for)

        once = idempotency_key or f"message:{turn.message_id}"
        return self._perform(key, turn, PersonAnswer, act, None, once)

    def tool_returned(
        self, key: TicketKey, name: str, text: str, failed: bool, idempotency_key: str = ""
    ) -> TurnAnswer:
        """Record what a tool of the bot returned, and return the decision on it."""

        def look(ticket: Ticket, policy: Policy) -> e.SignalsDetected:
            return self._see(ticket, turns.tool_turn(ticket, name, text, failed), policy)

        def act(scribe: Scribe, policy: Policy, seen: e.SignalsDetected) -> TurnAnswer:
            turns.must_exist(scribe.ticket)
            return turns.tool_returned(scribe, policy, e.ToolReturned(name, text, failed), seen)

        return self._perform(key, (name, text, failed), TurnAnswer, act, look, idempotency_key)

    def learn(self, key: TicketKey, facts: AccountFacts, idempotency_key: str = "") -> PersonAnswer:
        """Record what a trusted system told about the account or the ticket's type."""
        return self._perform(
            key, facts, PersonAnswer, lambda scribe, *_: turns.told(scribe, facts), None, idempotency_key
        )

    # -- the gate ------------------------------------------------------------------------------------------

    def bot_drafted(self, key: TicketKey, draft: Draft, idempotency_key: str = "") -> GateAnswer:
        """Judge what the bot wants to say or do: release or replace with a permit, or withhold."""
        permit_id = self._new_id()
        reading = self._read_draft(draft, self._newest(key).language)

        def act(scribe: Scribe, policy: Policy, seen: e.SignalsDetected) -> GateAnswer:
            return gate.judge_draft(scribe, policy, draft, seen, reading, permit_id)

        once = idempotency_key or f"draft:{draft.draft_id}"
        answer = self._perform(key, draft, GateAnswer, act, self._look_at(draft), once)
        self.tally.judged(answer.answer.value)
        return answer

    def redeem(self, key: TicketKey, permit_id: str, idempotency_key: str = "") -> RedeemAnswer:
        """Redeem a permit at send time, or raise PermitRefused; so does a repeat once the permit would have lapsed."""

        def act(scribe: Scribe, *_: object) -> RedeemAnswer:
            return gate.redeem(scribe, permit_id)

        with self.tally.redeeming():
            return self._perform(key, permit_id, RedeemAnswer, act, None, idempotency_key, gate.redeemed_again)

    # -- people --------------------------------------------------------------------------------------------

    def claim(self, key: TicketKey, person_id: str) -> PersonAnswer:
        """Make a person the owner of an escalated ticket; the loser of a race gets NotAllowed with the winner."""
        taker = turns.Taker(person_id, "claim", self._standing(key, person_id))
        return self._by_person(key, lambda s, p, _: people.claim(s, p, taker))

    def take_over(self, key: TicketKey, person_id: str) -> PersonAnswer:
        """Make a person the owner of any open ticket."""
        taker = turns.Taker(person_id, "takeover", self._standing(key, person_id))
        return self._by_person(key, lambda s, p, _: people.take_over(s, p, taker))

    def assign(self, key: TicketKey, person_id: str) -> PersonAnswer:
        """Make a person the owner of an escalated ticket for them: see `candidates` for who could."""
        taker = turns.Taker(person_id, "assignment", self._standing(key, person_id))
        return self._by_person(key, lambda s, p, _: people.claim(s, p, taker))

    def reopen(self, key: TicketKey, person_id: str) -> PersonAnswer:
        """Open a resolved ticket again, with a person as its owner."""
        return self._by_person(key, lambda s, p, _: people.reopen(s, p, person_id))

    def return_to_queue(self, key: TicketKey, person_id: str, reason: str, queue: str = "") -> PersonAnswer:
        """Give a ticket back to its queue, or to another."""
        return self._by_person(key, lambda s, p, _: people.return_to_queue(s, p, person_id, reason, queue))

    def send_up(self, key: TicketKey, person_id: str, amount: float, proposal: str = "") -> PersonAnswer:
        """Send a case that needs more authority up the escalation chain, whole."""
        return self._by_person(key, lambda s, p, _: people.send_up(s, p, person_id, amount, proposal))

    def hand_back(self, key: TicketKey, person_id: str, contained: bool = False, note: str = "") -> PersonAnswer:
        """Hand a ticket back to automation."""
        return self._by_person(key, lambda s, p, _: people.hand_back(s, p, person_id, contained, note))

    def resolve(self, key: TicketKey, resolution: Resolution) -> PersonAnswer:
        """Close a ticket; an amount above the person's limit sends it up the chain instead."""
        standing = self._standing(key, resolution.by)
        return self._by_person(key, lambda s, p, _: people.resolve(s, p, resolution, standing))

    def answer_question(self, key: TicketKey, answer: CustomerAnswer) -> PersonAnswer:
        """Record what the customer answered to the question asked when the ticket was resolved."""
        return self._by_person(key, lambda s, p, _: people.answer_question(s, p, answer))

    def escalate(self, key: TicketKey, reason: str, asked_by: str) -> PersonAnswer:
        """Escalate because a bot, a person or another system says so."""
        return self._by_person(key, lambda s, p, _: people.escalate_explicitly(s, p, reason, asked_by))

    def give_satisfaction(
        self, key: TicketKey, score: int | None, complaint: bool = False, text: str = ""
    ) -> PersonAnswer:
        """Record the customer's satisfaction, 0 to 100, or a complaint."""
        return self._by_person(key, lambda s, *_: people.give_satisfaction(s, score, complaint, text))

    def note_restatement(self, key: TicketKey, person_id: str) -> PersonAnswer:
        """Record that the customer had to restate the problem after the handoff."""
        return self._by_person(key, lambda s, *_: people.note_restatement(s, person_id))

    def review(self, key: TicketKey, reviewed: e.CaseReviewed) -> PersonAnswer:
        """Record a person's verdict on an episode of a ticket."""
        return self._by_person(key, lambda s, *_: reviews.review(s, reviewed))

    def clock_fired(self, key: TicketKey) -> bool:
        """Look at a ticket whose timer is due; True when something followed, and the timer was set anew with it."""
        return self._perform(key, "clock", bool, lambda s, p, _: clocks.clock_fired(s, p))

    def restore_clock(self, key: TicketKey, seen_at: int) -> bool:
        """Set the timer of an escalated ticket again that has none; False when it moved since position ``seen_at``."""
        return self._perform(key, "restore", bool, lambda s, *_: clocks.restore(s, seen_at))

    # -- reading -------------------------------------------------------------------------------------------

    def policy(self, tenant: str) -> Policy:
        """Return the policy that is in force for a tenant."""
        return self.rollouts.in_force(tenant)

    def ticket(self, key: TicketKey) -> Ticket:
        """Return a ticket as the ledger has it now. Raises NoSuchTicket."""
        ticket = self._newest(key)
        turns.must_exist(ticket)
        return ticket

    def handoff(self, key: TicketKey) -> Handoff:
        """Return the handoff packet of an escalated ticket. Raises NotAllowed before the handoff."""
        ticket = self.ticket(key)
        if ticket.handoff is None:
            raise NotAllowed(f"ticket {key.ticket_id} is {ticket.lane.word}: there is no handoff yet")
        return build_handoff(self.policy(key.tenant), ticket)

    def queue(self, tenant: str, queue: str = "", limit: int = 10_000) -> list[TicketSummary]:
        """Return the escalated tickets that wait for a person, in the order in which people should take them.

        Where more than ``limit`` wait, the newest are looked at.
        """
        page = self.ledger.summaries(tenant, lanes=(Lane.ESCALATED,), queue=queue, limit=limit)
        return in_order(self.policy(tenant), page.rows, self.ledger.now_ms())

    def candidates(self, key: TicketKey) -> tuple[Person, ...]:
        """Return who could own an escalated ticket now, the best first: skill, authority, load, hours and language."""
        owned = self.ledger.summaries(key.tenant, lanes=(Lane.OWNED,), limit=10_000).rows
        load = Counter(row.owner for row in owned)
        return candidates(self.policy(key.tenant), self.ticket(key), self.ledger.now_ms(), load)

    def _standing(self, key: TicketKey, person_id: str) -> Standing | None:
        """Return how a ticket that waits stands among the others, for the record of who takes it; else None."""
        ticket = self._newest(key)
        if ticket.lane is not Lane.ESCALATED or ticket.owner is not None:
            return None
        return self.board.standing(self.policy(key.tenant), summarise(ticket), person_id, self.ledger.now_ms())

    # -- how a command is carried out ----------------------------------------------------------------------

    def _by_person(self, key: TicketKey, act: Act[PersonAnswer]) -> PersonAnswer:
        return self._perform(key, "", PersonAnswer, act)

    def _look_at(self, draft: Draft) -> LookUnder:
        def look(ticket: Ticket, policy: Policy) -> e.SignalsDetected:
            coming = gate.draft_turn(ticket, draft, ticket.updated_at_ms)
            return _with_reported(self._see(ticket, coming, policy), draft.reported)

        return look

    def _read_draft(self, draft: Draft, language: str) -> gate.Reading:
        """Read what a draft does; what cannot be read counts as the most authoritative (law 4)."""
        try:
            return self._read_acts(draft.text, draft.declared, draft.tool_calls, language)
        except Exception:
            return gate.UNREAD

    def _see(self, ticket: Ticket, turn: Turn, policy: Policy) -> e.SignalsDetected:
        """Perceive; when perception fails as a whole, everything is unknown, and law 4 takes over."""
        try:
            with self.tally.perceiving():
                return self._perceive(ticket, turn, policy)
        except Exception as error:
            return e.SignalsDetected(unknown=(UnknownSignal(PERCEPTION, f"{type(error).__name__}: {error}"),))

    def _newest(self, key: TicketKey) -> Ticket:
        held = self._cache.get(key)
        ticket = fold_all(held, self.ledger.history(key, held.position))
        if ticket.position:
            self._cache.put(key, ticket)
        return ticket

    def _perform(
        self,
        key: TicketKey,
        command: object,
        answer_type: type[A],
        act: Act[A],
        look: LookUnder | None = None,
        idempotency_key: str = "",
        again: Again[A] | None = None,
    ) -> A:
        """Carry out one command; look again outside the lock while others write to the ticket, a few times."""
        ticket = self._newest(key) if look is not None else self._cache.get(key)
        account_id = command.facts.account_id if isinstance(command, CustomerTurn) else None
        choice = self.rollouts.choose(key.tenant, ticket, account_id or "")
        see = None if look is None else (lambda ticket: look(ticket, choice.policy))
        errand = Errand(
            policy=choice.policy,
            act=act,
            answer_type=answer_type,
            fingerprint=fingerprint_of(command),
            idempotency_key=idempotency_key,
            look=see,
            shadow=choice.shadow,
            again=again,
            channels=self._channels,
        )
        for patient in PATIENCE:
            glimpse = errand.glimpse(ticket)
            done = self.ledger.transact(key, partial(self._carry_out, errand, glimpse, patient))
            if done is not None:
                break
            ticket = self._newest(key)
        assert done is not None  # noqa: S101 - an impatient errand always comes to an end
        if done.ticket is not None and done.ticket.position:
            self._cache.put(key, done.ticket)
        return done.answer

    def _carry_out(
        self, errand: Errand[A], glimpse: Glimpse, patient: bool, transaction: Transaction
    ) -> Done[A] | None:
        return errand.carry_out(transaction, self._read(transaction), glimpse, patient=patient)

    def _read(self, transaction: Transaction) -> Ticket:
        held = self._cache.get(transaction.key)
        return fold_all(held, transaction.history(held.position))


def _with_reported(seen: e.SignalsDetected, reported: tuple[Signal, ...]) -> e.SignalsDetected:
    """Add what outside systems reported. It stands beside our own reading: the stronger counts, none is lowered."""
    if not reported:
        return seen
    strongest = {signal.name: signal for signal in seen.signals}
    for signal in reported:
        held = strongest.get(signal.name)
        if held is None or signal.strength > held.strength:
            strongest[signal.name] = signal
    return replace(seen, signals=tuple(strongest.values()))
