"""The handoff packet: what moves with the ticket, so that the customer never has to say it twice.

It is built from the folded ticket alone, without a model: every line is a quote with its turn, or a fact.
"""

import json
from dataclasses import asdict, dataclass

from trustladder.core.containment import Lane
from trustladder.core.decision import Decision
from trustladder.core.plan import PlanStep
from trustladder.core.policy import Policy
from trustladder.core.signals import CATALOGUE, StatedFact
from trustladder.core.ticket import Role, Ticket, Turn

FLAT_BYTES = 4096
"""The most that helpdesks which carry metadata on a handoff accept (Sunshine ``passControl``)."""

QUOTE_CHARACTERS = 280
_GREETING_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the conversation, with the turn they stand in."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for the escalation: a sentence, the rule behind it, and the words it rests on."""

    sentence: str
    rule_id: str
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Handoff:
    """The packet. Deadlines in epoch milliseconds; ``do_not_ask_again`` are facts the customer has given already.

    ``proposal`` is what an earlier owner would do, who may not decide it, ``plan`` what happens next.
    """

    ticket_id: str
    episode: int
    customer_wants: tuple[Quote, ...]
    established: tuple[StatedFact, ...]
    tried: tuple[Quote, ...]
    tools_used: tuple[str, ...]
    promised: tuple[Quote, ...]
    why: tuple[Why, ...]
    risk_percent: int
    signals: tuple[tuple[str, int], ...]
    queue: str
    priority: str
    claim_by_ms: int
    resolve_by_ms: int
    authority_needed: str
    suggested_next_step: str
    do_not_ask_again: tuple[str, ...]
    account: tuple[tuple[str, str], ...] = ()
    previous_owners: tuple[str, ...] = ()
    open_question: str = ""
    proposal: str = ""
    plan: tuple[PlanStep, ...] = ()


def build_handoff(policy: Policy, ticket: Ticket) -> Handoff:
    """Return the packet of an escalated ticket. Raises ValueError for a ticket that was never handed off."""
    state = ticket.handoff
    if state is None:
        raise ValueError(f"ticket {ticket.ticket_id} has not been handed off")
    decision = ticket.decision
    return Handoff(
        ticket_id=ticket.ticket_id,
        episode=ticket.episode,
        customer_wants=_wants(ticket),
        established=ticket.facts,
        tried=tuple(_quote(turn) for turn in _turns(ticket, Role.BOT) if turn.text.strip())[-3:],
        tools_used=tuple(dict.fromkeys(call.name for turn in _turns(ticket, Role.BOT) for call in turn.tool_calls)),
        promised=_promised(ticket),
        why=_why(decision, state.reason),
        risk_percent=round(decision.risk.probability * 100) if decision is not None else 0,
        signals=_strongest(ticket),
        queue=state.queue,
        priority=_priority(decision),
        claim_by_ms=state.claim_by_ms,
        resolve_by_ms=state.resolve_by_ms,
        authority_needed=_authority_needed(policy, ticket),
        suggested_next_step=_next_step(ticket),
        do_not_ask_again=tuple(f"{fact.kind.replace('_', ' ')}: {fact.value}" for fact in ticket.facts),
        account=_account(ticket),
        previous_owners=tuple(name for name in state.owners if name != ticket.owner),
        open_question=_open_question(ticket),
        proposal=state.proposal,
        plan=state.plan,
    )


def _turns(ticket: Ticket, role: Role) -> tuple[Turn, ...]:
    return tuple(turn for turn in ticket.stretch if turn.role is role)


def _quote(turn: Turn) -> Quote:
    line = " ".join(turn.text.split())
    return Quote(turn.index, line if len(line) <= QUOTE_CHARACTERS else line[: QUOTE_CHARACTERS - 1].rstrip() + "…")


def _wants(ticket: Ticket) -> tuple[Quote, ...]:
    """Quote the customer's first statement of the need, and the newest one where it differs."""
    said = [turn for turn in _turns(ticket, Role.CUSTOMER) if turn.text.strip()]
    telling = [turn for turn in said if len(turn.text.strip()) > _GREETING_CHARACTERS] or said
    chosen = sorted({*telling[:1], *_restatements(ticket, telling), *telling[-1:]}, key=lambda turn: turn.index)
    return tuple(_quote(turn) for turn in chosen)


def _restatements(ticket: Ticket, telling: list[Turn]) -> list[Turn]:
    held = ticket.signals.get("repetition")
    turns = {item.turn for item in held.evidence} if held is not None else set()
    return [turn for turn in telling if turn.index in turns]


def _promised(ticket: Ticket) -> tuple[Quote, ...]:
    held = ticket.signals.get("broken_promise")
    return tuple(Quote(item.turn, item.quote) for item in held.evidence if item.quote) if held is not None else ()


def _why(decision: Decision | None, reason: str) -> tuple[Why, ...]:
    if decision is None or not decision.reasons:
        return (Why(reason, ""),)
    given = tuple(
        Why(r.sentence, r.rule_id, tuple(Quote(item.turn, item.quote) for item in r.evidence if item.quote))
        for r in decision.reasons
        if r.lane >= Lane.ESCALATED
    )
    return given or (Why(reason, ""),)


