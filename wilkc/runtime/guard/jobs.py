"""Commands in the sandboxes of an agent's specs, as a bundle plans them. Layer: runtime."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wilkc.bundle import read_bundle
from wilkc.core.errors import UsageError
from wilkc.core.sandbox_plan import SandboxPlan
from wilkc.runtime.sandbox import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.bundle import VerifiedBundle

DATA_MEMBER: Final = "wilk/data.json"
SANDBOX_MEMBER: Final = "wilk/sandbox.jsonl"


def jobs_of(
    bundle: VerifiedBundle,
    agent: str,
    command: tuple[str, ...],
    workspace: str,
    environment: Mapping[str, str],
) -> dict[str, Job]:
    """The command in the sandbox of each of the agent's specs; none for an unknown agent.

    Args:
        bundle: the bundle that decides.
        agent: whose command it is.
        command: program and arguments.
        workspace: absolute path of the workspace.
        environment: the caller's variables, of which the plan picks.

    Raises:
        UsageError: the bundle was made by another version of Wilk.
    """
    files = read_bundle(bundle.archive).files
    held = json.loads(files[DATA_MEMBER])["agents"].get(agent, [])
    plans = _sandboxes(files.get(SANDBOX_MEMBER, b""))
    return {
        spec: Job(
            agent, command, workspace, _plan(plans.get(spec)), bundle.revision,
            dict(environment),
        )
        for spec in ([held] if isinstance(held, str) else held)
    }  # fmt: skip


def _sandboxes(member: bytes) -> dict[str, Any]:
    """Spec name to how its commands are confined."""
    lines = map(json.loads, member.splitlines())
    return {line["spec"]: line["sandbox"] for line in lines}


def _plan(value: Any) -> SandboxPlan:
    try:
        return SandboxPlan.from_json(value)
    except ValueError as error:
        raise UsageError(
            f"the bundle was made by another version of Wilk: {error}",
            help_text="build and sign it again",
        ) from error
