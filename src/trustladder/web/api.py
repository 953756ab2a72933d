"""The HTTP API: one endpoint to ask "may I still answer?", and what follows from the answer."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, Path, Query, Request

from trustladder.connect.rewriting import Rewriter
from trustladder.core.containment import Lane, ToolCall, lane_of
from trustladder.core.context import DEFAULT_TOKENS, FEWEST_TOKENS, OUTPUT_SCHEMA, as_prompt, bot_context
from trustladder.core.handoff import Handoff, completeness, flat
from trustladder.core.signals import Evidence, Signal
from trustladder.core.summary import TicketSummary
from trustladder.desk import AccountFacts, CustomerAnswer, CustomerTurn, Desk, Draft, HumanTurn, Resolution
from trustladder.errors import BadInput, KeyNeeded
from trustladder.ledger.protocol import TicketKey
from trustladder.web import incoming, outgoing, present
from trustladder.web.access import may_act_as_person
from trustladder.web.problems import MEDIA_TYPE, Problem

DEFAULT_TENANT = "default"

_PROBLEM = {"model": Problem, "content": {MEDIA_TYPE: {}}}
PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {**_PROBLEM, "description": text}
    for status, text in {
        400: "The body is no JSON that can be read.",
        401: "A key is needed (where the service asks for keys).",
        403: "The key does not allow this.",
        404: "No such ticket.",
        409: "Not allowed now: the answer says what stands in the way.",
        413: "The body is too large.",
        422: "The request is not valid.",
        503: "The ledger cannot be reached: nothing was recorded, nothing may be sent.",
    }.items()
}

router = APIRouter(prefix="/v1", responses=PROBLEMS)

Identifier = Annotated[str, Path(min_length=1, max_length=200)]
Once = Annotated[str, Header(alias="Idempotency-Key", max_length=200, description="Makes a repeated request harmless.")]


def desk_of(request: Request) -> Desk:
    """Return the desk that serves this app."""
    desk: Desk = request.app.state.desk
    return desk


def tenant_of(
    tenant: Annotated[str, Header(alias="X-Tenant", min_length=1, max_length=100)] = DEFAULT_TENANT,
) -> str:
    """Return the tenant that a request is for."""
    return tenant


def key_of(ticket: Identifier, tenant: Annotated[str, Depends(tenant_of)]) -> TicketKey:
    """Return the key of the ticket that a request is about."""
    return TicketKey(tenant, ticket)


def rewriter_of(request: Request) -> Rewriter | None:
    """Return what tells handoffs in short, None where nothing does."""
    rewriter: Rewriter | None = getattr(request.app.state, "rewriter", None)
    return rewriter


TheRewriter = Annotated[Rewriter | None, Depends(rewriter_of)]
TheDesk = Annotated[Desk, Depends(desk_of)]
Key = Annotated[TicketKey, Depends(key_of)]
Tenant = Annotated[str, Depends(tenant_of)]


def _hundredths(share: float | None) -> int | None:
    return None if share is None else round(share * 100)


def _reported(signals: tuple[incoming.SignalIn, ...]) -> tuple[Signal, ...]:
    return tuple(
        Signal(item.name, item.strength, (Evidence(quote=item.quote, field="reported"),), item.source)
        for item in signals
    )


def _calls(calls: tuple[incoming.ToolCallIn, ...]) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(call.name, call.arguments) for call in calls)


def _customer_turn(turn: incoming.TurnIn, message_id: str) -> CustomerTurn:
    account = turn.account
    facts = AccountFacts(account.id, account.value, account.tier, account.at_risk, turn.ticket_type, turn.exposure)
    return CustomerTurn(
        message_id=message_id,
        text=turn.text,
        channel=turn.channel,
        language=turn.language,
        subject=turn.subject,
        intents=turn.intents,
        facts=facts,
        reported=_reported(turn.signals),
    )


@router.post("/tickets/{ticket}/turns", tags=["conversation"], summary="Post a turn and get the decision")
def post_turn(
    key: Key, turn: incoming.TurnIn, desk: TheDesk, request: Request, once: Once = ""
) -> outgoing.TurnOut | outgoing.PersonOut:
    """Record a turn. The first customer turn opens the ticket; a human turn takes ownership at once."""
    message_id = turn.message_id or once or uuid4().hex
    match turn.role:
        case "customer":
            return present.turn_answer(desk.customer_wrote(key, _customer_turn(turn, message_id), once))
        case "human":
            if not may_act_as_person(request):
                raise KeyNeeded("this key may not write as a person", fix="use a key of scope people")
            said = HumanTurn(message_id, turn.text, turn.author, turn.internal, turn.unless_owned)
            return present.person_answer(desk.human_wrote(key, said, once))
        case "tool":
            told = once or (f"message:{turn.message_id}" if turn.message_id else "")
            return present.turn_answer(desk.tool_returned(key, turn.author, turn.text, turn.failed, told))
        case "bot":
            sent = Draft(
                draft_id=message_id,
                text=turn.text,
                tool_calls=_calls(turn.tool_calls),
                confidence=_hundredths(turn.confidence),
                reported=_reported(turn.signals),
            )
            return present.turn_answer(desk.bot_wrote(key, sent, once))


@router.post("/tickets/{ticket}/drafts", tags=["gate"], summary="May I say this?")
def post_draft(key: Key, draft: incoming.DraftIn, desk: TheDesk, once: Once = "") -> outgoing.GateOut:
    """Judge a draft: `release` or `replace` with a permit to redeem at send time, or `withhold`."""
    if not draft.text.strip() and not draft.tool_calls:
        raise BadInput("the draft has neither text nor tool calls", fix="give text, tool_calls or both")
    wanted = Draft(
        draft_id=draft.draft_id or once or uuid4().hex,
        text=draft.text,
        tool_calls=_calls(draft.tool_calls),
        declared=draft.acts,
        cites=draft.cites,
        confidence=_hundredths(draft.confidence),
        reported=_reported(draft.signals),
    )
    return present.gate_answer(desk.bot_drafted(key, wanted, once))


@router.post("/tickets/{ticket}/permits/{permit}/redeem", tags=["gate"], summary="Redeem a permit at send time")
def redeem(key: Key, permit: Identifier, desk: TheDesk, once: Once = "") -> outgoing.RedeemOut:
    """Send only what this answers, and only when it answers. 409 means: do not send."""
    return present.redeem_answer(desk.redeem(key, permit, once))


@router.post("/tickets/{ticket}/escalate", tags=["people"], summary="Escalate because somebody says so")
def escalate(key: Key, asked: incoming.EscalateIn, desk: TheDesk) -> outgoing.PersonOut:
    """Hand the ticket to people now."""
    return present.person_answer(desk.escalate(key, asked.reason, asked.by))


@router.post("/tickets/{ticket}/claim", tags=["people"], summary="Claim an escalated ticket")
def claim(key: Key, by: incoming.PersonIn, desk: TheDesk) -> outgoing.PersonOut:
    """Exactly one person owns a ticket: of two who claim, the loser gets 409 with the winner's name."""
    return present.person_answer(desk.claim(key, by.person))


