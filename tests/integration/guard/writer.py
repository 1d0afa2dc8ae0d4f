"""Writes a file as an agent's action, and is killed on the way where it is told to.

Started by test_records.py: writer.py SOCKET LOG KEYS PROVIDER WORKSPACE MOMENT
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from wilkc.runtime import Guard, SharedLog
from wilkc.runtime.audit import AuditSettings


def main() -> None:
    """Write `reports/made.md`."""
    socket, log, keys, provider, workspace, moment = sys.argv[1:]
    settings = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
    recorder = SharedLog(Path(log), Path(keys), Path(provider), settings)
    record = recorder.intent

    def recording(*args: Any, **given: Any) -> Any:
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = record(*args, **given)
        if moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    recorder.intent = recording  # type: ignore[method-assign]  # where it dies
    guard = Guard(Path(socket), recorder, agent="worker", workspace=workspace, seconds=20)
    asked = {"properties": {"size": 1}}
    with guard.action("file:./reports/made.md", "write", **asked) as action:
        Path(action.path).write_text("x", encoding="ascii")
        if moment == "inside":
            os.kill(os.getpid(), signal.SIGKILL)


main()
