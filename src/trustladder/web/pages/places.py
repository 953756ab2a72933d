"""What the pages keep in the app: its board and its hub, one of each a process."""

from typing import Annotated

from fastapi import Depends, Request

from trustladder.web.api import TheDesk
from trustladder.web.pages.board import Board
from trustladder.web.pages.live import Hub


def hub_of(request: Request, desk: TheDesk) -> Hub:
    """Return the hub of this app, made when it is first asked for."""
    hub = getattr(request.app.state, "hub", None)
    if not isinstance(hub, Hub):
        hub = request.app.state.hub = Hub(Board(desk.ledger))
    return hub


TheHub = Annotated[Hub, Depends(hub_of)]


def board_of(hub: TheHub) -> Board:
    """Return the board of this app."""
    return hub.board


TheBoard = Annotated[Board, Depends(board_of)]
