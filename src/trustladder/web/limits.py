"""A limit on the size of a request's body, counted as the bytes arrive."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustladder.web.problems import problem_response
from trustladder.web.wire import Problem

MOST_BODY_BYTES = 5_000_000
"""A message of a million characters in any script fits; more is refused."""


class _TooLarge(Exception):
    pass


class BodyLimit:
    """ASGI middleware that answers 413 once a body is larger than ``most_bytes``."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BODY_BYTES) -> None:
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on while its body stays within the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most_bytes:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except _TooLarge:
            if not started:
                detail = f"the limit is {self.most_bytes} bytes"
                problem = Problem(title="The request is too large", status=413, detail=detail)
                await problem_response(problem)(scope, receive, send)
