"""An OpenAI-compatible endpoint on a port of its own, that says what it is told."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Endpoint:
    """An OpenAI-compatible server that says what it is told."""

    def __init__(self) -> None:
        self.content: str = '{"risk": 80, "quote": "charged twice"}'
        self.status = 200
        self.delay_seconds = 0.0
        self.drip_seconds = 0.0
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append(json.loads(body))
                outer.keys.append(self.headers.get("Authorization"))
                time.sleep(outer.delay_seconds)
                answer = json.dumps({"choices": [{"message": {"content": outer.content}}]}).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                for start in range(0, len(answer), 10):
                    self.wfile.write(answer[start : start + 10])
                    time.sleep(outer.drip_seconds)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"
