"""Directories that their owner has closed to itself. Layer: runtime.

A command may leave its own like that, so that nobody looks into them, moves or removes what is
in them. Only a descriptor says for certain which directory is meant.
"""

from __future__ import annotations

import os
import stat


def open_to_owner(directory: int, owner: int) -> None:
    """Give a directory's owner every right to it again; nothing of anybody else is touched.

    Args:
        directory: descriptor of the directory; O_PATH will do.
        owner: user id of whom it has to belong to.

    Raises:
        OSError: this process may not.
    """
    status = os.fstat(directory)
    if status.st_uid == owner and status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        mode = stat.S_IMODE(status.st_mode) | stat.S_IRWXU
        os.chmod(f"/proc/self/fd/{directory}", mode)  # noqa: PTH101  # of a descriptor
