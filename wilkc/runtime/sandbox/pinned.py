"""That the program about to run is the very file that was pinned. Layer: runtime.

Looked at through the blocked process's own view, after everything is mounted: not the file of
that name on the host, but the one that the command is going to be. What may write to that file
while the command starts is not checked here.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.resolve import open_real

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.view import View

_CHUNK: Final = 2**20


def require_pinned(pid: int, job: Job, view: View) -> None:
    """The program's file has the digest that the job names, if it names one.

    Args:
        pid: the blocked process.
        job: names program and digest.
        view: names working directory and search path.

    Raises:
        SandboxRefusedError: another file would run, or none is found.
    """
    if not job.digest:
        return
    root = f"/proc/{pid}/root"
    for path in _candidates(job.command[0], view):
        opened = open_real(path, top=root)
        if opened is None:
            continue
        try:
            found = _digest(opened.fd) if opened.regular else ""
        finally:
            os.close(opened.fd)
        if found and found != job.digest:
            raise _refused(f"`{opened.path}` is not the file that was pinned", found)
        if found:
            return
    raise _refused(f"`{job.command[0]}` is not there to be compared with what was pinned", "")


def _candidates(program: str, view: View) -> Iterator[str]:
    """As execvp(3) searches."""
    if "/" in program:
        yield program if program.startswith("/") else f"{view.cwd}/{program}"
        return
    for folder in dict(view.environment)["PATH"].split(":"):
        yield f"{folder}/{program}"


def _digest(fd: int) -> str:
    state = hashlib.sha256()
    try:
        file = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(f"the pinned program cannot be read: {error.strerror}", "") from error
    try:
        while chunk := os.read(file, _CHUNK):
            state.update(chunk)
    finally:
        os.close(file)
    return state.hexdigest()


def _refused(message: str, found: str) -> SandboxRefusedError:
    told = f"its digest is {found}; pin that one if the change is known" if found else ""
    return SandboxRefusedError("sandbox.program_differs", message, help_text=told)
