"""One run of OPA: starting, following its log, stopping. Layer: opa.

OPA dies with the thread that starts it, even where that thread's process is killed: setpriv(1)
asks the kernel for it (prctl(2), PR_SET_PDEATHSIG) before it becomes OPA. Without setpriv OPA
is stopped in every orderly way, but outlives a SIGKILL of its supervisor.
"""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.opa.log import MAX_LINE_BYTES, Log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SETPRIV: Final = "/usr/bin/setpriv"
_PASSED_ON: Final = ("GOMEMLIMIT", "GOMAXPROCS", "GOGC")
"""Settings of Go's runtime, for containers; nothing else of the environment reaches OPA."""
_STOP_SECONDS: Final = 5.0
_MAX_WORDS: Final = 2_000
"""Characters that are shown of what OPA said when it failed."""


class OpaProcess:
    """OPA, running. Start it in a thread that lives as long as it shall.

    Args:
        command: program and arguments.
        folder: the folder to run in.
        lock: a descriptor that OPA holds until it ends.
        on_error: told of each severe line.

    Raises:
        UnavailableError: it cannot be started.
    """

    def __init__(
        self, command: Sequence[str], *, folder: Path, lock: int, on_error: Callable[[str], None]
    ) -> None:
        self._log = Log()
        self._on_error = on_error
        self._ending = False
        try:
            self._process = subprocess.Popen(  # noqa: S603  # the program that the caller names
                [*dying_with_us(), *command],
                cwd=folder,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                umask=0o077,
                pass_fds=(lock,),
                process_group=0,
            )
        except OSError as error:
            raise UnavailableError(f"cannot start OPA: {error.strerror}") from error
        self._reader = threading.Thread(target=self._follow, daemon=True)
        self._reader.start()

    def wait(self) -> int:
        """Wait for the end; the exit code."""
        code = self._process.wait()
        self._reader.join(_STOP_SECONDS)
        return code

    def stop(self) -> None:
        """End it: it finishes what is in flight, and is killed where it does not end."""
        self._ending = True
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def words(self) -> str:
        """What it said of its end."""
        return self._log.words()

    def _follow(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        with stream:
            while raw := stream.readline(MAX_LINE_BYTES):
                line = self._log.add(raw)
                if line.fatal:
                    self._process.kill()
                # What is cut off by the end that was asked for is no error.
                if line.text and (line.severe or line.fatal) and not self._ending:
                    self._on_error(line.text)


def run_to_end(command: Sequence[str], given: bytes, *, seconds: float) -> bytes:
    """What a run of OPA prints that reads its input and ends by itself.

    Raises:
        UnavailableError: it cannot be started, takes longer, or ends with an error.
    """
    try:
        done = subprocess.run(  # noqa: S603  # the program that the caller names
            [*dying_with_us(), *command],
            input=given,
            capture_output=True,
            timeout=seconds,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"OPA did not end within {seconds:g} s") from error
    except OSError as error:
        raise UnavailableError(f"cannot start OPA: {error.strerror}") from error
    if done.returncode != 0:
        words = done.stderr or done.stdout
        said = " ".join(words.decode("utf-8", "replace").split())[:_MAX_WORDS]
        raise UnavailableError(f"OPA ended with {done.returncode}: {said}")
    return done.stdout


def dying_with_us() -> list[str]:
    """What stands before a command so that the kernel kills it with the thread that starts it."""
    if not Path(_SETPRIV).exists():
        return []
    return [_SETPRIV, "--pdeathsig", "KILL", "--no-new-privs", "--"]
