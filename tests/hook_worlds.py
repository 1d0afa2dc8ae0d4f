"""Hooks judged by the reference evaluator, without a process, a socket or OPA."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.hook_cases import PROMISES, SPEC
from wilkc.adapters.hooks.judge import Means, judge
from wilkc.adapters.hooks.options import empty
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.plan import decide
from wilkc.runtime import UnsafeNoRecord

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.adapters.hooks.client import Answer
    from wilkc.compiler import Compiled
    from wilkc.core.contract import Decision, Request
    from wilkc.runtime import Recorder
    from wilkc.runtime.limits import RateStore


def options() -> dict[str, Any]:
    """The options of a hook of the agent of the cases."""
    return {
        **empty(),
        "agent": "coder",
        "socket": "unused",
        "fulfils": list(PROMISES),
        "unsafe-no-sandbox": True,
    }


def compiled(spec: bytes) -> Compiled:
    """A spec of the agent of the cases."""
    return compile_sources({"coder.yaml": spec}, read_library())


@dataclass
class Reference:
    """Who decides in a workspace, and every request that was asked."""

    workspace: Path
    compiled: Compiled = field(default_factory=lambda: compiled(SPEC))
    recorder: Recorder = field(default_factory=UnsafeNoRecord)
    asked: list[tuple[Request, Decision]] = field(default_factory=list)
    failing: BaseException | None = None
    rates: RateStore | None = None

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        del seconds
        if self.failing is not None:
            raise self.failing
        decision = decide(self.compiled.plan, request, revision=self.compiled.revision)
        self.asked.append((request, decision))
        return decision

    def judge(
        self,
        payload: dict[str, Any] | bytes,
        *,
        harness: str | None = None,
        given: dict[str, Any] | None = None,
        told: dict[str, str] | None = None,
    ) -> Answer:
        """The answer to a payload; the workspace is named unless the harness tells it."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        workspace = str(self.workspace) if told is None else None
        held = {**options(), **(given or {}), "workspace": workspace, "harness": harness}
        return judge(raw, held, told or {}, Means(self, self.recorder, self.rates))
