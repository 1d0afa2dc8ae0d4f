"""Keeping a program running: started in one thread, started again where it ends. Layer: opa."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self


FIRST_DELAY_SECONDS: Final = 0.1
MAX_DELAY_SECONDS: Final = 5.0
_STEADY_SECONDS: Final = 30.0
"""A run this long counts as good: the next delay is the first one again."""


class Process(Protocol):
    """One run of the program."""

    def wait(self) -> int:
        """Wait for the end; the exit code."""
        ...

    def stop(self) -> None:
        """End it."""
        ...

    def words(self) -> str:
        """What it said of its end; empty where that is told elsewhere."""
        ...


class Supervisor:
    """Runs OPA, or another program, until the end of its context.

    An end before `mark_ready` is a failure to start and final; a later one is a crash, and
    it is started again, after longer and longer delays.

    Args:
        start: starts it; called in the supervisor's own thread, because it dies with that.
        log: told what happens.
        name: what it is called there.
    """

    def __init__(
        self, start: Callable[[], Process], log: Callable[[str], None], name: str = "OPA"
    ) -> None:
        self._start = start
        self._log = log
        self._name = name
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._guard = threading.Lock()
        self._process: Process | None = None
        self._failure = ""
        self.restarts = 0
        # Should cleaning up be cut short, this program must still end, and the other with it.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._guard:
            self._stopping.set()
            process = self._process
        if process is not None:
            process.stop()
        if self._thread.is_alive():
            self._thread.join()

    def mark_ready(self) -> None:
        """From now on an end is a crash."""
        self._ready.set()

    def end_run(self) -> None:
        """Let this run come to its end, which counts as a crash: another one follows."""
        with self._guard:
            process = self._process
        if process is not None:
            process.stop()

    def failure(self) -> str:
        """Why it did not start, or empty."""
        return self._failure

    def _run(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while True:
            started = time.monotonic()
            try:
                ended = self._run_once()
            except UnavailableError as error:
                ended = error.message
            if self._stopping.is_set():
                return
            if not self._ready.is_set():
                self._failure = ended
                return
            self.restarts += 1
            self._log(f"{ended}; starting it again")
            if time.monotonic() - started > _STEADY_SECONDS:
                delay = FIRST_DELAY_SECONDS
            if self._stopping.wait(delay):
                return
            delay = min(2 * delay, MAX_DELAY_SECONDS)

    def _run_once(self) -> str:
        with self._guard:
            if self._stopping.is_set():
                return ""
            process = self._process = self._start()
        code = process.wait()
        words = process.words()
        return f"{self._name} ended with code {code}" + (f": {words}" if words else "")
