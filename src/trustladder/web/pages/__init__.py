"""The pages: what people see and do in a browser. Server-rendered, live by SSE, usable without a script."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from trustladder.web.pages import acts, chat, embed, overview, queue, stream, ticket, who

ASSETS = Path(__file__).parent.parent / "assets"


def install(app: FastAPI) -> None:
    """Serve the pages and what they load."""
    for room in (overview, queue, ticket, acts, chat, embed, who, stream):
        app.include_router(room.router)
    app.include_router(stream.help_router)
    app.mount("/assets", StaticFiles(directory=ASSETS), name="assets")
