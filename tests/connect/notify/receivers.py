"""Real receivers on this machine: a web server that keeps what it was sent, and a mail server that keeps its mail."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(slots=True)
class Inbox:
    """What was received. ``answers`` are the statuses to answer with, the last one for good."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def web_receiver() -> Iterator[Inbox]:
    """Serve an inbox on a free port."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            inbox.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(inbox.answers.pop(0) if len(inbox.answers) > 1 else inbox.answers[0])
            for name, value in inbox.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    inbox.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Mailbox:
    """A handler that keeps mail; ``answers`` are replies to DATA, the last one for good."""

    def __init__(self) -> None:
        self.answers = ["250 kept"]
        self.mail: list[Message] = []
        self.refuse: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name and arguments
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.refuse:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's own name
        del server, session
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.startswith("250"):
            self.mail.append(message_from_bytes(envelope.content))
        return answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mail_receiver() -> Iterator[tuple[Mailbox, str]]:
    """Serve a mailbox on a free port; yield it with its address for `mail_server_of`."""
    box = Mailbox()
    port = _free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
