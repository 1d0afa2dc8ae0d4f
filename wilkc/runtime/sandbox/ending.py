"""Ending what was started, whatever went wrong with it. Layer: runtime."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from wilkc.runtime.sandbox import probe
from wilkc.runtime.sandbox.attending import GRACE_SECONDS, await_end
from wilkc.runtime.sandbox.killing import kill_those
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.usage import tree

if TYPE_CHECKING:
    from wilkc.runtime.sandbox.groups import Group


class Started(Protocol):
    """The process that everything of a launch is below: bubblewrap, or the one in its place."""

    pid: int
    stdout: Any
    stderr: Any
    returncode: int | None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


def with_words(process: Started, group: Group, message: str) -> SandboxRefusedError:
    """The refusal, with the cause that bubblewrap's own words point to.

    Args:
        process: is ended.
        group: of the launch.
        message: what went wrong, where nothing was said.
    """
    _kill(process, group)
    words = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
    if not words:
        return SandboxRefusedError("sandbox.start_failed", message)
    cause, fix = probe.explain(words)
    return SandboxRefusedError("sandbox.start_failed", f"{cause}: {words}", help_text=fix)


def end(process: Started, group: Group) -> None:
    """Whatever happened: nothing of the launch runs on, and nothing of it stays open."""
    if process.returncode is None:
        _kill(process, group)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _kill(process: Started, group: Group) -> None:
    """Kill all below the process, and the process itself if it does not end for that.

    The blocked process does not yet die with its parent, so each is killed by itself.
    """
    if process.returncode is None:
        below = _below(process.pid)
        kill_those(partial(_below, process.pid))
        own = os.pidfd_open(process.pid)
        try:
            await_end(own, GRACE_SECONDS if below else 0)
        finally:
            os.close(own)
        process.kill()
    group.kill()


def _below(top: int) -> list[int]:
    """What a process has started, the innermost first."""
    return [pid for pid in reversed(tree(top)) if pid != top]
