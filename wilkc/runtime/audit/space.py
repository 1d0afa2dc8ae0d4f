"""Keeping room for denials when the disk fills. Layer: runtime.

Under the mark no action is allowed any more. The reserve is then given up, so that denials
and alarms can still be recorded, and made again before anything is allowed.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from wilkc.runtime.audit.files import RESERVE

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.settings import AuditSettings
    from wilkc.runtime.disk import Disk

_LOOK_SECONDS: Final = 1.0


class Space:
    """Watches the free space of a log's file system."""

    def __init__(self, directory: Path, settings: AuditSettings, disk: Disk) -> None:
        self._directory = directory
        self._path = directory / RESERVE
        self._settings = settings
        self._disk = disk
        self._looked = float("-inf")
        self._enough = False

    def enough(self) -> bool:
        """Whether actions may be allowed; looks at the disk at most once a second.

        Raises:
            OSError: the disk cannot be asked.
        """
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._enough = self._look()
            self._looked = now
        return self._enough

    def _look(self) -> bool:
        free = self._disk.free_bytes(self._directory)
        if free < self._settings.min_free_bytes:
            self._disk.unlink(self._path)
            return False
        if self._path.exists():
            return True
        if free < self._settings.min_free_bytes + self._settings.reserve_bytes:
            return False
        return self._make()

    def _make(self) -> bool:
        fd = self._disk.open(self._path, os.O_WRONLY | os.O_CREAT)
        try:
            if self._settings.reserve_bytes:
                self._disk.allocate(fd, self._settings.reserve_bytes)
        except OSError:
            self._disk.unlink(self._path)
            return False
        finally:
            self._disk.close(fd)
        return True
