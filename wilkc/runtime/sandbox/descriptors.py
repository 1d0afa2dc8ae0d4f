"""Descriptors of one launch, each closed exactly once. Layer: runtime."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


class Descriptors:
    """Owns descriptors until they are closed one by one, or all at the end."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def own(self, fd: int) -> int:
        """Take a descriptor over."""
        self._open.add(fd)
        return fd

    def pipe(self) -> tuple[int, int]:
        """A new pipe: its reading and its writing end."""
        read, write = os.pipe2(os.O_CLOEXEC)
        return self.own(read), self.own(write)

    def gate(self) -> tuple[int, int]:
        """A pipe whose reading end never sees an end of file, and its writing end.

        bubblewrap takes an end of file for leave to go on, so the death of this process
        would start the command. Opened for both ways, the reader itself keeps it from that.
        """
        read, write = self.pipe()
        both = self.own(os.open(f"/proc/self/fd/{read}", os.O_RDWR | os.O_CLOEXEC))
        self.close(read)
        return both, write

    def memory(self, content: bytes) -> int:
        """A descriptor from which the given bytes can be read once."""
        fd = self.own(os.memfd_create("wilk", os.MFD_CLOEXEC))
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(content)
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def close(self, *fds: int) -> None:
        """Close some of them now."""
        for fd in fds:
            if fd in self._open:
                self._open.discard(fd)
                with suppress(OSError):
                    os.close(fd)

    def __enter__(self) -> Self:
        """Nothing happens at the beginning."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is still open."""
        self.close(*tuple(self._open))


def let_go(held: Sequence[int]) -> None:
    """Close what takes the kernel a while, while something else is done.

    A file system gives up what a removed directory took when the last who holds it lets it go,
    and a table of mounts its mounts: some take milliseconds for each.
    """
    if not held:
        return
    try:
        threading.Thread(
            target=close_all, args=(held,), daemon=True, name="wilk-letting-go"
        ).start()
    except RuntimeError:  # no more threads
        close_all(held)


def close_all(held: Sequence[int]) -> None:
    """Close them, each of which is open."""
    for fd in held:
        os.close(fd)
