"""The handoff packet: what moves with the ticket, so that the customer never has to say it twice.

It is built from the folded ticket alone, without a model: every line is a quote with its turn, or a fact.
"""

import json
from dataclasses import asdict, dataclass, replace

from trustladder.core.containment import Lane, ToolCall
from trustladder.core.decision import Decision, Reason, ReasonKind
from trustladder.core.plan import PlanStep
from trustladder.core.policy import Policy
from trustladder.core.signals import CATALOGUE, StatedFact
from trustladder.core.summary import one_line
from trustladder.core.ticket import Role, Ticket, Turn

FLAT_BYTES = 4096
"""The most that helpdesks which carry metadata on a handoff accept (Sunshine ``passControl``)."""

QUOTE_CHARACTERS = 280
NEED_CHARACTERS = 480
"""How much of one turn of the customer is quoted: what they want is cut last."""

MOST_NEEDS = 6
_GREETING_CHARACTERS = 24
_FILLER_CHARACTERS = 80
_MOST_DONE = 6
_ARGUMENT_CHARACTERS = 60


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

    ``done`` are the bot's tool calls, newest last, with what they were called for. ``covered`` is how much of what the
    customer said stands in the packet, in hundredths: of their distinct telling words, numbers and names. ``proposal``
    is what an earlier owner would do, who may not decide it, ``plan`` what happens
    next.
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
    done: tuple[str, ...] = ()
    covered: int = 100


def build_handoff(policy: Policy, ticket: Ticket) -> Handoff:
    """Return the packet of an escalated ticket. Raises ValueError for a ticket that was never handed off."""
    state = ticket.handoff
    if state is None:
        raise ValueError(f"ticket {ticket.ticket_id} has not been handed off")
    decision = ticket.decision
    packet = Handoff(
        ticket_id=ticket.ticket_id,
        episode=ticket.episode,
        customer_wants=_wants(ticket),
        established=ticket.facts,
        tried=_tried(ticket),
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
        do_not_ask_again=_given(ticket),
        account=_account(ticket),
        previous_owners=tuple(name for name in state.owners if name != ticket.owner),
        open_question=_open_question(ticket),
        proposal=state.proposal,
        plan=state.plan,
        done=_done(ticket),
    )
    return replace(packet, covered=_covered(ticket, packet))


def _turns(ticket: Ticket, role: Role) -> tuple[Turn, ...]:
    return tuple(turn for turn in ticket.stretch if turn.role is role)


def _quote(turn: Turn, most: int = QUOTE_CHARACTERS) -> Quote:
    return Quote(turn.index, one_line(turn.text, most))


def _wants(ticket: Ticket) -> tuple[Quote, ...]:
    """Quote the need: first as they stated it, last as it stands, and between them what told most that was new."""
    said = [turn for turn in _turns(ticket, Role.CUSTOMER) if turn.text.strip()]
    telling = [turn for turn in said if len(turn.text.strip()) > _GREETING_CHARACTERS] or said
    chosen = [*telling[:1], *telling[1:][-1:]]
    left = telling[1:-1]
    while left and len(chosen) < MOST_NEEDS:
        known = frozenset[str]().union(*(_words(turn.text) for turn in chosen))
        best = max(left, key=lambda turn: len(_words(turn.text) - known))
        if not _words(best.text) - known:
            break
        chosen.append(best)
        left.remove(best)
    return tuple(_quote(turn, NEED_CHARACTERS) for turn in sorted(chosen, key=lambda turn: turn.index))


def _words(text: str) -> frozenset[str]:
    """Return the telling words of a text: those of four letters and more, and whatever holds a digit."""
    found = ("".join(filter(str.isalnum, word)).casefold() for word in text.split())
    return frozenset(word for word in found if len(word) >= 4 or any(map(str.isdigit, word)))


def _tried(ticket: Ticket) -> tuple[Quote, ...]:
    """Quote the bot's newest answers: what it said before the customer had spoken, or only to fill time, is none."""
    first = next((turn.index for turn in _turns(ticket, Role.CUSTOMER)), 0)
    said = [turn for turn in _turns(ticket, Role.BOT) if turn.text.strip() and turn.index > first]
    answers = [turn for turn in said if len(turn.text.strip()) > _FILLER_CHARACTERS] or said
    return tuple(_quote(turn) for turn in answers[-3:])


