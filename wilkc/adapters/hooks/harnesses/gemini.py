"""Gemini CLI: what its hooks send and understand. Layer: adapters. Pure.

Read in google-gemini/gemini-cli, docs/hooks/reference.md. Standard output must be JSON and
nothing else. Exit code 2 denies with standard error as the reason; any other code but 0 is a
warning and the call goes on. There is no `ask`. Timeouts are in milliseconds.
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

if TYPE_CHECKING:
    from collections.abc import Mapping

BEFORE: Final = "BeforeTool"
AFTER: Final = "AfterTool"
_MILLISECONDS: Final = 1000
_PATH: Final = {"path": ("file_path",)}
_TOOLS: Final[Mapping[str, Tool]] = {
    "run_shell_command": Tool(
        "shell",
        {"command": ("command",), "cwd": ("dir_path", "directory")},
        optional=frozenset({"cwd"}),
        ignored=frozenset({"description", "is_background", "delay_ms"}),
    ),
    "read_file": Tool(
        "read", _PATH, ignored=frozenset({"offset", "limit", "start_line", "end_line"})
    ),
    "write_file": Tool("write", {**_PATH, "content": ("content",)}),
    "replace": Tool(
        "edit",
        {**_PATH, "old": ("old_string",), "new": ("new_string",), "all": ("allow_multiple",)},
        optional=frozenset({"all"}),
        ignored=frozenset({"instruction"}),
    ),
    "list_directory": Tool(
        "read",
        {"path": ("dir_path", "path")},
        ignored=frozenset({"ignore", "file_filtering_options"}),
    ),
    "glob": Tool(
        "search",
        {"glob": ("pattern",), "path": ("dir_path", "path")},
        optional=frozenset({"path"}),
        ignored=frozenset({"case_sensitive", "respect_git_ignore", "respect_gemini_ignore"}),
    ),
    "grep_search": Tool(
        "search",
        {"path": ("dir_path", "path"), "glob": ("include", "include_pattern")},
        optional=frozenset({"path", "glob"}),
        ignored=frozenset({
            "pattern", "exclude_pattern", "names_only", "max_matches_per_file",
            "total_max_matches", "fixed_strings", "context", "after", "before", "no_ignore",
            "case_sensitive",
        }),
    ),
    "web_fetch": Tool("prompt", {"prompt": ("prompt",)}),
    "read_many_files": Tool("refused", why="what its patterns take in cannot be judged beforehand"),
}  # fmt: skip


def _read(payload: Mapping[str, Any]) -> Call:
    event = text_of(payload, "hook_event_name")
    if event not in {BEFORE, AFTER}:
        raise refusal(f"`{event}` is no event that the hook judges")
    return Call(
        "gemini",
        event,
        event == AFTER,
        text_of(payload, "tool_name"),
        object_of(payload, "tool_input"),
        directory_of(payload),
        session=text_of(payload, "session_id", needed=False),
    )


def _rewriting(call: Call, given: dict[str, Any], verdict: str) -> str | None:
    if call.after:
        return None
    said = {"decision": "allow"} if verdict == "allow" else {}
    return json.dumps({**said, "hookSpecificOutput": {"tool_input": given}})


def _entry(command: list[str]) -> dict[str, Any]:
    return {
        "type": "command",
        "name": "wilk",
        "command": shlex.join(command),
        "timeout": HARNESS_SECONDS * _MILLISECONDS,
    }


GEMINI: Final = Harness(
    name="gemini",
    read_for="Gemini CLI 0.57 preview, documentation of August 2026",
    tools=_TOOLS,
    read=_read,
    asks=lambda _: False,
    allowed="{}",
    skipping=lambda _: json.dumps({"decision": "allow"}),
    asking=None,
    denied=lambda _: "",
    rewriting=_rewriting,
    settings=Settings(
        ".gemini/settings.json", ".gemini/settings.json", "", (BEFORE,), (AFTER,),
        grouped=True, version=None, entry=_entry, home="GEMINI_CLI_HOME",
    ),
)  # fmt: skip
