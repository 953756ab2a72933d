"""A limit on the size of a request's body, counted as the bytes arrive."""

from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trustladder.web.problems import Problem, problem_response

MOST_BODY_BYTES = 5_000_000
"""A message of a million characters in any script fits; more is refused."""


class _TooLarge(Exception):
    """Ends the reading of a body that is too large."""


class BodyLimit:
    """ASGI middleware that answers 413 once a body is larger than ``most_bytes``, whatever its header promised."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BODY_BYTES) -> None:
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on while its body stays within the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        count = _Count(self.most_bytes, receive, send)
        with suppress(_TooLarge):
            await self.app(scope, count.receive, count.send)
        if count.exceeded and not count.answered:
            detail = f"the limit is {self.most_bytes} bytes"
            problem = Problem(title="The request is too large", status=413, detail=detail)
            await problem_response(problem)(scope, receive, send)


class _Count:
    """Counts one request's bytes. Once there are too many, the app's own answer (to a broken body) is held back."""

    def __init__(self, most_bytes: int, receive: Receive, send: Send) -> None:
        self._left = most_bytes
        self._receive = receive
        self._send = send
        self.exceeded = False
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.exceeded = True
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self.answered or not self.exceeded:
            self.answered = True
            await self._send(message)
