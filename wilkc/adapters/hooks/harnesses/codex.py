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

_COMMANDS: Final = "commands are told as `Bash`, and this is none that is known"
_TOOLS: Final[Mapping[str, Tool]] = {
    # Where a command runs is not told yet: `cwd` is that of the turn (openai/codex, issues 32360
    # and 40348). Once it is, it counts.
    "Bash": Tool(
        "shell",
        {"command": ("command",), "cwd": ("workdir",)},
        optional=frozenset({"cwd"}),
        ignored=TOOLS["Bash"].ignored,
    ),
    **{
        name: Tool("refused", why=_COMMANDS)
        for name in ("container.exec", "exec", "exec_command", "js_repl", "local_shell", "shell",
                     "shell_command", "unified_exec")
    },
    "view_image": Tool("read", {"path": ("path",)}, ignored=frozenset({"detail"})),
    "read_file": Tool(
        "read",
        {"path": ("file_path",)},
        ignored=frozenset({"offset", "limit", "mode", "indentation"}),
    ),
    # It lists what is below as well.
    "list_dir": Tool(
        "search", {"path": ("dir_path",)}, ignored=frozenset({"offset", "limit", "depth"})
    ),
    "grep_files": Tool(
        "search",
        {"path": ("path",), "glob": ("include",)},
        optional=frozenset({"path", "glob"}),
        ignored=frozenset({"pattern", "limit"}),
    ),
    "apply_patch": Tool("patch", {"patch": ("command",)}),
    "write_stdin": Tool("refused", why="text for a running program cannot be judged beforehand"),
}  # fmt: skip


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
