"""Which interpreter a file would be run by. Layer: runtime. execve(2), interpreter scripts.

A file that begins with `#!` runs another program. The decision point cannot read files, so
the enforcement point tells it.
"""

from __future__ import annotations

import os
from typing import Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError
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
        SandboxRefusedError: the way to the file is a circle of links or closed; or the file cannot
            be read: the kernel would still run what its first line says (execve(2)).
    """
    if "/" not in program:
        return ""
    opened = open_real(program if program.startswith("/") else f"{workspace}/{program}")
    if opened is None:
        return ""
    try:
        head = _head(opened.fd) if opened.regular else b""
    except OSError as error:
        raise SandboxRefusedError(
            "sandbox.precondition",
            f"`{program}` cannot be read, so that nobody can tell what would run it:"
            f" {error.strerror}",
            help_text=f"let whoever runs Wilk read it: `chmod a+r {program}`",
        ) from error
    finally:
        os.close(opened.fd)
    if not head.startswith(b"#!"):
        return ""
    line = head[2:].partition(b"\n")[0].decode("utf-8", "replace")
    # As the kernel does (binfmt_script.c): for it no other character ends a word.
    words = [word for word in line.replace("\t", " ").split(" ") if word]
    if len(words) > 1 and words[0].rpartition("/")[2] == "env":
        # Options of env could run anything: then env itself is what has to be listed.
        return words[0] if words[1].startswith("-") or "=" in words[1] else words[1]
    return words[0] if words else "#!"


def _head(fd: int) -> bytes:
    file = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, MAX_LINE)
    finally:
        os.close(file)
