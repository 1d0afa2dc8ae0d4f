"""Writing a private key where there is none. Layer: cli."""

from __future__ import annotations

import os

from wilkc.core.errors import UsageError


def write_new_key(file: str, text: str) -> None:
    """Write a key in a file that only its owner can read, durably.

    Args:
        file: which must not be there; a key is never written over.
        text: the key, one line of ASCII.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "w", encoding="ascii") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise UsageError(f"cannot write the key `{file}`: {error.strerror}") from error
