"""Threads that have the rights of another user over files. Layer: runtime.

setfsuid(2) is of one thread, and shows it to no signal and no ptrace(2) of that user. A thread that
is a user stays it: no exception of a signal can come in between and leave one that is root's
half changed. It serves the thread that asked first, as long as that one lives, so that what is
begun by it can be undone by it where there is no room for another thread any more.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import queue
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
Owner = tuple[int, int]
"""User and group."""

_libc: Final = ctypes.CDLL(None, use_errno=True)
_SET_GROUPS: Final = {"x86_64": 116, "aarch64": 159}
"""setgroups(2) itself: the C library's function is for all threads of the process."""
_ASK: Final = -1
"""No user has this number: the answer of setfsuid is who it is."""


def acting_as(uid: int, gid: int, act: Callable[[], Answer]) -> Answer:
    """Do something to files as a user, where this process is root and the user is not.

    Args:
        uid: of the user.
        gid: of the user's group; there are no others.
        act: what is done; nothing but calls on files.

    Raises:
        OSError: what it raises, or there is no way to be that user.
    """
    if os.geteuid() != 0 or uid == 0:
        return act()
    task = _Task(act)
    _hands.of((uid, gid)).put(task)
    try:
        task.done.wait()
    except BaseException:
        # Of a signal: what is under way ends before anything is done about it.
        task.done.wait()
        raise
    if task.error is not None:
        raise task.error
    return task.answer  # type: ignore[no-any-return]  # what `act` gave


def ready_as(uid: int, gid: int) -> None:
    """Make sure that `acting_as` will find a thread, as long as the asking one lives.

    Raises:
        OSError: there is none.
    """
    acting_as(uid, gid, lambda: None)


class _Task:
    """One thing to do, and what came of it."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self.done = threading.Event()
        self.answer: Any = None
        self.error: BaseException | None = None

    def run(self, hindered: OSError | None) -> None:
        self.error = hindered
        try:
            if hindered is None:
                self.answer = self._act()
        except BaseException as error:  # noqa: BLE001  # raised again by who waits
            self.error = error
        finally:
            self.done.set()


class _Hands(threading.local):
    """The threads that serve one thread, by whom they are."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._found: dict[Owner, _Hand] = {}

    def of(self, owner: Owner) -> _Hand:
        if self._process != os.getpid():  # none of them is in a forked process
            self._process, self._found = os.getpid(), {}
        if owner not in self._found:
            self._found[owner] = _Hand(owner)
        return self._found[owner]


class _Hand:
    """A thread that is somebody else; it ends when nobody can ask it any more."""

    def __init__(self, owner: Owner) -> None:
        tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        thread = threading.Thread(
            target=_serve, args=(owner, tasks), daemon=True, name="wilk-acting"
        )
        try:
            thread.start()
        except RuntimeError as error:
            raise OSError(errno.EAGAIN, str(error)) from error
        self.put = tasks.put
        weakref.finalize(self, tasks.put, None).atexit = False


def _serve(owner: Owner, tasks: queue.SimpleQueue[_Task | None]) -> None:
    hindered: OSError | None = None
    try:
        _become(*owner)
    except OSError as error:
        hindered = error
    for task in iter(tasks.get, None):
        task.run(hindered)
        del task  # What it holds is its caller's.


def _become(uid: int, gid: int) -> None:
    """Give up root's rights over files, in this thread; see capabilities(7)."""
    number = _SET_GROUPS.get(platform.machine())
    if number is None or _libc.syscall(number, 0, None) != 0:
        raise PermissionError(1, "the groups of root cannot be given up")
    _libc.setfsgid(gid)
    _libc.setfsuid(uid)
    # Neither of them says whether it worked.
    if _libc.setfsgid(_ASK) != gid or _libc.setfsuid(_ASK) != uid:
        raise PermissionError(1, "the rights of root cannot be given up")


_hands = _Hands()