@router.post("/tickets/{ticket}/take-over", tags=["people"], summary="Take over any open ticket")
def take_over(key: Key, by: incoming.PersonIn, desk: TheDesk) -> outgoing.PersonOut:
    """Take a ticket from automation or from a colleague; automation is silent from then on."""
    return present.person_answer(desk.take_over(key, by.person))


@router.post("/tickets/{ticket}/return", tags=["people"], summary="Give a ticket back to a queue")
def return_to_queue(key: Key, given: incoming.ReturnIn, desk: TheDesk) -> outgoing.PersonOut:
    """Return the ticket with a reason. The customer's clock runs on."""
    return present.person_answer(desk.return_to_queue(key, given.person, given.reason, given.queue))


@router.post("/tickets/{ticket}/send-up", tags=["people"], summary="Send a case up to those who may decide more")
def send_up(key: Key, given: incoming.SendUpIn, desk: TheDesk) -> outgoing.PersonOut:
    """The case moves up the escalation chain, whole: events, deadlines and the owner's proposal go with it."""
    return present.person_answer(desk.send_up(key, given.person, given.amount, given.proposal))


@router.post("/tickets/{ticket}/assign", tags=["people"], summary="Make somebody the owner of an escalated ticket")
def assign(key: Key, to: incoming.PersonIn, desk: TheDesk) -> outgoing.PersonOut:
    """Give a waiting ticket to a person; `plan` says who could take it."""
    return present.person_answer(desk.assign(key, to.person))


@router.post("/tickets/{ticket}/hand-back", tags=["people"], summary="Hand a ticket back to automation")
def hand_back(key: Key, given: incoming.HandBackIn, desk: TheDesk) -> outgoing.PersonOut:
    """Only a person hands back."""
    return present.person_answer(desk.hand_back(key, given.person, given.contained, given.note))


@router.post("/tickets/{ticket}/resolve", tags=["people"], summary="Close a ticket")
def resolve(key: Key, given: incoming.ResolveIn, desk: TheDesk) -> outgoing.PersonOut:
    """Close the ticket with its outcome, its cause and the repair; `notice` is what to ask the customer then.

    An amount above the person's limit sends the case up the escalation chain instead: `sent_up` says so.
    """
    resolution = Resolution(given.by, given.outcome, given.cause, given.repair, given.amount)
    return present.person_answer(desk.resolve(key, resolution))


@router.post("/tickets/{ticket}/satisfaction", tags=["people"], summary="Record satisfaction or a complaint")
def satisfaction(key: Key, given: incoming.SatisfactionIn, desk: TheDesk) -> outgoing.PersonOut:
    """Record what the customer said about the service."""
    score = _hundredths(given.score)
    return present.person_answer(desk.give_satisfaction(key, score, given.complaint, given.text))


