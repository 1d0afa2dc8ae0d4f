"""Codex CLI: what its hooks send and understand. Layer: adapters. Pure.

Read in openai/codex (codex-rs/hooks) and its documentation. `ask` and a bare `allow` are
unsupported there AND THE CALL RUNS; so does a denial without a reason. Hence: nothing printed
for an allow, exit code 2 with a reason for anything else. A hook that is not trusted never runs.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.harnesses.claude import AFTER, BEFORE, TOOLS, read_call
from wilkc.adapters.hooks.model import Call, Harness, Settings, Tool
from wilkc.adapters.hooks.options import HARNESS_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOOLS: Final[Mapping[str, Tool]] = {
    "Bash": TOOLS["Bash"],
    "apply_patch": Tool("patch", {"patch": ("command",)}),
    "write_stdin": Tool("refused", why="text for a running program cannot be judged beforehand"),
}


def _read(payload: Mapping[str, Any]) -> Call:
    return read_call(payload, "codex")


def _entry(command: list[str]) -> dict[str, Any]:
    return {"type": "command", "command": shlex.join(command), "timeout": HARNESS_SECONDS}


CODEX: Final = Harness(
    name="codex",
    read_for="Codex CLI 0.160, codex-rs/hooks",
    tools=_TOOLS,
    read=_read,
    asks=lambda _: False,
    allowed="",
    skipping=None,
    asking=None,
    denied=lambda _: "",
    # Versions before May 2026 take an updated input for a failure, and the call runs as it was.
    rewriting=None,
    settings=Settings(
        ".codex/hooks.json", ".codex/hooks.json", "CODEX_HOME", (BEFORE,), (AFTER,),
        grouped=True, version=None, entry=_entry,
    ),
)  # fmt: skip
