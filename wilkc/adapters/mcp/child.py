"""A server that its operator vouches for: a program in no sandbox. Layer: adapters.

It gets no variable of this process but those named, a process group of its own, and a signal at
this process's death. What it starts in further groups and leaves behind is looked for at its end.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.runtime.sandbox.usage import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SHARED: Final = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TERM", "TZ", "USER")
"""Variables that a server gets of this process; no keys or tokens among them."""
_SETPRIV: Final = "/usr/bin/setpriv"
_END_SECONDS: Final = 2.0
_CHUNK: Final = 65_536


def scrubbed(caller: Mapping[str, str], named: Sequence[str] = ()) -> dict[str, str]:
    """The variables of a server: the shared ones, and those named."""
    return {name: caller[name] for name in (*SHARED, *named) if name in caller}


def run_beside(
    command: Sequence[str],
    environment: Mapping[str, str],
    given: int,
    take: Callable[[bytes], object],
) -> int:
    """Run a server until it ends; blocks, and leaves nothing of it running.

    Args:
        command: program and arguments.
        environment: its variables.
        given: descriptor of its standard input.
        take: takes its output in pieces.

    Returns:
        Its exit code; negative for a signal.

    Raises:
        UnavailableError: it cannot be started.
    """
    # So that it dies with this process, which may be killed; see setpriv(1) and prctl(2).
    tied = [_SETPRIV, "--pdeathsig", "KILL", "--"] if Path(_SETPRIV).exists() else []
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own command, without a shell
            [*tied, *command],
            env=dict(environment),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=sys.stderr.fileno(),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise UnavailableError(f"the server `{command[0]}` cannot be started: {error}") from error
    try:
        output = process.stdout.fileno() if process.stdout else -1
        while piece := os.read(output, _CHUNK):
            take(piece)
        # One that closed its output can say nothing more.
        _has_ended(process.pid, _END_SECONDS)
    finally:
        _end(process)
    return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group and all below; it is waited for last, so that its numbers stay its own."""
    below = []
    for pid in tree(process.pid)[1:]:
        with suppress(ProcessLookupError):
            below.append(os.pidfd_open(pid))
    os.killpg(process.pid, signal.SIGTERM)
    _has_ended(process.pid, _END_SECONDS)
    os.killpg(process.pid, signal.SIGKILL)
    for pidfd in below:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.close(pidfd)
    process.wait()
    if process.stdout:
        process.stdout.close()


def _has_ended(pid: int, seconds: float) -> bool:
    """Whether a process ends in time; it stays to be waited for."""
    pidfd = os.pidfd_open(pid)
    try:
        return bool(select.select([pidfd], [], [], seconds)[0])
    finally:
        os.close(pidfd)
