"""Descriptors that a launch hands to bubblewrap. Layer: runtime."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.obeyed import COMMONDIR, ITSELF
from wilkc.runtime.sandbox.seal import filter_bytes
from wilkc.runtime.sandbox.static import data_files
from wilkc.runtime.sandbox.view import Handles

if TYPE_CHECKING:
    from wilkc.runtime.sandbox.descriptors import Descriptors
    from wilkc.runtime.sandbox.prepare import Prepared

RESULT: Final = 3
"""The descriptor that a command writes its result to."""
SHELL: Final = "/bin/sh"
RESULT_WORDS: Final = (SHELL, "-c", f'exec "$@" {RESULT}>&0 </dev/null', "wilk")
"""Words before bubblewrap's that make of its standard input the result's descriptor.

Between fork and exec nothing of this process runs, so nothing there could give a descriptor a
number of its own; a shell's redirection can. The text is fixed, and no part of the command.
"""


def handles(prepared: Prepared, fds: Descriptors, status: int, block: int) -> Handles:
    """Everything that bubblewrap reads from descriptors, ready to be read.

    Raises:
        SandboxRefusedError: there is no system call filter for this machine.
    """
    given = {**data_files(prepared.view.home), **prepared.job.files}
    data = {path: fds.memory(content) for path, content in given.items()}
    data |= {
        mask.path: fds.memory(ITSELF if mask.path.endswith(f"/{COMMONDIR}") else b"")
        for mask in prepared.view.masks
        if mask.kind == "empty_file"
    }
    program = filter_bytes(prepared.job.plan)
    seccomp = None if program is None else fds.memory(program)
    return Handles(status, block, seccomp, data)


def keep_result_number() -> None:
    """Keep the result's number from being given to another descriptor, for this process's life.

    Whoever asks for a descriptor gets the lowest free number. Where something else of this
    process has it nothing is done, as nothing of a launch can have it then.
    """
    low: list[int] = []
    try:
        while (fd := os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)) < RESULT:
            low.append(fd)
        if fd > RESULT:
            low.append(fd)
    finally:
        for fd in low:
            os.close(fd)