def _done(ticket: Ticket) -> tuple[str, ...]:
    """Return what the bot's newest tool calls were and what for, each once."""
    calls = [call for turn in _turns(ticket, Role.BOT) for call in turn.tool_calls]
    told = (f"{call.name} {_arguments(call)}".strip() for call in calls)
    return tuple(dict.fromkeys(told))[-_MOST_DONE:]


def _arguments(call: ToolCall) -> str:
    plain = [(name, value) for name, value in call.arguments.items() if isinstance(value, str | int | float)]
    return ", ".join(f"{name} {str(value)[:_ARGUMENT_CHARACTERS]}" for name, value in plain)


def _given(ticket: Ticket) -> tuple[str, ...]:
    """Return the facts that the customer has given, each once, in the customer's spelling."""
    told = (f"{fact.kind.replace('_', ' ')}: {fact.value.rstrip('.,;:!?')}" for fact in ticket.facts)
    return tuple(dict.fromkeys(told))


def _covered(ticket: Ticket, packet: Handoff) -> int:
    """Return how much of the customer's telling words stands in the packet, in hundredths; 100 where they said none."""
    said = frozenset[str]().union(*(_words(turn.text) for turn in _turns(ticket, Role.CUSTOMER)))
    quotes = (*packet.customer_wants, *packet.tried)
    moved = _words(" ".join((*(quote.text for quote in quotes), *packet.do_not_ask_again, *packet.done)))
    return round(100 * len(said & moved) / len(said)) if said else 100


def _promised(ticket: Ticket) -> tuple[Quote, ...]:
    held = ticket.signals.get("broken_promise")
    return tuple(Quote(item.turn, item.quote) for item in held.evidence if item.quote) if held is not None else ()


def _why(decision: Decision | None, reason: str) -> tuple[Why, ...]:
    if decision is None or not decision.reasons:
        return (Why(reason, ""),)
    given = tuple(
        Why(_told(r, decision), r.rule_id, tuple(Quote(item.turn, item.quote) for item in r.evidence if item.quote))
        for r in decision.reasons
        if r.lane >= Lane.ESCALATED
    )
    return given or (Why(reason, ""),)


def _told(reason: Reason, decision: Decision) -> str:
    """Return a reason in a sentence; a risk says what it comes from, for a number moves nobody."""
    if reason.kind is not ReasonKind.RISK:
        return reason.sentence
    parts = [part for part in decision.risk.contributions if part.name in CATALOGUE and part.points_hundredths > 0]
    drove = [signal_in_words(part.name) for part in parts[:3]]
    return reason.sentence + (f": {'; '.join(drove)}" if drove else "")


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
    """Return the last question of the customer's newest turn: earlier ones were answered, or asked again in it."""
    asked = [turn for turn in _turns(ticket, Role.CUSTOMER)[-1:] if "?" in turn.text]
    if not asked:
        return ""
    sentence = asked[-1].text[: asked[-1].text.rindex("?") + 1]
    start = max(sentence.rfind(mark, 0, -1) for mark in ".!?\n")
    return " ".join(sentence[start + 1 :].split())[-QUOTE_CHARACTERS:]


_ESSENTIAL = ("customer_wants", "why", "queue", "suggested_next_step")


def completeness(packet: Handoff) -> int:
    """Return how complete a packet is, in whole hundredths.

    It is the share of the customer's telling words that move with it (``covered``), times the share of its four
    essential parts that say something: an empty packet scores 0, and filling fields that hold nothing gains nothing.
    """
    filled = sum(1 for part in _ESSENTIAL if getattr(packet, part))
    return round(packet.covered * filled / len(_ESSENTIAL))


def to_json(packet: Handoff) -> str:
    """Return the packet's full form: a JSON object with the names of this module."""
    return json.dumps(asdict(packet), ensure_ascii=False)


def flat(packet: Handoff) -> dict[str, str]:
    """Return the flat form: string values, at most 4 KB as UTF-8 JSON, the most needed first.

    What does not fit is cut from the end, visibly.
    """
    wants = " / ".join(quote.text for quote in packet.customer_wants)
    pairs = {
        "priority": packet.priority,
        "queue": packet.queue,
        "authority_needed": packet.authority_needed,
        "why": "; ".join(why.sentence for why in packet.why)[: FLAT_BYTES // 4],
        "do_not_ask_again": "; ".join(packet.do_not_ask_again)[: FLAT_BYTES // 6],
        "customer_wants": wants,
        "open_question": packet.open_question,
        "next_step": packet.suggested_next_step,
        "proposal": packet.proposal,
        "done": "; ".join(packet.done),
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
