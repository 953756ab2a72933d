"""What the pages keep in the app: its board, its hub and what it knows of Learn, one of each a process."""

from typing import Annotated

from fastapi import Depends, Request

from trustladder.desk import Desk
from trustladder.desk.board import Board
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.learning import Learning
from trustladder.web.pages.live import Hub
from trustladder.web.pages.who import TheWho, Who


def hub_of(request: Request) -> Hub:
    """Return the hub of this app."""
    hub: Hub = request.app.state.hub
    return hub


TheHub = Annotated[Hub, Depends(hub_of)]


def board_of(hub: TheHub) -> Board:
    """Return the board of this app."""
    return hub.board


TheBoard = Annotated[Board, Depends(board_of)]


def learning_of(request: Request, desk: TheDesk) -> Learning:
    """Return what this app keeps of Learn."""
    kept = getattr(request.app.state, "learning", None)
    if not isinstance(kept, Learning):
        kept = request.app.state.learning = Learning(desk.ledger, desk.rollouts)
    return kept


TheLearning = Annotated[Learning, Depends(learning_of)]


class Room:
    """What every page of Learn is given: the desk, the tenant, who looks, and what is known of Learn."""

    def __init__(self, desk: TheDesk, tenant: Tenant, who: TheWho, learning: TheLearning) -> None:
        self.desk: Desk = desk
        self.tenant: str = tenant
        self.who: Who = who
        self.learning: Learning = learning


TheRoom = Annotated[Room, Depends()]
