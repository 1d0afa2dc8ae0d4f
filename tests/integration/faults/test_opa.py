"""Whatever becomes of OPA, or stands in its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.faults.impostor import KINDS
from tests.integration.sidecar.conftest import freeze, opa_processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.faults.stage import Stage


def test_opa_killed(stage: Stage) -> None:
    (process,) = opa_processes(stage.run)
    os.kill(process, signal.SIGKILL)
    stage.expect_well(time.monotonic())


def test_opa_stopped(stage: Stage) -> None:
    (process,) = opa_processes(stage.run)
    freeze(process)
    stage.expect("app", "late_answer")
    os.kill(process, signal.SIGCONT)
    stage.expect_well(time.monotonic())


def test_the_socket_removed(stage: Stage) -> None:
    """Who has a connection keeps it, who comes anew is denied, until OPA is started again."""
    stage.socket.unlink()
    removed = time.monotonic()
    stage.sidecar.line_with("its socket was removed or replaced")
    while not stage.socket.exists():
        time.sleep(0.01)
    stage.expect_well(removed)


@pytest.fixture
def usurped(stage: Stage) -> Iterator[Stage]:
    """A stage whose OPA is gone, and whose supervisor stands still until the fault ends."""
    os.kill(stage.sidecar.process.pid, signal.SIGSTOP)
    (process,) = opa_processes(stage.run)
    os.kill(process, signal.SIGKILL)
    yield stage
    os.kill(stage.sidecar.process.pid, signal.SIGCONT)


def _end(stage: Stage) -> float:
    os.kill(stage.sidecar.process.pid, signal.SIGCONT)
    return time.monotonic()


@contextmanager
def _instead(command: list[str | Path]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands in OPA's place, killed at the end."""
    top = Path(__file__).parents[3]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=top
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_something_else_in_the_place_of_opa(usurped: Stage, kind: str) -> None:
    details = {"other_revision": "unknown_revision", "half_a_minute": "late_answer"}
    program = ("-m", "tests.integration.faults.impostor")
    with _instead([sys.executable, *program, usurped.socket, kind]):
        usurped.expect("app", details.get(kind, "odd_answer"))
        # The supervisor's own OPA takes its place back, whoever holds it.
        usurped.expect_well(_end(usurped))


def test_an_opa_without_a_bundle(usurped: Stage, opa: Path) -> None:
    words = ("run", "--server", "--skip-version-check", "--log-level", "error")
    with _instead([opa, *words, "--addr", f"unix://{usurped.socket}"]):
        usurped.expect("app", "odd_answer")
        usurped.expect_well(_end(usurped))
