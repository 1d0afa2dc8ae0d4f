"""Where a command runs and as whom, or why it cannot. Layer: runtime."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from wilkc.runtime.sandbox.identity import Identity, choose_identity
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.runtime.sandbox.job import Job


def find_place(job: Job) -> tuple[Identity, Roots]:
    """Whom a launch runs as, and what root tags stand for.

    Raises:
        SandboxRefusedError: the workspace cannot be one, or there is nobody to run as.
    """
    try:
        status = os.stat(job.workspace)  # noqa: PTH116  # text of any bytes
    except OSError as error:
        raise SandboxRefusedError(
            "sandbox.workspace_moved", f"the workspace `{job.workspace}` is not there"
        ) from error
    workspace = os.path.realpath(job.workspace)
    if not stat.S_ISDIR(status.st_mode) or workspace == "/":
        raise SandboxRefusedError(
            "sandbox.workspace_moved", f"`{job.workspace}` cannot be a workspace"
        )
    identity = choose_identity(job.plan, status)
    _require_narrow(job.plan, identity)
    roots = Roots(workspace, identity.home)
    try:
        roots.names(workspace)
    except ValueError as error:
        raise SandboxRefusedError(
            "sandbox.workspace_moved", f"`{workspace}` cannot be a workspace: {error}"
        ) from error
    return identity, roots


def _require_narrow(plan: SandboxPlan, identity: Identity) -> None:
    """Whoever is root owns the host's files, and may signal all of its processes."""
    if identity.uid == 0 and (plan.filesystem == "full" or plan.process == "shared"):
        raise SandboxRefusedError(
            "sandbox.identity",
            "root runs no command with all files or processes of the host in view",
            help_text="remove `filesystem: full` and `process: shared`, or give the workspace to an"
            " ordinary user",
        )


def require_another(job: Job, identity: Identity) -> None:
    """Without namespaces only another user than the shim's keeps a command from what is Wilk's.

    Raises:
        SandboxRefusedError: the plan does without namespaces, and there is no other user.
    """
    if job.plan.isolation != "process":
        return
    if not identity.drop:
        raise SandboxRefusedError(
            "sandbox.identity",
            "`isolation.type: process` needs a user to become, and only root can become another",
            help_text="start wilkc as root over a workspace of an ordinary user, or remove the key",
        )
    if job.files:
        raise SandboxRefusedError(
            "sandbox.process_cannot_confine",
            "`isolation.type: process` has no view in which code and context could be given",
            help_text="remove `isolation.type` to run code in namespaces",
        )
