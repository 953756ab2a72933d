"""The gate inside the proxy: a draft in, and what may go out of it, its permit redeemed at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trustladder.client import AsyncClient, Decision, GateAnswer, Sent
from trustladder.connect.openai_proxy.draft import Body, Draft, for_the_gate

UNREADABLE = "the call's name or arguments cannot be read"
SPEAKING = frozenset({"automated", "contained"})
"""The lanes in which automation may say anything at all."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A tool call that was taken out of the answer, and why."""

    call: Body
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes out. ``answer`` is the gate's word; ``text`` is empty where nothing may be said."""

    lane: str
    answer: str
    text: str = ""
    calls: tuple[Body, ...] = ()
    objections: tuple[str, ...] = ()
    notice: str = ""
    refused: tuple[Refused, ...] = ()

    @property
    def extension(self) -> dict[str, Any]:
        """The ``trustladder`` field beside the answer."""
        gone = [{"id": item.call.get("id", ""), "name": _name(item.call), "why": item.why} for item in self.refused]
        return {
            "lane": self.lane,
            "answer": self.answer,
            "objections": list(self.objections),
            "notice": self.notice,
            "refused_tool_calls": gone,
        }


def silent(decision: Decision) -> Outcome:
    """Return the outcome of a turn after which automation may not answer: the notice, where this turn hands over."""
    why = (f"the ticket is {decision.lane}: automation is silent",)
    return Outcome(decision.lane, "withhold", decision.notice, objections=why, notice=decision.notice)


def cut(lane: str) -> Outcome:
    """Return the outcome of an answer that was overtaken on its way."""
    return Outcome(lane, "withhold", objections=(f"the ticket became {lane} while the answer was on its way",))


async def judge(client: AsyncClient, ticket: str, draft: Draft, *, last: bool = True) -> Outcome:
    """Ask the gate for text and calls as one; where it refuses several calls, ask for each alone.

    A text that came with a refused call is not said: it may speak of what the call would have done. Where nothing but
    calls came and all are refused, the holding message is said only when this answer is the ``last`` that is asked for.
    """
    calls = [(call, for_the_gate(call)) for call in draft.calls]
    unreadable = tuple(Refused(call, UNREADABLE) for call, read in calls if read is None)
    readable = [(call, read) for call, read in calls if read is not None]
    if not draft.text.strip() and not readable:
        why = tuple(item.why for item in unreadable) or ("the model said nothing",)
        return Outcome(await client.lane(ticket), "withhold", objections=why, refused=unreadable)
    if unreadable:
        return await _each(client, ticket, readable, unreadable, last)
    gate = await client.may_i_say(ticket, draft.text, tool_calls=[read for _, read in readable])
    if gate.answer != "release" and len(readable) > 1 and gate.lane in SPEAKING:
        return await _each(client, ticket, readable, (), last)
    if not last and gate.answer == "replace" and not draft.text.strip():
        return _unsaid(gate, tuple(Refused(call, "; ".join(gate.objections)) for call, _ in readable))
    sent = await client.redeem(ticket, gate)
    released = sent.delivered and gate.answer == "release"
    gone = () if released else tuple(Refused(call, sent.why or "; ".join(gate.objections)) for call, _ in readable)
    return _outcome(gate, sent, tuple(draft.calls) if released else (), gone)


def _outcome(gate: GateAnswer, sent: Sent, calls: tuple[Body, ...], gone: tuple[Refused, ...]) -> Outcome:
    objections = gate.objections if sent.delivered or not gate.permit else (*gate.objections, sent.why)
    answer = gate.answer if sent.delivered else "withhold"
    return Outcome(gate.lane, answer, sent.text or gate.notice, calls, objections, gate.notice, gone)


def _unsaid(gate: GateAnswer, gone: tuple[Refused, ...]) -> Outcome:
    """Return the outcome of refused calls before the model has been told why: nothing is said yet."""
    return Outcome(gate.lane, "withhold", "", (), gate.objections, gate.notice, gone)


async def _each(
    client: AsyncClient,
    ticket: str,
    calls: Sequence[tuple[Body, Body]],
    refused: tuple[Refused, ...],
    last: bool,
) -> Outcome:
    kept: list[Body] = []
    gone = list(refused)
    held: GateAnswer | None = None
    lane = notice = ""
    for call, read in calls:
        gate = await client.may_i_say(ticket, tool_calls=[read])
        lane, notice = gate.lane, notice or gate.notice
        sent = await client.redeem(ticket, gate) if gate.answer == "release" else Sent(False)
        if sent.delivered:
            kept.append(call)
        else:
            held = gate
            gone.append(Refused(call, sent.why or "; ".join(gate.objections)))
    if lane not in SPEAKING:
        kept, lane = [], lane or await client.lane(ticket)
    why = tuple(dict.fromkeys(item.why for item in gone))
    if held is not None and last and not kept and not notice:
        sent = await client.redeem(ticket, held)
        return Outcome(lane, held.answer if sent.delivered else "withhold", sent.text, (), why, notice, tuple(gone))
    return Outcome(lane, "release" if kept else "withhold", notice, tuple(kept), why, notice, tuple(gone))


def _name(call: Body) -> str:
    return str((call.get("function") or call.get("custom") or {}).get("name", ""))


def explained(body: Body, outcome: Outcome) -> Body:
    """Return the request once more with each refused call answered by why it was refused, for the model to go on."""
    calls = [item.call for item in outcome.refused]
    told = [
        {"role": "tool", "tool_call_id": item.call.get("id", ""), "content": f"Refused, not carried out: {item.why}"}
        for item in outcome.refused
    ]
    return {**body, "messages": [*body["messages"], {"role": "assistant", "content": "", "tool_calls": calls}, *told]}
