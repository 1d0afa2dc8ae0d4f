"""The attacked project, as the attack cases assume it, and how its commands are launched."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.conformance.sandbox.scenery import Scenery
from tests.unit.runtime.sandbox.conftest import (
    REVISION,
    Result,
    Spec,
    Workspace,
    bare_launcher,
    identity,
    package,
)
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.sandbox_plan import SandboxPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["identity", "package"]

CASES: Final = {
    case["id"]: case
    for case in json.loads(
        (Path(__file__).parents[1] / "sandbox-attack-cases.json").read_text(encoding="utf-8")
    )
}
FILES: Final[dict[str, Any]] = {
    "read": ["./**"],
    "write": ["./out/**"],
    "execute": ["./scripts/**"],
    "metadata": {"blocked_paths": [".env*", "**/blocked/**", "~/.ssh/**", "~/.aws/**"]},
}
_LIMITS: Final = ("memory", "cpu", "disk")
_GROUPS: Final[dict[str, bool]] = {}
"""Per identity, whether it can have control groups here; found out once."""


def compiled(policy: dict[str, Any], *, groups: bool) -> Spec:
    """The plan that the compiler makes of the attacked agent's spec, with a case's changes.

    Args:
        policy: what the case says otherwise.
        groups: whether control groups can be had; without them the policy has to do without.
    """
    metadata = dict(FILES["metadata"])
    if "allowed_extensions" in policy:
        metadata["allowed_extensions"] = policy["allowed_extensions"]
    files = {**FILES, "write": policy.get("write", FILES["write"]), "metadata": metadata}
    permissions: dict[str, Any] = {"filesystem": files}
    if "environment_variables" in policy:
        permissions["shell"] = {
            "allowed_commands": ["env"],
            "environment_variables": policy["environment_variables"],
        }
    isolation = {"level": policy.get("level", "strict"), **policy.get("isolation", {})}
    sandbox: dict[str, Any] = {"isolation": isolation}
    if not groups and policy.get("level") != "strict":
        sandbox = {"isolation": {**isolation, "level": "moderate"}, "degraded": ["cgroup"]}
    sandbox["resources"] = {name: policy[name] for name in _LIMITS if name in policy}
    named = ("wall_clock_s", "permissions", "monitor_interval_s")
    sandbox |= {name: policy[name] for name in named if name in policy}
    plan = _plan(json.dumps({"agent": "attacked", "permissions": permissions, "sandbox": sandbox}))
    return Spec(
        plan,
        {
            "allow": {action: files[action] for action in ("read", "write", "execute")},
            "block": list(plan.hidden),
            "extensions": metadata.get("allowed_extensions", []),
            "revision": REVISION,
        },
    )


@cache
def _plan(text: str) -> SandboxPlan:
    made = compile_sources({"attacked.yaml": text.encode()}, read_library())
    return SandboxPlan.from_json(json.loads(made.files["wilk/sandbox.jsonl"])["sandbox"])


@dataclass(frozen=True)
class Attacked:
    """One identity's project under attack."""

    scenery: Scenery
    work: Workspace
    groups: bool
    require: Callable[..., Any]

    def launch(self, case: dict[str, Any], *argv: str, **more: Any) -> Result:
        """Launch a command by a case's policy, prepared as the case says."""
        given = case["request"]
        policy = dict(given.get("policy", {}))
        if "level" in given:
            policy["level"] = given["level"]
        spec = self.spec(policy)
        environment = self.scenery.named(given.get("caller_env", {}))
        more.setdefault("environment", environment)
        return self.work.run(spec, *argv, **more)

    def spec(self, policy: dict[str, Any]) -> Spec:
        return compiled(policy, groups=self.groups)

    def through(self, script: str, *words: str) -> Attacked:
        """The same, with a shell script before the shim; `"$@"` is the shim."""
        launcher = ("/bin/sh", "-c", script, "sh", *words, *self.work.launcher)
        return replace(self, work=replace(self.work, launcher=launcher))


@pytest.fixture
def attacked(
    bwrap: Path, package: Path, identity: str, require: Callable[..., Any]
) -> Iterator[Attacked]:
    """The project, once with the shim as root and once as an ordinary user."""
    del bwrap
    launcher, owner = bare_launcher(identity, require)
    top = Path(tempfile.mkdtemp(prefix="wilk-attacks-"))
    top.chmod(0o755)
    scenery = Scenery(top, owner)
    scenery.build()
    work = Workspace(scenery.project, launcher, package, owner)
    work.own()
    if identity not in _GROUPS:
        _GROUPS[identity] = _has_groups(work)
    yield Attacked(scenery, work, _GROUPS[identity], _needed(identity, require))
    scenery.take_down()
    shutil.rmtree(top)


def _needed(identity: str, require: Callable[..., Any]) -> Callable[..., Any]:
    """What to call where there are no control groups: only root can be asked to have them."""
    return require if identity == "root" else lambda *_: None


def _has_groups(work: Workspace) -> bool:
    """Whether a strict plan, which needs control groups, is launched at all."""
    ended = work.run(compiled({"level": "strict"}, groups=True), "true")
    return ended.detail != "sandbox.limit_not_enforceable"
