"""The whole host in view, read-only: what of it is looked through, and what is hidden.

Layer: runtime. `isolation.filesystem: full` shows files that no rule names, so nothing of a mount
leads to what must be hidden. A pattern without wildcards is looked up; for another one its literal
base is walked. Covered by the sandbox's own are `/dev`, `/proc`, `/run` and `/tmp`.
"""

from __future__ import annotations

import os
import pwd
import stat
from typing import TYPE_CHECKING, Final

from wilkc.core.sandbox_plan import SECRETS
from wilkc.runtime.sandbox.identity import has_access_list
from wilkc.runtime.sandbox.matching import fixed_part
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.own import BY_CONVENTION
from wilkc.runtime.sandbox.quarantine import QUARANTINE
from wilkc.runtime.sandbox.walk import Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.runtime.sandbox.identity import Identity
    from wilkc.runtime.sandbox.names import Roots
    from wilkc.runtime.sandbox.own import Own

HOME: Final = "/run/home"
"""The private home directory: nothing can be made in a read-only host but below `/run`."""
COVERED: Final = ("/dev", "/proc", "/run", "/tmp")  # noqa: S108  # the host's, which nobody sees
"""What the sandbox has of its own in place of the host's."""
_PROGRAMS: Final = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/sys",
)  # fmt: skip
_AT_HOME: Final = tuple(
    text.removeprefix("~/").removesuffix("/**") for text in SECRETS if text.startswith("~/")
)
_LOOKED_UP: Final = tuple(text for text in SECRETS if text != QUARANTINE)


def beyond(plan: SandboxPlan) -> frozenset[str]:
    """What a walk that begins at `/` does not enter: shown whatever rules say, or not at all."""
    return frozenset({*COVERED, *_PROGRAMS, *plan.runtime_paths})


def tops_of(plan: SandboxPlan, roots: Roots) -> set[str]:
    """The directories that must be walked for block patterns with wildcards, and for sockets.

    Whoever may connect to sockets comes to those of every service that listens somewhere in view.
    """
    found = {"/"} if plan.unix_sockets else set()
    for text in (*plan.hidden, *_LOOKED_UP):
        for base, whole in fixed_part(text):
            # Where case is ignored no name can be looked up.
            real = roots.real(base.partition("/")[0] if plan.fold else base)
            if real is not None and (plan.fold or not whole) and os.path.isdir(real):  # noqa: PTH112  # text of any bytes
                found.add(real or "/")
    return found


def named(
    plan: SandboxPlan, roots: Roots, identity: Identity, writable: Sequence[str], own: Own
) -> Iterator[Found]:
    """Whatever is hidden by its very path, if it is there and the command could come to it.

    Args:
        plan: how the command is confined.
        roots: what root tags stand for.
        identity: whom the command runs as.
        writable: real paths of what may be written; what was moved out of them lies beside them.
        own: where Wilk's own lies.
    """
    paths = {
        real
        for text in (*plan.hidden, *_LOOKED_UP)
        for base, whole in fixed_part(text)
        for real in [roots.real(base)]
        if whole and real is not None
    }
    paths |= {f"{home}/{name}" for home in _homes() for name in _AT_HOME}
    paths |= {f"{path.rpartition('/')[0]}/{QUARANTINE}" for path in (*writable, roots.workspace)}
    for path in sorted({*paths, *BY_CONVENTION, *own.paths, *own.temporary()}):
        try:
            status = os.lstat(path)
        except (OSError, ValueError):
            continue
        if _reachable(path, identity):
            yield Found(
                path,
                directory=stat.S_ISDIR(status.st_mode),
                link=stat.S_ISLNK(status.st_mode),
                names=status.st_nlink if stat.S_ISREG(status.st_mode) else 1,
            )


def among_programs(
    plan: SandboxPlan, roots: Roots, identity: Identity, writable: Sequence[str], own: Own
) -> list[Found]:
    """What is hidden by its very path in further program trees, which are shown without a walk."""
    return [
        one
        for one in named(plan, roots, identity, writable, own)
        if any(is_within(one.path, top) for top in plan.runtime_paths)
    ]


def is_covered(path: str, shown: Iterable[str]) -> bool:
    """Whether the sandbox's own stands in the place of a path, and no mount shows it anyway."""
    return any(is_within(path, top) for top in COVERED) and not any(
        is_within(path, one) for one in shown
    )


def _homes() -> set[str]:
    """The home directories of the host, whosever they are."""
    return {one.pw_dir.rstrip("/") for one in pwd.getpwall() if one.pw_dir.count("/") > 0} - {""}


def _reachable(path: str, identity: Identity) -> bool:
    """Whether the command's user may come to a path; bubblewrap can mask nothing else."""
    here = ""
    for part in path.split("/")[1:-1]:
        here = f"{here}/{part}"
        try:
            status = os.stat(here)  # noqa: PTH116  # text of any bytes
        except OSError:
            return False
        if not identity.may_search(status) and not has_access_list(here):
            return False
    return True
