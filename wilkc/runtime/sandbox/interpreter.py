"""Which interpreter a file would be run by. Layer: runtime. execve(2), interpreter scripts.

A file that begins with `#!` runs another program. The decision point cannot read files, so
the enforcement point tells it.
"""

from __future__ import annotations

import os
from typing import Final

from wilkc.runtime.sandbox.resolve import open_real

MAX_LINE: Final = 256
"""Bytes of a `#!` line that the kernel looks at (BINPRM_BUF_SIZE)."""


def interpreter_of(program: str, workspace: str) -> str:
    """The interpreter that a program's `#!` line names, or empty where there is none.

    Args:
        program: first word of a command; only one with a `/` is a file of its own.
        workspace: working directory of the command.

    Returns:
        For `#!/usr/bin/env NAME` the name; for any other line the program as it stands.

    Raises:
        SandboxRefusedError: the way to the file is a circle of links or closed.
    """
    if "/" not in program:
        return ""
    opened = open_real(program if program.startswith("/") else f"{workspace}/{program}")
    if opened is None:
        return ""
    try:
        head = _head(opened.fd) if opened.regular else b""
    finally:
        os.close(opened.fd)
    if not head.startswith(b"#!"):
        return ""
    words = head[2:].partition(b"\n")[0].decode("utf-8", "replace").split()
    if len(words) > 1 and words[0].rpartition("/")[2] == "env":
        # Options of env could run anything: then env itself is what has to be listed.
        return words[0] if words[1].startswith("-") or "=" in words[1] else words[1]
    return words[0] if words else "#!"


def _head(fd: int) -> bytes:
    try:
        file = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, MAX_LINE)
    finally:
        os.close(file)
