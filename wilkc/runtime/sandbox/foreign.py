"""Mounts whose files go by names of another root than their rule's. Layer: runtime. No I/O.

A path goes by its deepest root (LANGUAGE.md section 3), so a rule for `~/project/**` says nothing
of a workspace in there, whose files are called `./…`; nor does a rule for a link speak of what it
leads to. One question about one path cannot stand for a tree, so such a mount is made only where
the plan mounts the same tree by its own name as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.core.sandbox_plan import Access, SandboxPlan
    from wilkc.runtime.sandbox.binds import Base
    from wilkc.runtime.sandbox.names import Roots


def require_own_names(plan: SandboxPlan, roots: Roots, found: Iterable[Base]) -> None:
    """Refuse a tree that shows files of another root which no rule for that root mounts.

    Args:
        plan: the plan.
        roots: what root tags stand for.
        found: its mounts, resolved.

    Raises:
        SandboxRefusedError: names the mount and what its files are called.
    """
    for base in found:
        if base.mount.how != "tree":
            continue  # every file that is bound alone is asked about by its own name
        for name in _names(base, roots):
            if not _mounted(plan, name, base.mount.access):
                raise SandboxRefusedError(
                    "sandbox.disagrees_with_policy",
                    f"`{base.mount.base}` would show files that policy knows as `{name}/…`",
                    help_text=f"mount `{name}/**` by a rule of its own as well, or narrow the"
                    f" rule in line {base.mount.line}",
                )


def _names(base: Base, roots: Roots) -> Iterator[str]:
    """What the tree, and roots inside it, are called where that is not by the rule's name."""
    real = base.opened.path
    own = roots.names(real)[0]
    if own != base.mount.base:
        yield own
    for top, tag in ((roots.workspace, "."), (roots.home, "~")):
        if top is None or top == real or not is_within(top, real):
            continue
        # A home inside the workspace is hidden as a whole.
        if tag == "." or not is_within(top, roots.workspace):
            yield tag


def _mounted(plan: SandboxPlan, name: str, access: Access) -> bool:
    return any(
        one.how == "tree" and access in {"read", one.access} and is_within(name, one.base)
        for one in plan.mounts
    )
