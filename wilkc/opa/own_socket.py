"""Noticing that OPA's socket was removed or replaced. Layer: opa.

OPA itself does not notice: it goes on waiting at a socket that no path leads to. And a second
OPA that somebody starts on the same path removes what stands there and takes its place.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class OwnSocket:
    """Knows the socket of each run of OPA by its device and inode.

    Args:
        path: where it stands.
        answers: whether OPA answers there, as only the own one can.
        seconds: how long a run may take until it answers.
    """

    def __init__(self, path: Path, answers: Callable[[], bool], *, seconds: float) -> None:
        self._path = path
        self._answers = answers
        self._seconds = seconds
        self._run = -1
        self._since = 0.0
        self._own: tuple[int, int] | None = None

    def lost(self, run: int) -> bool:
        """Whether the socket of this run of OPA is not at its path, or never came to be.

        Args:
            run: number of the run, another one for each start.
        """
        if run != self._run:
            self._run, self._since, self._own = run, time.monotonic(), None
        seen = self._seen()
        if self._own is not None:
            return seen != self._own
        # What stands there before the first answer may have been left by the run before.
        if seen is not None and self._answers():
            self._own = seen
        return self._own is None and time.monotonic() - self._since > self._seconds

    def _seen(self) -> tuple[int, int] | None:
        try:
            found = os.lstat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino
