"""What bubblewrap's refusals mean, and how to mend them. Layer: runtime.

bubblewrap names the system call that failed; the cause is a setting of the host. Each row is
a text that was seen, its cause and its cure.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError

BWRAP: Final = "/usr/bin/bwrap"
"""By absolute path: the first `bwrap` in PATH may be anybody's."""

_NEEDED: Final = ("--disable-userns", "--json-status-fd", "--perms", "--size", "--args")

INSTALL: Final = "install bubblewrap 0.8 or later, on Debian with `apt-get install bubblewrap`"


@dataclass(frozen=True, slots=True)
class Row:
    """A text of bubblewrap, what caused it, and how to mend it."""

    text: str
    cause: str
    fix: str


ROWS: Final = (
    Row(
        "No permissions to create new namespace",
        "this host or container forbids new user namespaces",
        "in a container allow user namespaces in its seccomp profile; on a host run"
        " `sysctl kernel.unprivileged_userns_clone=1`",
    ),
    Row(
        "setting up uid map: Permission denied",
        "AppArmor forbids user namespaces (kernel.apparmor_restrict_unprivileged_userns)",
        "load an AppArmor profile with `userns,` for /usr/bin/bwrap",
    ),
    Row(
        "loopback: Failed RTM_NEWADDR",
        "AppArmor forbids what bubblewrap does in its user namespace",
        "load an AppArmor profile with `userns,` for /usr/bin/bwrap",
    ),
    Row(
        "Creating new namespace failed: nesting depth",
        "a limit on namespaces is 0, or wilkc already runs inside a sandbox",
        "raise the limit that is 0 under /proc/sys/user/, or start wilkc outside the sandbox",
    ),
    Row(
        "unshare user ns: No space left on device",
        "user.max_user_namespaces is too small, two are needed for each launch",
        "run `sysctl user.max_user_namespaces=1024`",
    ),
    Row(
        "Failed to make / slave: Operation not permitted",
        "a container's filter or security module forbids mounts",
        "allow mounts in user namespaces in the container's options",
    ),
    Row(
        "pivot_root: Operation not permitted",
        "the root file system is an initramfs, or a filter forbids pivot_root",
        "start from another root file system",
    ),
    Row(
        "Can't mount proc on /newroot/proc: Operation not permitted",
        "the container masks parts of its /proc",
        "start the container with an unmasked /proc",
    ),
    Row(
        "Can't find source path",
        "a directory on the way is closed to the user that commands run as",
        "move the workspace to where that user can reach it, or set `run_as`",
    ),
    Row(
        "Can't create file",
        "a protected name is to be kept free in a directory that belongs to another user",
        "give the writable directories of the workspace to the user that commands run as",
    ),
    Row(
        "Can't mkdir",
        "a protected name is to be kept free in a directory that belongs to another user",
        "give the writable directories of the workspace to the user that commands run as",
    ),
)


def explain(text: str) -> tuple[str, str]:
    """The cause and the cure of bubblewrap's error text; the cure may be empty."""
    for row in ROWS:
        if row.text in text:
            return row.cause, row.fix
    return "bubblewrap could not start", ""


def require_bubblewrap(path: str = BWRAP) -> None:
    """Bubblewrap is there, is not setuid, and nobody but root could have put it there.

    Raises:
        SandboxRefusedError: one of these does not hold.
    """
    if not Path(path).exists():
        raise _refused("bubblewrap is not installed", INSTALL)
    if Path(path).stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
        raise _refused(
            f"`{path}` is setuid, which bubblewrap must never be (CVE-2020-5291)",
            f"run `chmod u-s,g-s {path}`; user namespaces do the work",
        )
    require_program(path)


def require_program(path: str) -> None:
    """A program of the host that every launch starts: there, and only root can replace it.

    Raises:
        SandboxRefusedError: one of these does not hold.
    """
    if not os.access(path, os.X_OK):
        raise _refused(f"`{path}` cannot be run", "install it; on Debian it is in every system")
    status = Path(path).stat()
    if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _refused(
            f"`{path}` can be replaced by others than root",
            f"run `chown root: {path}; chmod 0755 {path}`",
        )


def require_filter_support() -> None:
    """The kernel can load system call filters.

    Raises:
        SandboxRefusedError: it was built without them.
    """
    if not Path("/proc/sys/kernel/seccomp/actions_avail").exists():
        raise _refused("this kernel has no system call filters", "use a kernel with CONFIG_SECCOMP")


def require_features(help_text: str) -> bool:
    """Whether bubblewrap takes descriptors as sources; refuses what is older than 0.8.

    Args:
        help_text: what `bwrap --help` prints.

    Raises:
        SandboxRefusedError: an option that every launch needs is not there.
    """
    option = lacking_option(help_text)
    if option:
        raise _refused(f"bubblewrap is too old: it has no `{option}`", INSTALL)
    return "--bind-fd" in help_text and "--ro-bind-fd" in help_text


def lacking_option(help_text: str) -> str:
    """The first option that every launch needs and that this bubblewrap lacks, or empty."""
    return next((option for option in _NEEDED if option not in help_text), "")


def _refused(message: str, fix: str) -> SandboxRefusedError:
    return SandboxRefusedError("sandbox.precondition", message, help_text=fix)
