"""A server that speaks MongoDB's protocol, of the test's own, on a port of the kernel's choice."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final, Self

from tests.s3_server import port_of
from wilkc.opa.obtain import cached_program, is_whole

VERSION: Final = "1.24.2"  # as tools/build_test_servers.py has it
SECONDS: Final = 60.0


def find_mongo_server() -> Path | None:
    """FerretDB: named in WILK_FERRETDB, on PATH, or built by set-up."""
    named = os.environ.get("WILK_FERRETDB") or shutil.which("ferretdb")
    if named:
        return Path(named)
    built = cached_program("ferretdb", VERSION)
    return built if is_whole(built) else None


class MongoServer:
    """One server on a folder.

    Args:
        program: of FerretDB.
        folder: where it keeps its files.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._command = [
            program, "--handler=sqlite", f"--sqlite-url=file:{folder}/", f"--state-dir={folder}",
            "--listen-addr=127.0.0.1:0", "--debug-addr=-", "--telemetry=disable",
            "--log-level=error",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.uri = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        limit = time.monotonic() + SECONDS
        while (port := port_of(self._process.pid)) is None:
            if time.monotonic() > limit or self._process.poll() is not None:
                self.kill()
                raise RuntimeError("the MongoDB server does not start")
            time.sleep(0.02)
        self.uri = f"mongodb://127.0.0.1:{port}/"
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it; what connects afterwards is refused."""
        if self._process:
            self._process.kill()
            self._process.wait(SECONDS)
            self._process = None
