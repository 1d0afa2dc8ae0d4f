"""A server of HTTP written by hand: it answers as it is told, and notes what it was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class HandMade:
    """Runs while it is entered.

    Attributes:
        answer: from the body of a request to status, headers and body.
        asked: what came: method, headers in lower case, body.
    """

    answer: Callable[[dict[str, Any]], Answer]
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.command, headers, body))
                status, told, content = outer.answer(json.loads(body or b"{}"))
                self.send_response(status)
                for name, value in told.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                if told.get("X-Hold"):
                    self.wfile.flush()
                    outer.released.wait(60)

            do_GET = do_POST  # noqa: N815  # a name of the library
            do_DELETE = do_POST  # noqa: N815  # a name of the library

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/mcp"


def result(asked: dict[str, Any], **members: Any) -> Answer:
    """One JSON answer."""
    body = {"jsonrpc": "2.0", "id": asked.get("id"), "result": members}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def events(*bodies: Any, **headers: str) -> Answer:
    """Answers as events."""
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in bodies]
    stream = b"".join(b"event: message\ndata: %s\n\n" % line for line in lines)
    return 200, {"Content-Type": "text/event-stream", **headers}, stream
