"""Acts again and again, and says what became of each attempt. Started by stage.py.

usage: agent.py SOCKET AUDIT WORKSPACE RATES CONTROL

It forks after its guard was made and used, so that a parent and a child act by one guard. Both
end when CONTROL/stop is there; the time of day that they see is off by the seconds in
CONTROL/clock.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wilkc.runtime import Guard, PermissionDenied, SharedLog
from wilkc.runtime.audit import AuditSettings
from wilkc.runtime.guard import steps
from wilkc.runtime.limits import SqliteStore

if TYPE_CHECKING:
    from datetime import tzinfo

SECONDS = 0.5
ACTIONS = {
    "app": ("file:./src/app.ts", "read"),
    "secret": ("file:./src/secrets/token", "read"),
    "later": ("file:./new/later.ts", "read"),
    "model": ("llm:gpt-4", "request"),
}
_time_ns = time.time_ns


def attempt(guard: Guard, name: str) -> None:
    """Try one action and tell what became of it."""
    told: dict[str, Any] = {"name": name, "process": os.getpid(), "at": time.monotonic()}
    try:
        with guard.action(*ACTIONS[name]) as action:
            told |= {"ran": True, "detail": action.decision.detail}
    except PermissionDenied as error:
        told |= {"ran": False, "detail": error.decision.detail}
    told["seconds"] = time.monotonic() - told["at"]
    # One write of a short line is never mixed with another's, see pipe(7).
    os.write(1, f"{json.dumps(told)}\n".encode())


def step_clock(control: Path) -> None:
    """Let the time of day be off by what the control file says, from now on."""

    def off() -> int:
        try:
            return int((control / "clock").read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=off())

    assert "datetime" in vars(steps), "the guard reads the time of day in another place"
    vars(steps)["datetime"] = Stepped
    # The log's clock.
    time.time_ns = lambda: _time_ns() + off() * 10**9
    time.time = lambda: time.time_ns() / 1e9


def main() -> None:
    """Act until told to stop."""
    socket, audit, workspace, rates, control = map(Path, sys.argv[1:])
    step_clock(control)
    settings = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
    log = SharedLog(audit / "log", audit / "keys", audit / "provider", settings)
    guard = Guard(
        socket,
        log,
        agent="worker",
        workspace=workspace,
        rates=SqliteStore(rates),
        seconds=SECONDS,
    )
    attempt(guard, "app")
    child = os.fork()
    while not (control / "stop").exists():
        for name in ACTIONS:
            attempt(guard, name)
        time.sleep(0.02)
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
