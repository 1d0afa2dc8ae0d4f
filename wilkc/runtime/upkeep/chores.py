"""Work that comes again and again, in a thread of its own. Layer: runtime.

A chore that fails is tried again when it is next due; that it failed, and why, is told until it
was done. None keeps another worker's chores waiting.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import WilkError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TICK_SECONDS: Final = 0.2
NEVER: Final = -1.0
"""Age of what was never done."""


@dataclass(slots=True)
class Chore:
    """One kind of work. One thread does it; any thread may read.

    Attributes:
        name: what it is called in metrics.
        pause_seconds: from its end to its next beginning.
        work: does it; what it raises is its failure.
        again_seconds: pause after a failure.
        runs: how often it was done or tried.
        failures: how often it failed.
        problem: why it failed last, or empty.
    """

    name: str
    pause_seconds: float
    work: Callable[[], None]
    again_seconds: float = 60.0
    runs: int = 0
    failures: int = 0
    problem: str = ""
    _done_at: float | None = None
    _due_at: float = 0.0

    def step(self) -> bool:
        """Do it if it is due; whether what is wrong with it is another thing than before."""
        if time.monotonic() < self._due_at:
            return False
        before, problem = self.problem, ""
        try:
            self.work()
        except WilkError as error:
            problem = error.message
        except OSError as error:
            problem = f"the system refuses: {error.strerror or type(error).__name__}"
        except Exception as error:  # noqa: BLE001  # a fault of one chore must not end the others
            problem = f"it failed: {type(error).__name__}"
        now = time.monotonic()
        self.runs += 1
        self.problem = problem
        if problem:
            self.failures += 1
            self._due_at = now + min(self.again_seconds, self.pause_seconds)
        else:
            self._done_at, self._due_at = now, now + self.pause_seconds
        return problem != before

    def as_json(self) -> dict[str, Any]:
        """How it fares; its age is in seconds since it was done, or -1 where it never was."""
        age = NEVER if self._done_at is None else round(time.monotonic() - self._done_at, 3)
        return {
            "age_seconds": age,
            "failures": self.failures,
            "problem": self.problem,
            "runs": self.runs,
        }


class Worker:
    """A thread that does its chores, each when it is due, until it is told to stop.

    Args:
        chores: in the order in which they are done where several are due.
        log: told, in one line, when what is wrong with a chore changes.
    """

    def __init__(self, chores: Sequence[Chore], log: Callable[[str], None]) -> None:
        self.chores = tuple(chores)
        self._log = log
        self._stop = threading.Event()
        # Should a chore hang, the process must still end; each may be killed at any step.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no other chore; the one under way goes on."""
        self._stop.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether it works; one that ended without being told to is a fault."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            for chore in self.chores:
                if self._stop.is_set():
                    return
                before = chore.problem
                if chore.step():
                    self._log(f"{chore.name}: {chore.problem or f'well again: {before}'}")
            self._stop.wait(_TICK_SECONDS)
