"""The server that `trustladder up` runs: uvicorn, which says goodbye to open pages before it stops."""

import gc
import socket
from contextlib import suppress

import uvicorn

from trustladder.errors import BadInput
from trustladder.web.pages.live import Hub

GOODBYE_SECONDS = 2
"""How long a request that is under way when the server stops may still take."""


class PageServer(uvicorn.Server):
    """A uvicorn server that ends the streams of open pages first: they would last as long as the pages are open."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then stop as uvicorn does."""
        hub = getattr(getattr(self.config.app, "state", None), "hub", None)
        if isinstance(hub, Hub):
            hub.close()
        await super().shutdown(sockets)


def server_of(app: object, log_level: str = "warning", host: str = "127.0.0.1", port: int = 0) -> PageServer:
    """Return a server of an app, not yet running; port 0 is any free one."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI app; uvicorn's own type for it is private
        host=host,
        port=port,
        log_level=log_level,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )
    return PageServer(config)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket at an address, for `serve`; port 0 is any free one. Raises `BadInput` where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends small packets at once (TCP_NODELAY): without it a page takes 40 ms more.
    at = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    at.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        at.bind((host, port))
    except (OSError, OverflowError) as error:
        at.close()
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(
            f"cannot listen there: {why}",
            where=f"{host}:{port}",
            fix="choose another with --port and --host, or stop what listens there",
        ) from error
    return at


def serve(app: object, at: socket.socket) -> None:
    """Serve at a socket until stopped by a signal.

    What was loaded to serve stays for good, so the garbage collector is told not to look through it again: that
    halves the pauses of its full passes.
    """
    gc.collect()
    gc.freeze()
    with suppress(KeyboardInterrupt):
        server_of(app).run([at])
