"""A PostgreSQL server of the test's own, on a Unix socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Final, Self

import psycopg

SECONDS: Final = 60.0
NOBODY: Final = 65534
_PLACES: Final = Path("/usr/lib/postgresql")


def find_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest version first."""
    places = sorted(_PLACES.glob("*/bin"), key=lambda one: int(one.parent.name), reverse=True)
    found = shutil.which("initdb")
    if found:
        places.append(Path(found).resolve().parent)
    return next((one for one in places if (one / "initdb").exists()), None)


class PostgresServer:
    """One server. It refuses to run as root, so root runs it as nobody.

    Args:
        programs: folder of its programs.
        folder: must be short, since the names of sockets are.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "d"
        self._process: subprocess.Popen[bytes] | None = None
        self._user = NOBODY if os.geteuid() == 0 else None

    def address(self, database: str = "postgres", user: str = "wilk") -> str:
        """How to reach a database of it."""
        return f"postgresql://{user}@/{database}?host={self._folder}"

    def __enter__(self) -> Self:
        if self._user is not None:
            os.chown(self._folder, self._user, self._user)
        made = self._run("initdb", "-D", self._data, "-U", "wilk", "-A", "trust", "--no-sync")
        assert made.wait(SECONDS) == 0
        self._process = self._run(
            "postgres", "-D", self._data, "-k", self._folder, "-c", "listen_addresses=",
            "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=20",
        )  # fmt: skip
        limit = time.monotonic() + SECONDS
        while True:
            try:
                psycopg.connect(self.address()).close()
            except psycopg.Error:
                if time.monotonic() > limit or self._process.poll() is not None:
                    self._end()
                    raise
                time.sleep(0.05)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the owner."""
        with psycopg.connect(self.address(database), autocommit=True) as server:
            server.execute(statement.encode())

    def _run(self, program: str, *arguments: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self._programs / program, *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
        )

    def _end(self) -> None:
        if self._process:
            # At once, with all processes of it: the immediate shutdown of postgres(1).
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(SECONDS)
            self._process = None
