"""The real OPA, a real log, and the command between a client and a server written by hand."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import generate_key, sign_bundle, verify_bundle, write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime.audit import AuditSettings, Places, create_log, unverified_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HERE = Path(__file__).parent
SPEC = HERE / "policy.yaml"
HOSTILE = HERE / "hostile.py"
SMALL = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
SECONDS = 60.0


@dataclass(frozen=True)
class Site:
    """A sidecar, a log, and a workspace."""

    socket: Path
    places: Places
    work: Path
    opa: Path

    def options(self) -> list[str]:
        """Who decides, and where it is recorded."""
        return [
            "--agent", "worker", "--server", "s", "--socket", str(self.socket),
            "--workspace", str(self.work), *self.recorded(),
        ]  # fmt: skip

    def recorded(self) -> list[str]:
        """Where it is recorded."""
        return [
            "--audit", str(self.places.directory), "--audit-keys", str(self.places.keys),
            "--audit-provider", str(self.places.provider),
        ]  # fmt: skip

    def words(self, *words: str, server: tuple[str, ...]) -> list[str]:
        """The command line of a filter before a server."""
        program = [sys.executable, "-m", "wilkc.cli.main", "mcp", *self.options()]
        return [*program, "--unsafe-unconfined", *words, "--", *server]

    def hostile(self, mode: str, *words: str, **variables: str) -> Talk:
        """A filter before the server written by hand."""
        server = (sys.executable, str(HOSTILE), mode)
        return Talk.started(self.words(*words, server=server), self.variables(**variables))

    def variables(self, **more: str) -> dict[str, str]:
        """Of the filter itself."""
        return {"PATH": os.environ["PATH"], "WILK_OPA": str(self.opa), "LANG": "C.UTF-8", **more}

    def records(self) -> list[dict[str, Any]]:
        """What is on record, without what the log says of itself."""
        found = unverified_records(self.places.directory)
        return [one for one in found if one["phase"] != "system"]


@dataclass
class Talk:
    """A client written by hand."""

    process: subprocess.Popen[bytes]
    heard: bytes = b""
    said: int = 0

    @classmethod
    def started(cls, words: list[str], variables: Mapping[str, str]) -> Talk:
        pipe = subprocess.PIPE
        process = subprocess.Popen(words, env=variables, stdin=pipe, stdout=pipe, stderr=pipe)
        return cls(process)

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def say(self, **members: Any) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", **members}).encode())

    def hear(self, seconds: float = SECONDS) -> dict[str, Any]:
        """The next line."""
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while b"\n" not in self.heard:
            ready = select.select([fd], [], [], max(deadline - time.monotonic(), 0))[0]
            assert ready, f"nothing was heard; {self.heard!r}"
            piece = os.read(fd, 65_536)
            assert piece, f"the filter ended: {self.end()}"
            self.heard += piece
        line, _, self.heard = self.heard.partition(b"\n")
        assert line.isascii()
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a request."""
        self.said += 1
        self.say(id=self.said, method=method, params=params)
        found = self.hear()
        assert found["id"] == self.said
        return found

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """The answer to a call."""
        return self.ask("tools/call", name=name, arguments=arguments)

    def end(self) -> tuple[int, str]:
        """Close the client's side; the exit code and all that was said on standard error."""
        output, errors = self.process.communicate(timeout=SECONDS)
        self.heard += output
        return self.process.returncode, errors.decode()


def code(answer: Mapping[str, Any]) -> int:
    """The code of an error."""
    found: int = answer["error"]["code"]
    return found


@contextlib.contextmanager
def serving(opa: Path, spec: bytes) -> Iterator[Path]:
    """The socket of a sidecar that serves a policy."""
    compiled = compile_sources({"worker.yaml": spec}, read_library())
    key = generate_key()
    signed = sign_bundle(write_bundle(compiled.files, compiled.manifest), key, key_id="k")
    keys = {"k": key.public()}
    with Sidecar(verify_bundle(signed, keys), keys, SidecarSettings(opa)) as sidecar:
        yield sidecar.socket


@pytest.fixture(scope="module")
def socket(opa: Path) -> Iterator[Path]:
    """Of a sidecar that serves the policy beside this file."""
    with serving(opa, SPEC.read_bytes()) as found:
        yield found


@pytest.fixture
def site(socket: Path, opa: Path) -> Iterator[Site]:
    """See `Site`."""
    with tempfile.TemporaryDirectory(prefix="wilk-test-") as name:
        top = Path(name)
        work = top / "work"
        (work / "docs").mkdir(parents=True)
        (work / "docs" / "a.md").write_text("text\n")
        (work / ".env").write_text("SECRET=1\n")
        names = ("log", "log.keys", "log.keys.provider", "root")
        places = Places(*(top / one for one in names))
        create_log(places, "example.org/mcp/test", SMALL)
        yield Site(socket, places, work, opa)


@pytest.fixture
def grants(site: Site, opa: Path) -> Iterator[Callable[[str], Site]]:
    """Makes a site whose policy also permits a tool."""
    with contextlib.ExitStack() as stack:

        def granting(name: str) -> Site:
            spec = SPEC.read_bytes().replace(
                b"    allowed: [", b"    allowed: ['%s', " % name.encode(), 1
            )
            return replace(site, socket=stack.enter_context(serving(opa, spec)))

        yield granting
