"""Opens a log for itself, as `wilkc audit recover` does, and is killed at a step.

Started by test_recover_kill.py: recovering.py LOG KEYS PROVIDER STEP, a step being a call that
changes the disk. Ends with 0 where there are fewer steps.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from wilkc.runtime.audit import AuditLogger
from wilkc.runtime.disk import Disk

CALLS = ("write", "datasync", "sync", "truncate", "replace", "unlink", "sync_directory")


def main() -> None:
    """Recover until the step."""
    log, keys, provider, step = sys.argv[1:]
    left = int(step)

    class Killed(Disk):
        def __getattribute__(self, name: str) -> Any:
            nonlocal left
            if name in CALLS:
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
            return super().__getattribute__(name)

    AuditLogger.open(Path(log), Path(keys), provider=Path(provider), disk=Killed()).close()


main()
