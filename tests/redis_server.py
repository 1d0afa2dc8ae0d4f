"""A Redis server of the test's own, on a Unix socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any, Self

import redis

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30.0
PROGRAM = shutil.which("redis-server")
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class RedisServer:
    """One server, which may be stopped and started again on the same folder.

    Args:
        folder: must be short, since the names of sockets are.
        options: further settings; by default nothing is written to the disk.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "s"
        self.url = f"unix://{self.socket}"
        self._command = [
            PROGRAM or "redis-server", "--port", "0", "--unixsocket", str(self.socket),
            "--unixsocketperm", "600", "--dir", str(folder), "--save", "", *options,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        limit = time.monotonic() + SECONDS
        while True:
            try:
                with redis.Redis.from_url(self.url) as client:
                    client.ping()
            except redis.RedisError:
                if time.monotonic() > limit or self._process.poll() is not None:
                    self.kill()
                    raise
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let it stand still."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def call(self, *command: str | int) -> Any:
        """The answer to one command."""
        with redis.Redis.from_url(self.url) as client:
            return client.execute_command(*command)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        os.kill(self._process.pid, number)
