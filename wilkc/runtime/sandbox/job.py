"""What is to be launched. Layer: runtime. Values only."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wilkc.runtime.sandbox.held import NOTHING_HELD, Held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.sandbox_plan import SandboxPlan


def new_launch_id() -> str:
    """A unique id of a launch that sorts by time; part of file and group names."""
    return f"{time.time_ns() // 1_000_000:x}-{os.urandom(6).hex()}"


@dataclass(frozen=True, slots=True)
class Job:
    """One command to be confined.

    Attributes:
        agent: whose command it is.
        command: program and arguments, exactly as judged.
        workspace: absolute path of the workspace.
        plan: how the command is confined.
        revision: digest of the bundle that the plan came from.
        caller: the caller's environment variables.
        files: absolute path to bytes that the command finds there, read-only.
        digest: SHA-256 that the program's file must have, in hexadecimal; empty for any.
        launch: id of the launch.
        session: the session it belongs to; empty for none.
        proxied: whether the command has a proxy as its way out; the launch says so.
        held: what of Wilk's own the call knows of, which the command gets nothing of.
    """

    agent: str
    command: tuple[str, ...]
    workspace: str
    plan: SandboxPlan
    revision: str
    caller: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    digest: str = ""
    launch: str = field(default_factory=new_launch_id)
    proxied: bool = False
    session: str = ""
    held: Held = NOTHING_HELD
