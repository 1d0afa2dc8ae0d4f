"""What all tests share: requirements that may be missing, and golden files."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tests.deciding_server import DecidingServer
from tests.not_exercised import may_lack, not_exercised
from tests.redis_server import PROGRAM, RedisServer
from wilkc import __version__
from wilkc.cli.library import read_library
from wilkc.compiler import FORMS, Compiled, Form, assemble, compile_sources
from wilkc.core.errors import UnavailableError
from wilkc.opa.obtain import find_opa
from wilkc.plan import decide
from wilkc.runtime.host import Asked, diagnose, gather, not_enforceable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wilkc.core.contract import Decision, Request

ROOT = Path(__file__).parents[1]
BWRAP = Path("/usr/bin/bwrap")
PR_SET_CHILD_SUBREAPER = 36
COMPARED = "compared"
"""Property of a test: how many answers it compared."""


@pytest.fixture(scope="session", autouse=True)
def _reaper() -> Iterator[None]:
    """Orphans of killed programs come to this process, see PR_SET_CHILD_SUBREAPER in prctl(2).

    On machines whose first process is slow to reap they would be seen as left running.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite golden files; read the diff"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was compared, and what of the sandbox no test can reach here.

    Here, because the process that sums up reads no test folders: see pytest-xdist.
    """
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    count = sum(value for one in reports for name, value in one.user_properties if name == COMPARED)
    if count:
        terminalreporter.write_line(f"{count:,} comparisons of generated cases")
    if any("sandbox" in one.nodeid for one in reports):
        terminalreporter.write_line(f"not exercised here: {'; '.join(not_exercised())}")


def lacking(name: str, why: str) -> NoReturn:
    """Skip because something is missing, or fail if `WILK_REQUIRE` demands it."""
    required = os.environ.get("WILK_REQUIRE", "").split(",")
    # What a machine cannot have at all is told at the end of the run: see `not_exercised`.
    if name in required and not may_lack(name):
        pytest.fail(f"{name} is required here, but {why}")
    pytest.skip(f"{name}: {why}")


@pytest.fixture(scope="session")
def require() -> Callable[[str, str], NoReturn]:
    """Call with a name and a reason where a test finds that it lacks something."""
    return lacking


@pytest.fixture(scope="session")
def opa() -> Path:
    """The OPA binary."""
    try:
        return find_opa().path
    except UnavailableError as error:
        lacking("opa", error.message)


@pytest.fixture(scope="session")
def bwrap() -> Path:
    """Bubblewrap, having launched something in its own namespaces."""
    if not BWRAP.exists():
        lacking("bwrap", "bubblewrap is not installed")
    spaces = ["--unshare-user", "--unshare-pid", "--unshare-net"]
    command = [str(BWRAP), *spaces, "--ro-bind", "/", "/"]
    done = subprocess.run(
        [*command, "--", "/bin/true"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lacking("bwrap", f"bubblewrap cannot launch: {done.stderr.strip()}; {_doctor_row()}")
    return BWRAP


def _doctor_row() -> str:
    """The first row of the diagnosis that is not as it has to be, with its mend."""
    rows = not_enforceable(diagnose(gather(Asked(ROOT, run_as="nobody"))), strict=False)
    return next((f"{row.name}: {row.seen}; {row.fix}" for row in rows), "the diagnosis finds none")


@pytest.fixture(scope="session")
def redis_program() -> str:
    """The Redis server."""
    return PROGRAM or lacking("redis", "redis-server is not installed")


@pytest.fixture(scope="session")
def redis_server(redis_program: str) -> Iterator[RedisServer]:
    """A running server that the tests of one process share, each under names of its own."""
    del redis_program
    with tempfile.TemporaryDirectory(prefix="wilk-") as folder, RedisServer(Path(folder)) as server:
        yield server


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with `tests/golden/NAME`; paths and versions become placeholders."""

    def compare(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        shown = _placeholders(text)
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert shown == path.read_text(encoding="utf-8")

    return compare


def _placeholders(text: str) -> str:
    text = text.replace(str(ROOT), "<root>").replace(__version__, "<version>")
    return re.sub(r"\b[0-9a-f]{64}\b", "<digest>", text)


@dataclass(frozen=True)
class Judged:
    """Compiles specs and asks both the reference evaluator and the real OPA.

    `form` is the compiled form that `differences` asks, however its specs were compiled, and
    `server` answers instead of a process for each question, where it can.
    """

    opa: Path
    folder: Path
    form: Form = "indexed"
    server: DecidingServer | None = None

    def compiled(self, **specs: str) -> Compiled:
        """Specs by file stem, compiled with the project's own Rego."""
        sources = {f"{name}.yaml": text.encode() for name, text in specs.items()}
        return compile_sources(sources, read_library())

    def ask(self, compiled: Compiled, requests: Sequence[Request]) -> list[dict[str, Any]]:
        """OPA's answers to the requests, in order, from one process."""
        asked = [request.as_input() for request in requests]
        if self.server is not None and self.server.can_answer(compiled):
            answers = self.server.answers(compiled, asked)
        else:
            answers = self._evaluated(compiled, asked)
        assert len(answers) == len(requests)
        return answers

    def _evaluated(
        self, compiled: Compiled, asked: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        place = self.folder / compiled.revision[:16]
        for name, data in compiled.files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(data)
        query = "[a | some r in input.requests; a := data.wilk.decision with input as r]"
        done = subprocess.run(
            [self.opa, "eval", "-d", place, "-I", "--strict-builtin-errors", "-f", "raw", query],
            # Collecting garbage less often saves a fifth of the time.
            env={**os.environ, "GOGC": "1600"},
            input=json.dumps({"requests": asked}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[:2000]
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        return answers

    def in_form(self, compiled: Compiled) -> Compiled:
        """The same plan, assembled in this form."""
        if self.form == "indexed":
            return compiled
        files, revision = assemble(compiled.plan, read_library(), self.form)
        return replace(compiled, files=files, revision=revision)

    def differences(
        self,
        compiled: Compiled,
        requests: Sequence[Request],
        decided: Sequence[Decision] | None = None,
    ) -> list[str]:
        """Every request that the two do not answer alike, but for sentences of refusals.

        `decided` are the reference's answers, for those who have them already.
        """
        compiled = self.in_form(compiled)
        if decided is None:
            decided = [decide(compiled.plan, request) for request in requests]
        found = []
        for request, held, answer in zip(
            requests, decided, self.ask(compiled, requests), strict=True
        ):
            wanted = replace(held, revision=compiled.revision).as_json()
            if _comparable(wanted) != _comparable(answer):
                found.append(f"{request}\n  reference {wanted}\n  opa       {answer}")
        return found


def _comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the sentence of a malformed request, which OPA cannot word alike."""
    context = dict(answer["context"])
    if context["reason"] == "VALIDATION_ERROR":
        context.pop("message")
    return {"decision": answer["decision"], "context": context}


@pytest.fixture(scope="session")
def deciding_server(opa: Path) -> Iterator[DecidingServer]:
    """See `DecidingServer`; the tests of one process ask it one after the other."""
    with (
        tempfile.TemporaryDirectory(prefix="wilk-") as folder,
        DecidingServer(opa, Path(folder)) as server,
    ):
        yield server


@pytest.fixture(params=FORMS)
def judged(
    opa: Path, tmp_path: Path, deciding_server: DecidingServer, request: pytest.FixtureRequest
) -> Judged:
    """See `Judged`; each test that asks for it runs once for each compiled form."""
    return Judged(opa, tmp_path, request.param, deciding_server)
