"""An OPA of the tests that has read the fixed Rego, on a Unix socket in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any, Self

from tests.authzen import Client
from wilkc.cli.library import read_library

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wilkc.compiler import Compiled

SECONDS = 120.0
DATA = "wilk/data.json"
NOT_FOR_OPA = frozenset({"wilk/sandbox.jsonl"})
ASKED = """package asked

answers := [a | some r in input.requests; a := data.wilk.decision with input as r]
"""


class DecidingServer:
    """Answers for one compile after the other: what differs between them is data alone.

    To read and compile the fixed Rego takes OPA far longer than to answer.

    Args:
        opa: the program.
        folder: must be short, since the names of sockets are.
    """

    def __init__(self, opa: Path, folder: Path) -> None:
        self._library = dict(read_library())
        self._socket = folder / "s"
        for name, text in {**self._library, "asked.rego": ASKED.encode()}.items():
            place = folder / "rego" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
        self._command = [
            str(opa), "run", "--server", "--addr", f"unix://{self._socket}",
            "--disable-telemetry", "--log-level", "error", str(folder / "rego"),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            # Collecting garbage less often saves a fifth of the time.
            self._command, env={**os.environ, "GOGC": "800"}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        limit = time.monotonic() + SECONDS
        while True:
            try:
                self._call("GET", "/health", None)
            except OSError:
                if time.monotonic() > limit or self._process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.02)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def can_answer(self, compiled: Compiled) -> bool:
        """Whether this is a compile of the fixed Rego as it is, and data."""
        files = {name: text for name, text in compiled.files.items() if name not in NOT_FOR_OPA}
        return files.pop(DATA, None) is not None and files == self._library

    def answers(
        self, compiled: Compiled, inputs: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """The decisions by a compile that `can_answer` is true of, in order."""
        self._call("PUT", "/v1/data/wilk", compiled.files[DATA])
        body = json.dumps({"input": {"requests": inputs}}).encode()
        answered = self._call("POST", "/v1/data/asked/answers?strict-builtin-errors=true", body)
        found: list[dict[str, Any]] = json.loads(answered)["result"]
        return found

    def _call(self, method: str, path: str, body: bytes | None) -> bytes:
        connection = Client(self._socket, SECONDS)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answered = response.read()
        finally:
            connection.close()
        assert response.status < 300, answered[:2000]
        return answered
