"""Why a launch is refused. Layer: runtime.

A missing layer refuses the launch; it is never weakened in silence. Each refusal has a
stable code, so that the record and a test can tell them apart.
"""

from __future__ import annotations

from typing import Literal

from wilkc.core.errors import UnavailableError

Code = Literal[
    "sandbox.precondition",
    "sandbox.no_container_engine",
    "sandbox.container_network",
    "sandbox.process_cannot_confine",
    "sandbox.bridge_needs_root_and_nft",
    "sandbox.identity",
    "sandbox.workspace_moved",
    "sandbox.too_many_mounts",
    "sandbox.walk_budget",
    "sandbox.second_name",
    "sandbox.disagrees_with_policy",
    "sandbox.limit_not_enforceable",
    "sandbox.start_failed",
    "sandbox.view_differs",
    "sandbox.program_not_found",
    "sandbox.program_differs",
    "sandbox.no_headroom",
]


class SandboxRefusedError(UnavailableError):
    """The launch is refused; nothing of the command has run.

    Args:
        code: stable code of the reason.
        message: one line, lower case, no full stop; names the path, number or host setting.
        help_text: how to mend it, or empty.
    """

    def __init__(self, code: Code, message: str, *, help_text: str = "") -> None:
        super().__init__(message, help_text=help_text)
        self.code = code
