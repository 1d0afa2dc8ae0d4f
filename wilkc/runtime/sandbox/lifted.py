"""Noticing that a mask is gone while the command runs. Layer: runtime.

A mask stands on a file, not on its name. Where a process of the host puts another file in its place
(an editor saves so, and git its settings), the kernel takes the mask away in every namespace; where
it moves the file, the mask moves along and the name is free. Either way what has the name now is in
the command's reach. The kernel says so of the mount table (proc(5), POLLPRI on `mountinfo`), and of
names in a directory (inotify(7)).
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.descriptors import let_go
from wilkc.runtime.sandbox.mountinfo import parse
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.watch import Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wilkc.runtime.sandbox.view import View

_IN_MOVED: Final = 0x40 | 0x80
_IN_CREATE: Final = 0x100
_IN_DELETE: Final = 0x200
_IN_ONLYDIR: Final = 0x01000000
_IN_DONT_FOLLOW: Final = 0x02000000
_IN_OVERFLOW: Final = 0x4000
_EVENTS: Final = _IN_MOVED | _IN_CREATE | _IN_DELETE | _IN_ONLYDIR | _IN_DONT_FOLLOW
_HEAD: Final = struct.Struct("iIII")
_BYTES: Final = 2**16
UNTOLD_SECONDS: Final = 1.0
"""Between looks, where the host has no room for watching names."""
_NOT_THERE: Final = frozenset({errno.EACCES, errno.ENOENT, errno.ENOTDIR})
_libc: Final = ctypes.CDLL(None, use_errno=True)


class Masks:
    """The masks and pins of one running command; `close` lets go of its mount table.

    Args:
        pid: the blocked process, whose view is built.
        view: what was planned.

    Raises:
        SandboxRefusedError: one is gone already.
        OSError: the mount table cannot be read.
    """

    def __init__(self, pid: int, view: View) -> None:
        self._paths = frozenset({*view.pins, *(mask.path for mask in view.masks)})
        self._above = _above(self._paths, ["/"] if view.whole else [one.path for one in view.binds])
        self._table = os.open(f"/proc/{pid}/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
        self._names: dict[int, frozenset[bytes]] = {}
        self._told = self._watched() if self._paths else -1
        lost = self.lost()
        if lost:
            self.close()
            raise SandboxRefusedError("sandbox.view_differs", f"in the sandbox `{lost}` is gone")

    def looks(self) -> tuple[Look, ...]:
        """What is waited for beside the command's end."""
        if not self._paths:
            return ()
        table = Look(self._table, select.POLLPRI, self.lost)
        return (
            (table, Look(self._told, select.POLLIN, self._heard)) if self._told >= 0 else (table,)
        )

    @property
    def seconds(self) -> float | None:
        """After how long to look without being told; None for never."""
        return UNTOLD_SECONDS if self._paths and self._told < 0 else None

    def lost(self) -> str:
        """One that is not where it was planned; empty if there is none."""
        if not self._paths:
            return ""
        text, at = bytearray(), 0
        while chunk := os.pread(self._table, _BYTES, at):
            text += chunk
            at += len(chunk)
        return min(self._paths.difference(one.path for one in parse(bytes(text))), default="")

    def close(self) -> None:
        """Let go of the mount table, which lives as long as it is held."""
        let_go([fd for fd in (self._table, self._told) if fd >= 0])
        self._table = self._told = -1

    def _watched(self) -> int:
        """A descriptor that tells of changes in the directories of all of them; -1 for none."""
        folders: dict[str, set[bytes]] = defaultdict(set)
        for path in {*self._paths, *self._above}:
            top, _, name = path.rpartition("/")
            folders[top or "/"].add(os.fsencode(name))
        fd = _libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        for top, names in folders.items() if fd >= 0 else ():
            number = _libc.inotify_add_watch(fd, os.fsencode(top), _EVENTS)
            # What this process may not look into it is not told of; nor what is no directory here.
            if number < 0 and ctypes.get_errno() not in _NOT_THERE:
                os.close(fd)
                return -1
            if number >= 0:
                self._names[number] = self._names.get(number, frozenset()) | names
        return int(fd)

    def _heard(self) -> str:
        """Whether one is gone, where what was told may be of one."""
        return self.lost() if any(list(self._concerns(self._said()))) else ""

    def _said(self) -> bytes:
        try:
            return os.read(self._told, _BYTES)
        except BlockingIOError:
            return b""

    def _concerns(self, text: bytes) -> Iterable[bool]:
        at = 0
        while at < len(text):
            number, what, _, length = _HEAD.unpack_from(text, at)
            at += _HEAD.size
            name = text[at : at + length].rstrip(b"\0")
            at += length
            yield bool(what & _IN_OVERFLOW) or name in self._names.get(number, ())


def _above(paths: Iterable[str], tops: Sequence[str]) -> set[str]:
    """The directories that masks lie in: one that is moved takes them along."""
    found: set[str] = set()
    for path in paths:
        here = path.rpartition("/")[0]
        while here and here not in found and any(is_within(here, top) for top in tops):
            found.add(here)
            here = here.rpartition("/")[0]
    return found.difference(tops)
