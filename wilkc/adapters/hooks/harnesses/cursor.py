"""Cursor: what its hooks send and understand. Layer: adapters. Pure.

Read in a mirror of cursor.com/docs/agent/hooks. JSON must always be printed: invalid JSON of a
hook that gives permission blocks. Two spellings of an answer are in use, so both are given.
`ask` is not heeded at every event and in every mode, so nobody is asked.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.model import (
    Call,
    Harness,
    Settings,
    Tool,
    directory_of,
    object_of,
    refusal,
    text_of,
)
from wilkc.adapters.hooks.options import HARNESS_SECONDS
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELL, MCP, READ, ANY = (
    "beforeShellExecution", "beforeMCPExecution", "beforeReadFile", "preToolUse",
)  # fmt: skip
MCP_TOOL: Final = "MCP:"
"""What the name of an MCP server's tool begins with; it does not say which server's."""
_PATH: Final = {"path": ("file_path", "path", "target_file")}
_READ: Final = Tool("read", _PATH, ignored=frozenset({"offset", "limit", "content"}))
_UNTOLD: Final = "in which form it is told what it does is not documented"
_TOOLS: Final[Mapping[str, Tool]] = {
    "Shell": Tool(
        "shell",
        {"command": ("command",), "cwd": ("working_directory", "cwd")},
        optional=frozenset({"cwd"}),
        ignored=frozenset({"description", "timeout", "is_background", "block_until_ms"}),
    ),
    "Read": _READ,
    "ReadFile": _READ,
    "LS": Tool(
        "read", {"path": ("target_directory", "path")}, ignored=frozenset({"ignore_globs"})
    ),
    "EditNotebook": Tool(
        "write",
        {"path": ("target_notebook", "notebook_path")},
        ignored=frozenset({
            "cell_idx", "is_new_cell", "cell_language", "old_string", "new_string",
        }),
    ),
    **{
        name: Tool("refused", why=_UNTOLD)
        for name in ("ApplyPatch", "ComputerUse", "Edit", "MultiEdit", "WriteShellStdin")
    },
    "Write": Tool("write", {**_PATH, "content": ("content", "contents")}),
    "StrReplace": Tool(
        "edit",
        {**_PATH, "old": ("old_string",), "new": ("new_string",), "all": ("replace_all",)},
        optional=frozenset({"all"}),
    ),
    "Delete": Tool("delete", _PATH),
    "Grep": Tool(
        "search",
        {"path": ("path",), "glob": ("glob",)},
        optional=frozenset({"path", "glob"}),
        ignored=frozenset({
            "pattern", "output_mode", "-A", "-B", "-C", "-i", "-n", "type", "head_limit",
            "multiline",
        }),
    ),
    "Glob": Tool(
        "search",
        {"glob": ("glob_pattern", "pattern"), "path": ("target_directory", "path")},
        optional=frozenset({"path"}),
    ),
    "WebFetch": Tool("fetch", {"url": ("url",)}),
}  # fmt: skip


def _read(payload: Mapping[str, Any]) -> Call:
    event = text_of(payload, "hook_event_name")
    tool, given = _tool(event, payload)
    roots = payload.get("workspace_roots", [])
    if not isinstance(roots, list) or not all(isinstance(root, str) for root in roots):
        raise refusal("`workspace_roots` is no list of texts")
    return Call(
        "cursor",
        event,
        after=False,
        tool=tool,
        given=given,
        cwd=directory_of(payload),
        projects=tuple(roots),
        session=text_of(payload, "conversation_id", needed=False),
        call=text_of(payload, "tool_use_id", needed=False),
        also=(object_of(payload, "updated_input"),) if "updated_input" in payload else (),
        about=_about(event, payload) if tool.startswith(MCP_TOOL) else {},
    )


def _tool(event: str, payload: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if event == SHELL:
        return "Shell", {"command": payload.get("command")}
    if event == READ:
        return "Read", {"file_path": payload.get("file_path")}
    if event == ANY:
        return text_of(payload, "tool_name"), object_of(payload, "tool_input")
    if event != MCP:
        raise refusal(f"`{event}` is no event that the hook judges")
    try:
        given = decode_json(text_of(payload, "tool_input").encode())
    except ValueError as error:
        raise refusal(f"`tool_input` is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise refusal("`tool_input` is no object")
    return MCP_TOOL + text_of(payload, "tool_name"), given


def _about(event: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The event, and at the one before MCP calls what the server is reached or started by."""
    told = [text_of(payload, name, needed=False) for name in ("url", "command")]
    if all(told):
        raise refusal("the payload names two servers: `url` and `command`")
    server = "".join(told)
    return {"event": event, "server": server} if server and event == MCP else {"event": event}


def _answer(decision: str, reason: str = "") -> str:
    said = {"user_message": reason, "agent_message": reason, "reason": reason} if reason else {}
    return json.dumps({"permission": decision, "decision": decision, **said})


def _rewriting(call: Call, given: dict[str, Any], verdict: str) -> str | None:
    """Before a tool only: what runs is asked about once more, before the command."""
    del verdict
    if call.event != ANY:
        return None
    return json.dumps({"permission": "allow", "decision": "allow", "updated_input": given})


def _entry(command: list[str]) -> dict[str, Any]:
    return {"command": shlex.join(command), "timeout": HARNESS_SECONDS, "failClosed": True}


CURSOR: Final = Harness(
    name="cursor",
    read_for="Cursor, mirror of the hooks page, 2026",
    tools=_TOOLS,
    read=_read,
    asks=lambda _: False,
    allowed=_answer("allow"),
    skipping=lambda _: _answer("allow"),
    asking=None,
    denied=lambda reason: _answer("deny", reason),
    rewriting=_rewriting,
    settings=Settings(
        ".cursor/hooks.json", ".cursor/hooks.json", "", (SHELL, MCP, READ, ANY), (),
        grouped=False, version=1, entry=_entry,
    ),
)  # fmt: skip
