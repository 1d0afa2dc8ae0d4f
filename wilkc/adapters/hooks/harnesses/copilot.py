"""GitHub Copilot CLI and cloud agent: what their hooks send and understand. Layer: adapters. Pure.

Read in github/docs, content/copilot/reference/hooks-reference.md. Any exit code but 0 denies;
a timeout lets the call through. The cloud agent takes `ask` for `deny`. An event named
`PreToolUse` comes in Claude Code's shape, `preToolUse` in Copilot's own.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.harnesses.claude import TOOLS, read_call
from wilkc.adapters.hooks.model import Call, Harness, Settings, Tool, directory_of, refusal, text_of
from wilkc.adapters.hooks.options import HARNESS_SECONDS
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH: Final = {"path": ("path",)}
_GREP: Final = Tool(
    "search",
    {"path": ("path",), "glob": ("glob",)},
    optional=frozenset({"path", "glob"}),
    ignored=frozenset({
        "pattern", "output_mode", "-A", "-B", "-C", "-i", "-n", "type", "head_limit", "multiline",
    }),
)  # fmt: skip
_TYPED: Final = "text for a running program cannot be judged beforehand"
_TOOLS: Final[Mapping[str, Tool]] = {
    **TOOLS,
    "bash": Tool(
        "shell",
        {"command": ("command",)},
        ignored=frozenset({"description", "timeout", "sessionId", "async", "initial_wait"}),
    ),
    "write_bash": Tool("refused", why=_TYPED),
    "powershell": Tool("refused", why="Wilk does not read the language of PowerShell"),
    "write_powershell": Tool("refused", why=_TYPED),
    "view": Tool("read", _PATH, ignored=frozenset({"view_range"})),
    "create": Tool("write", {**_PATH, "content": ("file_text",)}),
    "edit": Tool("edit", {**_PATH, "old": ("old_str",), "new": ("new_str",)}),
    "glob": Tool(
        "search", {"glob": ("pattern",), "path": ("path",)}, optional=frozenset({"path"})
    ),
    "grep": _GREP,
    "rg": _GREP,
    "str_replace_editor": Tool("refused", why="it is several tools by one name"),
    "web_fetch": Tool("fetch", {"url": ("url",)}, ignored=frozenset({"max_length", "raw"})),
    "apply_patch": Tool("patch", {"patch": ("input", "patch")}),
}  # fmt: skip


def _read(payload: Mapping[str, Any]) -> Call:
    if "toolName" not in payload:
        return read_call(payload, "copilot")
    return Call(
        "copilot",
        "preToolUse",
        # Only what comes after a call tells of its result.
        "toolResult" in payload,
        text_of(payload, "toolName"),
        _arguments(payload.get("toolArgs")),
        directory_of(payload),
        session=text_of(payload, "sessionId", needed=False),
        also=(_arguments(payload["modifiedArgs"]),) if "modifiedArgs" in payload else (),
    )


def _arguments(value: Any) -> dict[str, Any]:
    """An object, or the JSON text of one."""
    if isinstance(value, str):
        try:
            value = decode_json(value.encode())
        except ValueError as error:
            raise refusal(f"the tool's arguments are not JSON: {error}") from error
    if not isinstance(value, dict):
        raise refusal("the tool's arguments are no object")
    return value


def _answer(decision: str, reason: str) -> str:
    return json.dumps({"permissionDecision": decision, "permissionDecisionReason": reason})


def _rewriting(call: Call, given: dict[str, Any], verdict: str) -> str | None:
    if call.after:
        return None
    return json.dumps({
        "permissionDecision": verdict,
        "permissionDecisionReason": "allowed by Wilk, in its sandbox",
        "modifiedArgs": given,
    })  # fmt: skip


def _entry(command: list[str]) -> dict[str, Any]:
    """In the one form that both heed: the cloud agent passes over `exec`."""
    return {"type": "command", "bash": shlex.join(command), "timeoutSec": HARNESS_SECONDS}


COPILOT: Final = Harness(
    name="copilot",
    read_for="Copilot CLI and cloud agent, hooks reference of August 2026",
    tools=_TOOLS,
    read=_read,
    asks=lambda call: not call.after,
    allowed="",
    skipping=lambda call: "" if call.after else _answer("allow", "allowed by Wilk"),
    asking=lambda _, reason: _answer("ask", reason),
    denied=lambda _: "",
    rewriting=_rewriting,
    settings=Settings(
        ".github/hooks/wilk.json", ".copilot/hooks/wilk.json", "COPILOT_HOME", ("preToolUse",),
        ("postToolUse",), grouped=False, version=1, entry=_entry, own=True,
    ),
)  # fmt: skip
