"""Stands in OPA's place and answers what OPA never would. Started by test_opa.py.

usage: impostor.py SOCKET KIND
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

GRANT: dict[str, Any] = {
    "decision": True,
    "context": {
        "reason": "PERMISSION_GRANTED",
        "detail": "allowed",
        "message": "allowed",
        "rule": None,
        "conditions": [],
        "revision": "another",
    },
}
"""Would be believed, were its revision one that was announced."""
ANSWER = {"result": GRANT, "provenance": {"bundles": {"wilk": {"revision": "another"}}}}
WHOLE = json.dumps(ANSWER).encode()


def http(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    """An HTTP answer."""
    told = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {told}\r\n\r\n"
    return head.encode() + body


KINDS = {
    "500": http(WHOLE, "500 Internal Server Error"),
    "html": http(b"<html><body>allowed</body></html>"),
    "truncated": http(WHOLE[:-9]),
    "empty": http(b"{}"),
    "other_revision": http(WHOLE),
    "half_a_minute": http(WHOLE),
}
LATE_SECONDS = 30


def serve(connection: socket.socket, kind: str) -> None:
    """Answer whatever comes."""
    with connection:
        while connection.recv(65_536):
            if kind == "half_a_minute":
                time.sleep(LATE_SECONDS)
            try:
                connection.sendall(KINDS[kind])
            except OSError:
                return


def main() -> None:
    """Take the place of whatever stands there."""
    path, kind = Path(sys.argv[1]), sys.argv[2]
    listener = socket.socket(socket.AF_UNIX)
    path.unlink(missing_ok=True)
    listener.bind(str(path))
    listener.listen(512)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, kind), daemon=True).start()


if __name__ == "__main__":
    main()
