"""Checks between bubblewrap's start and the command's. Layer: runtime.

bubblewrap waits for a byte before it starts the command. Until then the shim looks at what
was really mounted; a difference from the plan ends the launch before it began.
"""

from __future__ import annotations

import json
import os
import select
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.sandbox.mountinfo import MountPoint, difference, expected, parse, strayed
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.runtime.sandbox.view import Bind, Lent, View

STATUS_SECONDS: Final = 10.0
MOUNT_SECONDS: Final = 2.0
"""Without any change of the mount table; a machine that does other things is slow, not stuck."""
MOUNTS_SECONDS: Final = 30.0
"""For all mounts together."""
_LOOK_SECONDS: Final = 0.0002
"""A mount takes a fraction of a millisecond, and the command waits for the last look."""
_STATUS_BYTES: Final = 4096


class StatusReader:
    """Reads the JSON documents that bubblewrap writes, one a line, in pieces of any size."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._text = b""

    def first(self) -> dict[str, Any] | None:
        """The first document; None if bubblewrap ended without one.

        Raises:
            SandboxRefusedError: it took too long.
        """
        deadline = time.monotonic() + STATUS_SECONDS
        while b"\n" not in self._text:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._fd], [], [], left)[0]:
                raise SandboxRefusedError("sandbox.start_failed", "bubblewrap does not answer")
            chunk = os.read(self._fd, _STATUS_BYTES)
            if not chunk:
                return None
            self._text += chunk
        line, _, self._text = self._text.partition(b"\n")
        return _document(line)

    def exit_code(self) -> int | None:
        """The command's exit code, once bubblewrap has ended; None if nothing was executed."""
        while select.select([self._fd], [], [], 0)[0]:
            chunk = os.read(self._fd, _STATUS_BYTES)
            if not chunk:
                break
            self._text += chunk
        for line in self._text.splitlines():
            code = _document(line).get("exit-code")
            if isinstance(code, int):
                return code
        return None


def document_of(reader: StatusReader) -> dict[str, Any]:
    """What bubblewrap reports of the sandbox, with the number of the first process inside.

    Raises:
        SandboxRefusedError: bubblewrap ended without one.
    """
    document = reader.first()
    if document is None or not isinstance(document.get("child-pid"), int):
        raise SandboxRefusedError(
            "sandbox.start_failed", "bubblewrap ended without starting anything"
        )
    return document


def _document(line: bytes) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def host_mounts() -> tuple[MountPoint, ...]:
    """The host's own mount table."""
    return parse(Path("/proc/self/mountinfo").read_bytes())


def await_mounts(pid: int, view: View, host: Sequence[MountPoint]) -> None:
    """Wait until the view is built, and require that it is the planned one.

    Args:
        pid: the blocked process, in the shim's own process namespace.
        view: what was planned.
        host: the host's mount table from before the start.

    Raises:
        SandboxRefusedError: the view differs, or is not ready in time.
    """
    wanted = expected(view, host)
    end = time.monotonic() + MOUNTS_SECONDS
    stalled, before = time.monotonic() + MOUNT_SECONDS, b""
    while True:
        looked = time.monotonic()
        try:
            text = Path(f"/proc/{pid}/mountinfo").read_bytes()
        except OSError as error:
            raise SandboxRefusedError(
                "sandbox.view_differs", "in the sandbox bubblewrap has ended"
            ) from error
        changed = text != before
        if changed:
            stalled, before = time.monotonic() + MOUNT_SECONDS, text
        late = time.monotonic() > min(stalled, end)
        if late or (changed and text.count(b"\n") >= len(wanted)):
            found = difference(wanted, parse(text))
            if not found:
                break
            if late:
                raise SandboxRefusedError("sandbox.view_differs", f"in the sandbox {found}")
        # Reading a long table again and again would take the time that bubblewrap needs.
        time.sleep(max(_LOOK_SECONDS, time.monotonic() - looked))
    if found := strayed(view, text):
        raise SandboxRefusedError("sandbox.view_differs", f"in the sandbox {found}")
    require_same_files(pid, view)


def require_same_files(pid: int, view: View) -> None:
    """What is seen at each mount must be the very file or directory that was judged.

    Args:
        pid: the blocked process, in the shim's own process namespace.
        view: what was planned.

    Raises:
        SandboxRefusedError: something else is there, or it cannot be looked at.
    """
    shown: tuple[Bind | Lent, ...] = (*view.binds, *view.lent)
    for bind in shown:
        try:
            status = os.stat(f"/proc/{pid}/root{bind.path}", follow_symlinks=False)  # noqa: PTH116
        except OSError as error:
            raise SandboxRefusedError(
                "sandbox.view_differs", f"`{bind.path}` cannot be looked at: {error.strerror}"
            ) from error
        if (status.st_dev, status.st_ino) != (bind.device, bind.inode):
            raise SandboxRefusedError(
                "sandbox.view_differs", f"`{bind.path}` was replaced while the sandbox was built"
            )


def require_same_hidden(inodes: Mapping[str, int]) -> None:
    """What was found and hidden still has its name: under another one nobody looked at it.

    Args:
        inodes: of hidden files by their real paths, on the host.

    Raises:
        SandboxRefusedError: something else is there, or nothing.
    """
    for path, inode in inodes.items():
        try:
            same = os.lstat(path).st_ino == inode
        except OSError:
            same = False
        if not same:
            raise SandboxRefusedError(
                "sandbox.view_differs", f"`{path}` was replaced while the sandbox was built"
            )


def require_confined(pid: int, plan: SandboxPlan) -> None:
    """A security module that the policy demands must confine the process.

    Raises:
        SandboxRefusedError: it does not.
    """
    if not (plan.apparmor or plan.selinux):
        return
    try:
        label = Path(f"/proc/{pid}/attr/current").read_bytes().rstrip(b"\0\n ")
    except OSError:
        label = b""
    if not label or label.startswith(b"unconfined") or b":unconfined_t:" in label:
        raise SandboxRefusedError(
            "sandbox.precondition",
            "the policy demands AppArmor or SELinux, and neither confines the command",
            help_text="load a profile for the command, or set `security.apparmor` and"
            " `security.selinux` to false",
        )
