"""From the plan's mounts to what is bound on this host, now. Layer: runtime.

A base that has become a link is judged as if the rule had been written for what it leads to;
the policy is asked about every bind before anything starts (see `agreement`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from wilkc.core.sandbox_plan import Mount
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.resolve import Opened, make_missing, open_real
from wilkc.runtime.sandbox.view import Bind, depth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.runtime.sandbox.identity import Identity
    from wilkc.runtime.sandbox.names import Roots
    from wilkc.runtime.sandbox.reserved import Reserved

Permits = Callable[[Mount, str], bool]
"""Asks whether a mount's action is allowed on a canonical path."""

MAX_EACH: Final = 100
"""Files that one leafy rule may bind one by one."""

_NEVER: Final = ("/proc", "/sys", "/dev")
"""Kernel file systems: what the sandbox shows of them is its own."""


@dataclass(frozen=True, slots=True)
class Base:
    """A mount of the plan, resolved.

    Attributes:
        mount: the plan's mount.
        opened: what its base leads to.
        sample: a canonical path below the resolved base that the policy must allow.
    """

    mount: Mount
    opened: Opened
    sample: str


def _to_nobody(_: Sequence[str]) -> None:
    """Where nobody would clean up after a killed launch."""


@dataclass(slots=True)
class Bases:
    """The resolved mounts of one launch; descriptors are closed by `close`.

    Attributes:
        found: in plan order.
        made: paths that were made for write rules, to be removed if still empty.
        reports: rules that lead to no mount, with the reason.
        extra: descriptors beside those of the mounts.
        announce: is told of what will be made, before it is.
    """

    found: list[Base] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)
    announce: Callable[[Sequence[str]], None] = _to_nobody

    def stand_on(self, made: Iterable[str]) -> None:
        """Keep what other launches made, and mounts of this one lie in, until both are over."""
        tops = [base.opened.path for base in self.found]
        self.announce([path for path in made if any(is_within(top, path) for top in tops)])

    def close(self) -> None:
        """Close every descriptor."""
        for fd in (*self.extra, *(base.opened.fd for base in self.found)):
            os.close(fd)
        self.found.clear()
        self.extra.clear()


def resolve(
    plan: SandboxPlan, reserved: Reserved, identity: Identity, bases: Bases, permits: Permits
) -> None:
    """Resolve every mount of the plan into `bases`, making what write rules name.

    Args:
        plan: how the command is confined.
        reserved: what no rule mounts, and what root tags stand for.
        identity: whom it runs as, and whom what is made is given to.
        bases: receives the mounts.
        permits: whether a mount's action is allowed on a canonical path; asked before something
            is made where a link leads to.

    Raises:
        SandboxRefusedError: a base leads to `/`, in a circle, to where policy does not let it, or
            cannot be made.
    """
    for mount in plan.mounts:
        path = reserved.roots.real(mount.base)
        if path is None:
            bases.reports.append(f"{mount.rule}: there is no home directory here")
            continue
        why = reserved.why(path, mount)
        if why:
            # Nor is it looked at: root's is closed to others, who give files of their own.
            bases.reports.append(f"{mount.rule}: `{mount.base}` {why}")
            continue
        opened = open_real(path)
        if opened is None and mount.access == "write" and mount.how != "each":
            before = partial(_before_making, mount, path, reserved, bases, permits)
            bases.made += make_missing(
                path, before, directory=mount.how == "tree", uid=identity.uid, gid=identity.gid
            )
            opened = open_real(path)
        if opened is None:
            bases.reports.append(f"{mount.rule}: `{mount.base}` is not there")
            continue
        bases.extra.append(opened.fd)
        why = _unmountable(mount, opened, reserved)
        if why:
            bases.reports.append(f"{mount.rule}: {why}")
            continue
        bases.extra.remove(opened.fd)
        bases.found.append(Base(mount, opened, _moved(mount, opened.path, reserved.roots)))


