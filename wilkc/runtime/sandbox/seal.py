"""The system call filter of a launch. Layer: runtime.

The one place that asks for the filter's bytes: a plan that wants a filter gets one or no
launch.
"""

from __future__ import annotations

import importlib
import platform
from typing import TYPE_CHECKING

from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import SandboxPlan


def filter_bytes(plan: SandboxPlan) -> bytes | None:
    """The filter to load, or None where the policy itself says that there is none.

    Raises:
        SandboxRefusedError: there is no filter for this machine.
    """
    if not plan.seccomp:
        return None
    try:
        room = importlib.import_module("wilkc.runtime.sandbox.seccomp")
        bare = plan.isolation == "process"
        # Loopback sockets of the private network namespace lead nowhere, so they are allowed.
        program = room.build_filter(
            arch=platform.machine(),
            network=not bare,
            run=plan.run,
            unix=plan.unix_sockets,
            shared=bare or plan.process == "shared",
        )
    except (ImportError, ValueError, KeyError) as error:
        raise SandboxRefusedError(
            "sandbox.precondition",
            f"there is no system call filter for `{platform.machine()}`",
            help_text="a launch without a filter needs `level: minimal`, `security.seccomp: false`"
            " and `degraded: [seccomp]`",
        ) from error
    return bytes(program)
