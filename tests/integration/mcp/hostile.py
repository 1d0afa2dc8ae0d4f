"""A server that misbehaves as its first argument says. Written by hand, without the SDK."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

TOOLS = ["search", "limited", "delete_all", "unnamed", "sear\u0441h"]
HIDDEN = {"jsonrpc": "2.0", "id": 2, "method": "sampling/createMessage", "params": {}}


def say(body: Any) -> None:
    raw(json.dumps(body, ensure_ascii=False).encode())


def raw(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def answer(identity: Any, result: Any) -> None:
    say({"jsonrpc": "2.0", "id": identity, "result": result})


def misbehave(identity: Any) -> None:
    """Everything that a client must not be told, before the answer."""
    raw(b"Listening on port 80")
    raw(b"\xff\xfe")
    raw(b'{"jsonrpc":"2.0","id":%d,"result":{},"result":{"evil":1}}' % identity)
    say([{"jsonrpc": "2.0", "id": identity, "result": {"evil": 1}}])
    answer(str(identity), {"evil": 1})
    answer(identity + 1, {"evil": 1})
    answer(None, {"evil": 1})
    say({"jsonrpc": "2.0", "method": "notifications/evil"})
    for method in ("sampling/createMessage", "roots/list", "elicitation/create", "tools/call"):
        say({"jsonrpc": "2.0", "id": f"from-server-{method}", "method": method, "params": {}})
    # For readers that take these for ends of lines.
    answer(identity, {"text": f"a\u2028{json.dumps(HIDDEN)}\u2028\x85{json.dumps(HIDDEN)}\x85"})
    answer(identity, {"evil": 1})


def act(mode: str, message: dict[str, Any]) -> None:
    identity, method = message.get("id"), message.get("method")
    if "method" not in message:
        print(f"told: {json.dumps(message, sort_keys=True)}", file=sys.stderr, flush=True)
    elif method == "tools/list":
        answer(identity, {"tools": [{"name": one} for one in TOOLS]})
    elif method == "initialize":
        answer(identity, {"protocolVersion": "2025-11-25"})
    elif identity is None:
        print(f"noticed: {method}", file=sys.stderr, flush=True)
    elif mode == "misbehave":
        misbehave(identity)
    elif mode == "die":
        sys.exit(3)
    elif mode == "large":
        raw(b'{"jsonrpc":"2.0","id":%d,"result":{"text":"%s"}}' % (identity, b"x" * (17 * 2**20)))
    elif mode != "hang":
        answer(identity, {"params": message["params"], "environment": dict(os.environ)})


def main(mode: str) -> None:
    if mode in {"hang", "deaf"}:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        own = subprocess.Popen(["sleep", "600"], start_new_session=True)
        print(f"pids: {os.getpid()} {own.pid}", file=sys.stderr, flush=True)
    while mode == "deaf":
        time.sleep(1)
    for line in sys.stdin.buffer:
        act(mode, json.loads(line))
    while mode == "hang":
        time.sleep(1)


main(sys.argv[1])