def _before_making(  # noqa: PLR0913, PLR0917  # the first four are given by `resolve`
    mount: Mount, path: str, reserved: Reserved, bases: Bases, permits: Permits, steps: list[str]
) -> None:
    """Judge where a link leads before anything is made there, and say what will be left."""
    why = reserved.why(steps[-1], mount)
    if why:
        text = f"`{mount.base}` leads to `{steps[-1]}`, which {why}"
        raise SandboxRefusedError("sandbox.workspace_moved", text)
    if steps[-1] != path and not permits(mount, _moved(mount, steps[-1], reserved.roots)):
        raise SandboxRefusedError(
            "sandbox.disagrees_with_policy",
            f"`{mount.base}` leads to `{steps[-1]}`, which policy does not let it make",
            help_text="remove the link, or name by a rule what it leads to",
        )
    bases.announce(steps)


def _unmountable(mount: Mount, opened: Opened, reserved: Reserved) -> str:
    if opened.path == "/":
        raise SandboxRefusedError(
            "sandbox.workspace_moved", f"`{mount.base}` leads to `/`, which is never mounted"
        )
    if any(is_within(opened.path, top) for top in _NEVER):
        return f"`{mount.base}` lies in a kernel file system"
    why = reserved.why(opened.path, mount)
    if why:
        return f"`{mount.base}` leads to what {why}"
    if mount.how == "file" and opened.directory:
        return f"`{mount.base}` is a directory; write `{mount.base}/**` for what is in it"
    if not opened.directory and not opened.regular:
        return f"`{mount.base}` is neither a file nor a directory"
    return ""


def _moved(mount: Mount, real: str, roots: Roots) -> str:
    """The rule's sample, moved to where the base really is."""
    below = mount.sample[len(mount.base) :]
    try:
        return roots.names(real)[0] + below
    except ValueError as error:
        raise SandboxRefusedError(
            "sandbox.workspace_moved", f"`{mount.base}` leads to a path with no name: {error}"
        ) from error


def tree_binds(bases: Iterable[Base], *, use_fds: bool) -> list[Bind]:
    """The binds of files and trees, without those of leafy rules."""
    return [
        Bind(
            base.opened.path,
            base.mount.action,
            base.opened.fd if use_fds else None,
            base.opened.device,
            base.opened.inode,
            base.mount.rule,
            base.mount.line,
        )
        for base in bases
        if base.mount.how != "each"
    ]


def outermost(binds: Iterable[Bind]) -> tuple[Bind, ...]:
    """The binds that add something, shallow first, writable before read-only at one place.

    A bind inside another that already gives as much is dropped: a read-only mount placed
    over a writable one would take away what the policy allows.
    """
    kept: list[Bind] = []
    for bind in sorted(binds, key=lambda one: (depth(one.path), one.path, one.access == "read")):
        covered = [one for one in kept if is_within(bind.path, one.path)]
        if not any(one.access == "write" or bind.access == "read" for one in covered):
            kept.append(bind)
    return tuple(kept)


def file_binds(base: Base, paths: Iterable[str], bases: Bases, *, use_fds: bool) -> list[Bind]:
    """One bind for every file that a leafy rule matches.

    Raises:
        SandboxRefusedError: more than `MAX_EACH` files.
    """
    chosen = sorted(paths)
    if len(chosen) > MAX_EACH:
        raise SandboxRefusedError(
            "sandbox.too_many_mounts",
            f"`{base.mount.pattern}` matches {len(chosen)} files; at most {MAX_EACH} are mounted"
            " one by one",
            help_text="name narrower paths, or use `level: moderate`, which mounts the folder",
        )
    binds = []
    for path in chosen:
        opened = open_real(path)
        if opened is None or not opened.regular or opened.path != path:
            # Gone or replaced since the walk: nothing of it is shown.
            if opened is not None:
                os.close(opened.fd)
            continue
        bases.extra.append(opened.fd)
        binds.append(
            Bind(
                path, base.mount.action, opened.fd if use_fds else None, opened.device,
                opened.inode, base.mount.rule, base.mount.line,
            )
        )  # fmt: skip
    return binds
