"""A server that speaks MongoDB's protocol, of the test's own, on a port of the kernel's choice."""

from __future__ import annotations

import os
import selectors
import subprocess
from pathlib import Path
from typing import Final, Self

from tools.build_test_servers import MONGO, source_version
from wilkc.opa.obtain import cached_program, is_whole

SECONDS: Final = 60.0


def find_mongo_server() -> Path | None:
    """The program: named in WILK_MONGO_SERVER, or built by set-up."""
    named = os.environ.get("WILK_MONGO_SERVER")
    if named:
        return Path(named)
    built = cached_program("mongo-server", source_version(MONGO))
    return built if is_whole(built) else None


class MongoServer:
    """One server on a folder.

    Args:
        program: see `tests/data/mongo_server`.
        folder: where it keeps its files.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._command = [str(program), str(folder)]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.uri = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        said = self._process.stdout
        assert said
        with selectors.DefaultSelector() as selector:
            selector.register(said, selectors.EVENT_READ)
            self.uri = said.readline().decode().strip() if selector.select(SECONDS) else ""
        if not self.uri:
            self.kill()
            raise RuntimeError("the MongoDB server does not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it; what connects afterwards is refused."""
        if self._process:
            self._process.kill()
            self._process.communicate(timeout=SECONDS)
            self._process = None
