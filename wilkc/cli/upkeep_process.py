"""`wilkc audit keep` as a process beside `wilkc serve`. Layer: cli.

A process of its own, so that nothing that it reads or verifies takes time from decisions, and
so that whatever becomes of it leaves them alone. It dies with this one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.opa.process import dying_with_us
from wilkc.opa.supervisor import Supervisor
from wilkc.opa.upkeep import ChoreCondition, Upkeep, read_chores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

STOP_SECONDS: Final = 8.0
SILENT_SECONDS: Final = 30.0
"""Without a word from it for so long it counts as hung."""
MAX_LINE_BYTES: Final = 65_536
_NAME: Final = "the upkeep of the audit log"


@dataclass(frozen=True, slots=True)
class Kept:
    """The log that is looked after, as the command line says it.

    Attributes:
        directory: of the log.
        options: of `wilkc audit keep`.
    """

    directory: str
    options: tuple[str, ...]

    def command(self) -> list[str]:
        """Program and arguments."""
        # -P: nothing is imported from the folder that this runs in, which may be anybody's.
        own = [sys.executable, "-P", "-m", "wilkc.cli.main", "audit", "keep", self.directory]
        return [*own, *self.options, "--status"]


class Telling:
    """What the process told last. One thread writes; any thread may read."""

    def __init__(self) -> None:
        self._last: tuple[float, Mapping[str, ChoreCondition]] = (time.monotonic(), {})
        self._mute = True

    def hear(self, line: bytes) -> None:
        """Take up a line; one that is none is passed over, and silence tells."""
        try:
            value = json.loads(line)
            chores = read_chores(value["chores"])
        except (ValueError, TypeError, KeyError):
            return
        self._last, self._mute = (time.monotonic(), chores), False

    def begin(self) -> None:
        """Another run begins, which has said nothing yet."""
        self._mute = True

    def upkeep(self, restarts: int) -> Upkeep:
        """How the process fares now."""
        heard, chores = self._last
        silence = time.monotonic() - heard
        problem = ""
        if silence > SILENT_SECONDS:
            problem = f"{_NAME} says nothing for {silence:.0f} s"
        elif restarts and self._mute:
            problem = f"{_NAME} ended by itself"
        return Upkeep(problem, restarts, chores)


class KeepProcess:
    """One run of it. Start it in a thread that lives as long as it shall.

    Args:
        command: program and arguments.
        hear: told of each line that it prints.

    Raises:
        UnavailableError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], hear: Callable[[bytes], None]) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603  # this very program
                [*dying_with_us(), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                process_group=0,
            )
        except OSError as error:
            raise UnavailableError(f"cannot start {_NAME}: {error.strerror}") from error
        self._hear = hear
        self._reader = threading.Thread(target=self._follow, daemon=True)
        self._reader.start()

    def wait(self) -> int:
        """Wait for the end; the exit code."""
        code = self._process.wait()
        self._reader.join(STOP_SECONDS)
        return code

    def stop(self) -> None:
        """End it: it ends its chore, and is killed where it does not end."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def words(self) -> str:
        """Nothing: what it says, it says on the standard error that both have."""
        return ""

    def _follow(self) -> None:
        stream = self._process.stdout
        if stream is not None:
            with stream:
                while line := stream.readline(MAX_LINE_BYTES):
                    self._hear(line)


@contextmanager
def upkeep_beside(
    kept: Kept | None, log: Callable[[str], None]
) -> Iterator[Callable[[], Upkeep] | None]:
    """Look after a log until the context ends.

    Args:
        kept: the log; None looks after none.
        log: told when the process ends by itself.

    Yields:
        What tells how it fares, or None.
    """
    if kept is None:
        yield None
        return
    telling, command = Telling(), kept.command()

    def start() -> KeepProcess:
        telling.begin()
        return KeepProcess(command, telling.hear)

    supervisor = Supervisor(start, log, _NAME)
    supervisor.mark_ready()
    with supervisor:
        yield lambda: telling.upkeep(supervisor.restarts)
