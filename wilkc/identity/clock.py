"""The time that credentials end by. Layer: identity.

Whoever sets the host's clock back would bring ended credentials to life again. So time never
runs back within a process; a process that starts afterwards believes the clock it finds.
"""

from __future__ import annotations

import time


class Clock:
    """Seconds since 1970 that never run back."""

    def __init__(self) -> None:
        self._latest = 0

    def now(self) -> int:
        """The time, in whole seconds."""
        self._latest = max(self._latest, int(time.time()))
        return self._latest

    def saw(self, seconds: int) -> None:
        """It is at least this late."""
        self._latest = max(self._latest, seconds)