def _strongest(ticket: Ticket) -> tuple[tuple[str, int], ...]:
    held = sorted(ticket.signals.values(), key=lambda signal: (-signal.strength, signal.name))
    return tuple((signal.name, signal.strength) for signal in held if signal.strength)[:8]


_URGENT_PERCENT = 90
_HIGH_PERCENT = 70


def _priority(decision: Decision | None) -> str:
    percent = decision.risk.probability * 100 if decision is not None else 0
    return "urgent" if percent >= _URGENT_PERCENT else "high" if percent >= _HIGH_PERCENT else "normal"


def _authority_needed(policy: Policy, ticket: Ticket) -> str:
    if ticket.handoff is not None and ticket.handoff.needs_amount:
        return f"may decide on {ticket.handoff.needs_amount:g} {policy.currency}".rstrip()
    if ticket.exposure is not None:
        return f"may decide on {ticket.exposure:g} {policy.currency}".rstrip()
    if "payment" in ticket.signals:
        return "may decide on charges and refunds"
    if "policy_ambiguity" in ticket.signals:
        return "may interpret the policy and grant an exception"
    return "may close the ticket"


def _next_step(ticket: Ticket) -> str:
    """Suggest the first move from what was observed; a suggestion, never a decision."""
    board = ticket.signals
    if "legal_or_safety" in board:
        return "Answer nothing on the matter itself before the responsible colleague has read it; tell the customer so."
    if "broken_promise" in board:
        return "Take up what the bot promised, and say that a person has it now."
    if "human_request" in board:
        return "Greet as a person, say what you already know, and go on from there."
    if "repetition" in board or "rejection" in board:
        return "Do not offer again what was tried; say in your own words what the customer needs, then act."
    return "Say what you already know, then settle the open question."


def _account(ticket: Ticket) -> tuple[tuple[str, str], ...]:
    account = ticket.account
    told = (
        ("account", account.id),
        ("tier", account.tier),
        ("value", None if account.value is None else f"{account.value:g}"),
        ("at risk", None if account.at_risk is None else ("yes" if account.at_risk else "no")),
    )
    return tuple((name, value) for name, value in told if value)


def _open_question(ticket: Ticket) -> str:
    asked = [turn for turn in _turns(ticket, Role.CUSTOMER) if "?" in turn.text]
    if not asked:
        return ""
    sentence = asked[-1].text[: asked[-1].text.rindex("?") + 1]
    start = max(sentence.rfind(mark, 0, -1) for mark in ".!?\n")
    return " ".join(sentence[start + 1 :].split())[-QUOTE_CHARACTERS:]


_PARTS = (
    "customer_wants",
    "established",
    "tried",
    "why",
    "signals",
    "queue",
    "priority",
    "authority_needed",
    "suggested_next_step",
    "open_question",
)


def completeness(packet: Handoff) -> int:
    """Return how complete a packet is, in whole hundredths: the share of its ten parts that say something."""
    filled = sum(1 for part in _PARTS if getattr(packet, part))
    return round(100 * filled / len(_PARTS))


def to_json(packet: Handoff) -> str:
    """Return the packet's full form: a JSON object with the names of this module."""
    return json.dumps(asdict(packet), ensure_ascii=False)


def flat(packet: Handoff) -> dict[str, str]:
    """Return the flat form: string values, at most 4 KB as UTF-8 JSON, the most needed first.

    What does not fit is cut from the end, visibly.
    """
    wants = " / ".join(quote.text for quote in packet.customer_wants)
    pairs = {
        "why": "; ".join(why.sentence for why in packet.why),
        "customer_wants": wants,
        "priority": packet.priority,
        "queue": packet.queue,
        "next_step": packet.suggested_next_step,
        "do_not_ask_again": "; ".join(packet.do_not_ask_again),
        "proposal": packet.proposal,
        "open_question": packet.open_question,
        "authority_needed": packet.authority_needed,
        "promised": " / ".join(quote.text for quote in packet.promised),
        "tried": " / ".join(quote.text for quote in packet.tried),
        "signals": ", ".join(f"{name} {strength}" for name, strength in packet.signals),
        "risk_percent": str(packet.risk_percent),
    }
    kept: dict[str, str] = {}
    for name, value in pairs.items():
        if value:
            kept[name] = value
            if not _fit(kept, name):
                break
    return kept


def _fit(kept: dict[str, str], name: str) -> bool:
    """Shorten the newest value until the whole fits; return False when there was no room left for more."""
    if _size(kept) <= FLAT_BYTES:
        return True
    text = kept[name]
    while text and _size(kept) > FLAT_BYTES:
        # A character is at most 6 bytes of JSON, so a sixth of what is over is never too much.
        text = text[: -max(1, (_size(kept) - FLAT_BYTES) // 6)]
        kept[name] = text.rstrip() + "…"
    if not text:
        del kept[name]
    return False


def _size(kept: dict[str, str]) -> int:
    return len(json.dumps(kept, ensure_ascii=False).encode())


def signal_in_words(name: str) -> str:
    """Return what a signal observes, in the catalogue's words, or its name for one from outside."""
    kind = CATALOGUE.get(name)
    return kind.observes if kind is not None else name.replace("_", " ")