@router.post("/tickets/{ticket}/answer", tags=["people"], summary="The customer's answer after a ticket was resolved")
def answer(key: Key, given: incoming.AnswerIn, desk: TheDesk) -> outgoing.PersonOut:
    """Record whether it is solved. "No" opens the ticket again, with people where people had resolved it."""
    told = CustomerAnswer(given.solved, _hundredths(given.score), given.complaint, given.text)
    return present.person_answer(desk.answer_question(key, told))


@router.post("/tickets/{ticket}/restated", tags=["people"], summary="The customer had to restate the problem")
def restated(key: Key, by: incoming.PersonIn, desk: TheDesk) -> outgoing.PersonOut:
    """Record that the handoff did not carry the meaning."""
    return present.person_answer(desk.note_restatement(key, by.person))


@router.get("/tickets", tags=["reading"], summary="Tickets by lane, queue, owner or account")
def list_tickets(  # noqa: PLR0913, PLR0917 - each argument is one query parameter of the API
    desk: TheDesk,
    tenant: Tenant,
    lane: Annotated[list[str] | None, Query(max_length=5)] = None,
    queue: Annotated[str, Query(max_length=200)] = "",
    owner: Annotated[str, Query(max_length=200)] = "",
    account: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str, Query(max_length=500)] = "",
) -> outgoing.TicketPageOut:
    """List tickets, a page at a time."""
    page = desk.ledger.summaries(
        tenant, lanes=_lanes(lane), queue=queue, owner=owner, account_id=account, limit=limit, cursor=cursor
    )
    return outgoing.TicketPageOut(tickets=[present.row(row) for row in page.rows], next=page.cursor)


def _lanes(words: list[str] | None) -> tuple[Lane, ...]:
    try:
        return tuple(lane_of(word) for word in words or ())
    except ValueError as error:
        raise BadInput(str(error), fix="lanes are: " + ", ".join(lane.word for lane in Lane)) from None


@router.get("/tickets/{ticket}", tags=["reading"], summary="One ticket")
def get_ticket(key: Key, desk: TheDesk) -> outgoing.TicketOut:
    """Return a ticket with its conversation, its signals and the newest decision."""
    return present.ticket(desk.ticket(key))


@router.get("/tickets/{ticket}/events", tags=["reading"], summary="A ticket's ledger")
def get_events(key: Key, desk: TheDesk, after: Annotated[int, Query(ge=0, le=2**31)] = 0) -> outgoing.EventsOut:
    """Return what was recorded on a ticket, in order."""
    desk.ticket(key)
    events = [present.event(recorded) for recorded in desk.ledger.history(key, after)]
    return outgoing.EventsOut(ticket=key.ticket_id, events=events)


@router.get("/tickets/{ticket}/handoff", tags=["reading"], summary="The handoff packet")
def get_handoff(key: Key, desk: TheDesk, rewriter: TheRewriter) -> outgoing.HandoffOut:
    """Return what moves with the ticket: whole, flat in at most 4 KB, and in short where a model is named."""
    packet: Handoff = desk.handoff(key)
    claims = rewriter.brief(desk.ticket(key)) if rewriter is not None else None
    brief = None if claims is None else list(claims)
    return outgoing.HandoffOut(packet=packet, completeness=completeness(packet), flat=flat(packet), brief=brief)


@router.get("/tickets/{ticket}/plan", tags=["reading"], summary="What happens next, and who could take it")
def get_plan(key: Key, desk: TheDesk) -> outgoing.PlanOut:
    """Return the plan that was made when the ticket came to its queue, the clock that runs, and who could own it."""
    return present.plan(desk.ticket(key), desk.candidates(key))


@router.get("/tickets/{ticket}/context", tags=["gate"], summary="Context for the bot, within a token budget")
def get_context(
    key: Key, desk: TheDesk, tokens: Annotated[int, Query(ge=FEWEST_TOKENS, le=100_000)] = DEFAULT_TOKENS
) -> outgoing.ContextOut:
    """Return what the bot should know and may do now, as JSON and as a prompt section. The gate enforces it anyway."""
    context = bot_context(desk.policy(key.tenant), desk.ticket(key), tokens)
    return outgoing.ContextOut(context=context, prompt=as_prompt(context), output_schema=OUTPUT_SCHEMA)


@router.get("/queues", tags=["reading"], summary="Every queue, in business order")
def get_queues(desk: TheDesk, tenant: Tenant) -> outgoing.QueuesOut:
    """Return each queue of the policy with the tickets that wait in it, the most pressing first."""
    rows = desk.queue(tenant)
    names = list(dict.fromkeys([*desk.policy(tenant).queues, *(row.queue for row in rows)]))
    return outgoing.QueuesOut(queues=[_queue(name, [row for row in rows if row.queue == name]) for name in names])


@router.get("/queues/{queue}", tags=["reading"], summary="One queue, in business order")
def get_queue(queue: Identifier, desk: TheDesk, tenant: Tenant) -> outgoing.QueueOut:
    """Return one queue, the most pressing ticket first."""
    return _queue(queue, desk.queue(tenant, queue))


def _queue(name: str, rows: list[TicketSummary]) -> outgoing.QueueOut:
    return outgoing.QueueOut(queue=name, waiting=len(rows), tickets=[present.row(row) for row in rows])
