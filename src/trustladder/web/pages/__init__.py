"""The pages: what people see and do in a browser. Server-rendered, live by SSE, usable without a script."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from trustladder.desk import Desk
from trustladder.web.pages import (
    acts,
    chat,
    embed,
    integrity,
    learn,
    letters,
    overview,
    proposals,
    queue,
    review,
    stream,
    ticket,
    who,
)
from trustladder.web.pages.guard import nowhere
from trustladder.web.pages.live import Hub

ASSETS = Path(__file__).parent.parent / "assets"


def install(app: FastAPI) -> None:
    """Serve the pages and what they load."""
    desk: Desk = app.state.desk
    app.state.hub = Hub(desk.board)
    for room in (overview, queue, ticket, acts, chat, embed, integrity, letters, who, stream, review, proposals, learn):
        app.include_router(room.router)
    app.include_router(stream.help_router)
    app.add_exception_handler(404, nowhere)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")
