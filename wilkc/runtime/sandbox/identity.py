"""Whom a command runs as. Layer: runtime.

bubblewrap started by root still is the kernel's uid 0, whatever uid it maps: only giving up
the identity before it starts confines it.
"""

from __future__ import annotations

import errno
import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import SandboxPlan

FALLBACK_USER: Final = "wilk"
NOBODYS_GROUP: Final = 65534
PRIVATE_HOME: Final = "/home/wilk"
_ACCESS_LIST: Final = "system.posix_acl_access"
_ROOT_TEXT: Final = "the workspace belongs to root, and commands never run as root unasked"
_ROOT_HELP: Final = (
    "give the workspace to an ordinary user, or name one with `run_as` in the sandbox section"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The run identity.

    Attributes:
        uid: user id.
        gid: group id; there are no supplementary groups after a drop.
        home: the user's home directory, or None where it has none.
        drop: whether the shim has to give up root for it.
    """

    uid: int
    gid: int
    home: str | None
    drop: bool

    def may_search(self, status: os.stat_result) -> bool:
        """Whether the identity may enter a directory, by its mode bits.

        Access lists are not read: where they matter the launch fails, it is not widened.
        """
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return bool(status.st_mode >> shift & 1) or self.uid == 0


def has_access_list(path: str) -> bool:
    """Whether more than the mode bits says who may enter a directory (acl(5))."""
    try:
        return bool(os.getxattr(path, _ACCESS_LIST))
    except OSError as error:
        # What cannot be asked about may have one.
        return error.errno not in {errno.ENODATA, errno.EOPNOTSUPP}


def choose_identity(plan: SandboxPlan, workspace: os.stat_result) -> Identity:
    """Whom to run as: oneself, or, started by root, somebody who is not root.

    Raises:
        SandboxRefusedError: there is nobody suitable.
    """
    if os.geteuid() != 0:
        return _unprivileged(plan)
    if plan.run_as:
        return _named(plan.run_as)
    if workspace.st_uid != 0:
        uid = workspace.st_uid
        return Identity(uid, _group(uid, workspace.st_gid), _home(uid), drop=True)
    if plan.allow_root:
        return Identity(0, 0, _home(0), drop=False)
    try:
        return _named(FALLBACK_USER)
    except SandboxRefusedError as error:
        raise SandboxRefusedError("sandbox.identity", _ROOT_TEXT, help_text=_ROOT_HELP) from error


def _unprivileged(plan: SandboxPlan) -> Identity:
    uid = os.geteuid()
    if plan.run_as and _named(plan.run_as).uid != uid:
        raise SandboxRefusedError(
            "sandbox.identity",
            f"the policy says `run_as: {plan.run_as}`, and only root can become another user",
            help_text="start wilkc as that user, or as root",
        )
    return Identity(uid, os.getegid(), _home(uid), drop=False)


def _named(name: str) -> Identity:
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise SandboxRefusedError(
            "sandbox.identity",
            f"there is no user `{name}` on this host",
            help_text="create the user, or name another one with `run_as`",
        ) from error
    if entry.pw_uid == 0:
        raise SandboxRefusedError("sandbox.identity", _ROOT_TEXT, help_text=_ROOT_HELP)
    gid = _group(entry.pw_uid, entry.pw_gid)
    return Identity(entry.pw_uid, gid, _existing(entry.pw_dir), drop=os.geteuid() == 0)


def _group(uid: int, gid: int) -> int:
    """Never root's: what root's group may read, such as `/etc/sudoers`, is not for commands."""
    if gid != 0:
        return gid
    try:
        return pwd.getpwuid(uid).pw_gid or NOBODYS_GROUP
    except KeyError:
        return NOBODYS_GROUP


def _home(uid: int) -> str | None:
    try:
        return _existing(pwd.getpwuid(uid).pw_dir)
    except KeyError:
        return None


def _existing(directory: str) -> str | None:
    real = os.path.realpath(directory)
    return real if real != "/" and os.path.isdir(real) else None  # noqa: PTH112  # bytes-safe text
