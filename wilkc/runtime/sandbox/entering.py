"""Going into a namespace, in a child that ends there. Layer: runtime. setns(2).

For forked children that do nothing but system calls, so that it does not matter which threads
this process has.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from typing import Final

USER: Final = 0x10000000
NETWORK: Final = 0x40000000
MOUNTS: Final = 0x00020000
_NS_GET_USERNS: Final = 0xB701  # ioctl_ns(2)
_libc: Final = ctypes.CDLL(None, use_errno=True)


def namespace_of(pid: int, name: str, inode: int) -> int:
    """A descriptor of one namespace of a process.

    Args:
        pid: in this process's own process namespace.
        name: as under `/proc/<pid>/ns`.
        inode: of the namespace, as bubblewrap's status document says it.

    Raises:
        OSError: it cannot be opened, or is another one.
    """
    place = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
    # The number of a process may have been given to another one meanwhile.
    if os.fstat(place).st_ino != inode:
        os.close(place)
        raise OSError(0, "it is not the namespace that bubblewrap made")
    return place


def owner_of(place: int) -> int:
    """A descriptor of the user namespace that a namespace belongs to.

    Raises:
        OSError: it lies outside of this process's own.
    """
    return fcntl.ioctl(place, _NS_GET_USERNS)


def enter(place: int, kind: int) -> None:
    """Go into a namespace.

    Raises:
        OSError: the kernel refuses.
    """
    if _libc.setns(place, kind) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
