"""Runs `wilkc` for tests, in processes forked from one that has loaded all of its modules.

To load them takes longer than most commands do. What runs is a process of its own all the same,
with the arguments, directory, variables, mask and standard streams that it is given, and it ends
as any program of Python does. Started as `python -m tests.fork_server FD`, with a socket that
listens; tests use `tests.commands`.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import select
import signal
import socket
import sys
from importlib import import_module
from typing import Any

import wilkc.cli.commands
from wilkc.cli.main import main

LENGTH = 8
"""Bytes that tell how many follow."""


def _load() -> None:
    for found in pkgutil.walk_packages(wilkc.cli.commands.__path__, "wilkc.cli.commands."):
        import_module(found.name)
    for name in ("wilkc.cli.building", "wilkc.spec.reader", "wilkc.plan", "wilkc.cli.toolchain"):
        import_module(name)
    gc.collect()
    gc.freeze()


def _request(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    head, streams, _, _ = socket.recv_fds(connection, LENGTH, 3)
    left = int.from_bytes(head, "big")
    parts = []
    while left:
        parts.append(connection.recv(min(left, 1 << 20)))
        left -= len(parts[-1])
    request: dict[str, Any] = json.loads(b"".join(parts))
    return request, streams


def _attend(connection: socket.socket) -> list[str]:
    """Return the arguments in the process that is the command; the other tells how it ended."""
    request, streams = _request(connection)
    child = os.fork()
    if child:
        connection.sendall(child.to_bytes(LENGTH, "big"))
        _, status = os.waitpid(child, 0)
        connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(LENGTH, "big", signed=True))
        os._exit(0)
    connection.close()
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    os.umask(request["umask"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    arguments: list[str] = request["arguments"]
    sys.argv = ["wilkc", *arguments]
    return arguments


def serve(listener: socket.socket) -> list[str]:
    """Fork for each connection; return in the processes that are to be a command.

    When standard input ends, so does whoever started this, and this.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        watched: list[socket.socket | int] = [listener, 0]
        if 0 in select.select(watched, [], [])[0]:
            sys.exit(0)
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            return _attend(connection)
        connection.close()


if __name__ == "__main__":
    _load()
    main(serve(socket.socket(fileno=int(sys.argv[1]))))
