"""Runs `wilkc` to its end, as a process of its own that is spared the loading of its modules."""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fork_server import LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 120.0
ROOT = Path(__file__).parents[1]
PATIENT = ROOT / "tests" / "data" / "audit" / "patient.yaml"
"""A spec for `audit init --policies`, for logs in which grants are recorded."""


def run_wilkc(
    *arguments: object,
    given: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = SECONDS,
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` gives with texts captured; `given` is its standard input.

    Raises:
        subprocess.TimeoutExpired: it did not end in time; it was killed.
    """
    words = [*map(str, arguments)]
    request = {
        "arguments": words,
        "cwd": str(cwd or Path.cwd()),
        "env": dict(os.environ if env is None else env),
        "umask": _umask(),
    }
    streams = [os.memfd_create(name) for name in ("in", "out", "err")]
    try:
        os.write(streams[0], given.encode())
        os.lseek(streams[0], 0, os.SEEK_SET)
        code = _run(json.dumps(request).encode(), streams, timeout)
        out, err = (_text(stream) for stream in streams[1:])
    finally:
        for stream in streams:
            os.close(stream)
    return subprocess.CompletedProcess(["wilkc", *words], code, out, err)


def _run(request: bytes, streams: list[int], timeout: float) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(_server())
        socket.send_fds(connection, [len(request).to_bytes(LENGTH, "big")], streams)
        connection.sendall(request)
        child = _number(connection)
        connection.settimeout(timeout)
        try:
            return _number(connection)
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            raise subprocess.TimeoutExpired("wilkc", timeout) from None


def _number(connection: socket.socket) -> int:
    data = connection.recv(LENGTH, socket.MSG_WAITALL)
    assert len(data) == LENGTH, "the server of commands is gone"
    return int.from_bytes(data, "big", signed=True)


def _text(stream: int) -> str:
    os.lseek(stream, 0, os.SEEK_SET)
    with open(stream, encoding="utf-8", closefd=False) as text:
        return text.read()


def _umask() -> int:
    found = re.search(r"^Umask:\s*(\d+)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1], 8)


@functools.cache
def _server() -> str:
    """The name, which is in no folder, of this process's server; it ends with this process."""
    name = f"\0wilk-commands-{secrets.token_hex(16)}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server", str(listener.fileno())],
            cwd=ROOT, pass_fds=[listener.fileno()], stdin=subprocess.PIPE,
        )  # fmt: skip
    atexit.register(_end, server)
    return name


def _end(server: subprocess.Popen[bytes]) -> None:
    server.communicate()
