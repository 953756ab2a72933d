"""Proposals: what Learn would change and why, who decided, and the steps from the shadow to all."""

from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Form, Path, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from trustladder.core.canary import BOUNDED
from trustladder.core.episode import Episode
from trustladder.core.governance import Proposal, Stage
from trustladder.errors import NotAllowed, PositionConflict
from trustladder.web.pages.evidence import shown
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.notices import Notice, refusal
from trustladder.web.pages.places import Room, TheRoom
from trustladder.web.pages.render import html, path_part
from trustladder.web.pages.who import name_of

router = APIRouter(prefix="/learn/proposals", route_class=PageRoute, include_in_schema=False)

Id = Annotated[str, Path(max_length=200)]
SHOWN_RELEASES = 20

DEFAULT_SHARE = 5
"""The share of the accounts, in percent, that a canary is proposed to begin with."""


class StepForm(BaseModel):
    """The next step of a proposal as a form sends it. ``at_most`` are the percentages beside the keys in ``bound``."""

    to: str = Field(max_length=40)
    reason: str = Field(default="", max_length=2_000)
    share: float = DEFAULT_SHARE
    bound: list[str] = []
    at_most: list[str] = []

    def bounds(self) -> dict[str, float]:
        """Return the bounds of a canary, 0 to 1; an empty percentage bounds nothing. Raises NotAllowed."""
        written = zip(self.bound, self.at_most, strict=False)
        return {key: _share(value) for key, value in written if value.strip()}


def _share(written: str) -> float:
    try:
        percent = float(written)
    except ValueError:
        raise NotAllowed(f"{written!r} is no percentage", fix="write a number from 0 to 100") from None
    if not 0 <= percent <= 100:
        raise NotAllowed(f"a bound lies between 0 and 100 percent, not {percent:g}")
    return percent / 100


@router.get("")
def proposals_page(room: TheRoom) -> Response:
    """Show every proposal, the newest first, and which policies were in force."""
    state = room.desk.rollouts.state(room.tenant)
    context = {
        "who": room.who,
        "nav": "proposals",
        "proposals": sorted(state.proposals.values(), key=lambda proposal: -proposal.made_at_ms),
        "releases": state.releases[::-1][:SHOWN_RELEASES],
        "in_force": room.desk.policy(room.tenant),
        "name_of": partial(name_of, room.who.policy),
    }
    return html("proposals.html", context)


@router.get("/{proposal_id}")
def proposal_page(proposal_id: Id, room: TheRoom) -> Response:
    """Show one proposal: what would change, the evidence, and the next step."""
    return _page(room, proposal_id)


def _page(room: Room, proposal_id: str, notice: Notice | None = None, status: int = 200) -> Response:
    proposal = room.desk.rollouts.proposal(room.tenant, proposal_id)
    context = {
        "who": room.who,
        "nav": "proposals",
        "proposal": proposal,
        "made": proposal.made,
        "Stage": Stage,
        "bounded": {key: words for key, (words, _) in BOUNDED.items()},
        "share": DEFAULT_SHARE,
        "evidence": shown(proposal.made.evidence),
        "name_of": partial(name_of, room.who.policy),
        "shadowed": _in_the_shadow(proposal, room.learning.episodes(room.tenant)),
        "notice": notice,
    }
    return html("proposal.html", context, status)


def _in_the_shadow(proposal: Proposal, episodes: list[Episode]) -> dict[str, int]:
    """Count what the candidate asked for in the shadow, beside what happened."""
    digest, since = proposal.made.digest, [at for at, move in proposal.moves if move.stage is Stage.SHADOW]
    began = [episode for episode in episodes if since and episode.started_at_ms >= since[0]]
    asked = [episode for episode in began if digest in episode.shadow_turns]
    return {
        "episodes": len(began),
        "asked": len(asked),
        "earlier": sum(1 for ep in asked if ep.handoff_turn is None or ep.shadow_turns[digest] < ep.handoff_turn),
        "handed": sum(1 for episode in began if episode.handed_off),
    }


@router.get("/{proposal_id}/policy.yaml")
def policy_file(proposal_id: Id, room: TheRoom) -> Response:
    """Return the proposed policy as the file that it is."""
    text = room.desk.rollouts.proposal(room.tenant, proposal_id).made.policy_yaml
    headers = {"Content-Disposition": "attachment; filename=policy.yaml"}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=headers)


@router.get("/{proposal_id}/evidence.json")
def evidence_file(proposal_id: Id, room: TheRoom) -> Response:
    """Return all of a proposal's evidence, as the journal keeps it."""
    evidence = room.desk.rollouts.proposal(room.tenant, proposal_id).made.evidence
    headers = {"Content-Disposition": "attachment; filename=evidence.json"}
    return Response(msgspec.json.format(msgspec.json.encode(evidence), indent=2), 200, headers, "application/json")


@router.post("/{proposal_id}")
def take_step(proposal_id: Id, room: TheRoom, form: Annotated[StepForm, Form()]) -> Response:
    """Take the next step in a person's name: accept, reject, shadow, canary, release or withdraw."""
    path = f"/learn/proposals/{path_part(proposal_id)}"
    if room.who.person is None:
        return RedirectResponse(f"/me?next={path_part(path)}", 303)
    try:
        _step(room, proposal_id, form)
    except (NotAllowed, PositionConflict) as error:
        return _page(room, proposal_id, refusal(error, room.who.policy), 409)
    return RedirectResponse(path, 303)


def _step(room: Room, proposal_id: str, form: StepForm) -> None:
    rollouts, here, by = room.desk.rollouts, (room.tenant, proposal_id), room.who.id
    match form.to:
        case "accept" | "reject":
            rollouts.decide(*here, by, accepted=form.to == "accept", reason=form.reason.strip())
        case "shadow":
            rollouts.shadow(*here, by)
        case "canary":
            rollouts.canary(*here, by, form.share, form.bounds())
        case "release":
            rollouts.release(*here, by)
        case "withdraw":
            rollouts.withdraw(*here, by, form.reason.strip())
        case other:
            raise NotAllowed(f"{other!r} is no step of a proposal", fix="use the buttons of the page")
