"""Hiding many files, from outside, once bubblewrap has built the rest. Layer: runtime.

bubblewrap reads its whole mount table for each bind, which for n masks takes the time of n
squared. So it hides a first file, and while it is blocked a child of this process goes into its
mount namespace and binds the same mask onto the others: a bind of a bind is as read-only and as
useless as that is (mount(2), mount_namespaces(7)). The child has no more rights than bubblewrap
had: it becomes whom the command runs as before it goes in. Whether every mask then stands where
it was planned is seen in the mount table, before the command starts, as for all others.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from wilkc.runtime.sandbox.entering import MOUNTS, USER, enter, namespace_of, owner_of
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.runtime.sandbox.identity import Identity
    from wilkc.runtime.sandbox.view import View

FEW: Final = 12
"""Files that bubblewrap hides as fast as a child of this process could."""
_SECONDS: Final = 10.0
_DONE: Final = b"."
_WORDS: Final = 300
_MS_BIND: Final = 4096
_libc: Final = ctypes.CDLL(None, use_errno=True)


def divided(view: View) -> tuple[View, tuple[str, ...]]:
    """What bubblewrap builds, and the files that are hidden once it has.

    The first of these is among what bubblewrap hides; none where they are few.
    """
    covered = {mask.path for mask in view.masks if mask.kind != "freeze"}
    chosen = [
        mask.path
        for mask in view.masks
        if mask.kind == "hide_file" and not mask.ghost and not _is_below(mask.path, covered)
    ]
    if len(chosen) <= FEW:
        return view, ()
    later = set(chosen[1:])
    return replace(view, masks=tuple(m for m in view.masks if m.path not in later)), tuple(chosen)


def _is_below(path: str, tops: set[str]) -> bool:
    while path := path.rpartition("/")[0]:
        if path in tops:
            return True
    return False


def hide(pid: int, document: Mapping[str, Any], paths: Sequence[str], identity: Identity) -> None:
    """Hide files in the mount namespace of a blocked process as the first of them is hidden.

    Args:
        pid: the blocked process, in this process's own process namespace.
        document: bubblewrap's status document.
        paths: as the sandbox names them; the first is hidden already.
        identity: whom the command runs as.

    Raises:
        SandboxRefusedError: they cannot be hidden.
    """
    words: list[tuple[bytes, bytes]] = [
        (os.fsencode(paths[0]), os.fsencode(path)) for path in paths[1:]
    ]
    inode = document.get("mnt-namespace")
    ours, theirs = os.pipe2(os.O_CLOEXEC)
    try:
        child = os.fork()
        if child == 0:
            _bind(pid, inode if isinstance(inode, int) else 0, words, identity, theirs)
        os.close(theirs)
        theirs = -1
        try:
            told = select.select([ours], [], [], _SECONDS)[0] and os.read(ours, _WORDS)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    except OSError as error:
        raise _refused(error.strerror or "there is no room") from error
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)
    if told != _DONE:
        raise _refused(told.decode("utf-8", "replace") if told else "it takes too long")


def _bind(
    pid: int, inode: int, pairs: Sequence[tuple[bytes, bytes]], identity: Identity, told: int
) -> NoReturn:
    """In the child: go in, hide, say so, end; it never returns to what forked it."""
    try:
        try:
            place = namespace_of(pid, "mnt", inode)
            if identity.drop:
                os.setgroups([])
                os.setresgid(identity.gid, identity.gid, identity.gid)
                os.setresuid(identity.uid, identity.uid, identity.uid)
            enter(owner_of(place), USER)
            enter(place, MOUNTS)
            for mask, path in pairs:
                _mount(mask, path)
            os.write(told, _DONE)
        except OSError as error:
            os.write(told, (error.strerror or "it cannot be entered").encode()[:_WORDS])
    finally:
        os._exit(0)


def _mount(mask: bytes, path: bytes) -> None:
    if _libc.mount(mask, path, None, _MS_BIND, None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _refused(why: str) -> SandboxRefusedError:
    return SandboxRefusedError(
        "sandbox.precondition",
        f"so many blocked files cannot be hidden in the sandbox: {why}",
        help_text="in a container allow setns(2) in its seccomp profile, or block whole folders"
        " instead of many files",
    )
