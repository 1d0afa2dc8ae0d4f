"""Claude Code: what its hooks send and understand. Layer: adapters. Pure.

Read in the documentation of August 2026 (hooks, permissions, settings reference).
Exit code 2 blocks, with standard error as the reason; any other code but 0, a timeout and
JSON of another schema do NOT block, but where `onFailure` says so (since 2.1.295; earlier versions
pass over it). Nothing printed with code 0 leaves the harness its own rules.
"""

from __future__ import annotations

import json
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

BEFORE: Final = "PreToolUse"
AFTER: Final = "PostToolUse"
_PATH: Final = {"path": ("file_path",)}
TOOLS: Final[Mapping[str, Tool]] = {
    "Bash": Tool(
        "shell",
        {"command": ("command",)},
        ignored=frozenset({"description", "timeout", "run_in_background"}),
    ),
    # With a `ws` in place of the command it is denied, as a member that is not known.
    "Monitor": Tool(
        "shell",
        {"command": ("command",)},
        ignored=frozenset({"description", "timeout_ms", "persistent"}),
    ),
    "REPL": Tool("refused", why="what a program that it is given does cannot be judged beforehand"),
    "Read": Tool("read", _PATH, ignored=frozenset({"offset", "limit", "pages"})),
    "Write": Tool("write", {**_PATH, "content": ("content",)}),
    "Edit": Tool(
        "edit",
        {**_PATH, "old": ("old_string",), "new": ("new_string",), "all": ("replace_all",)},
        optional=frozenset({"all"}),
    ),
    "MultiEdit": Tool("edits", {**_PATH, "edits": ("edits",)}),
    "NotebookEdit": Tool(
        "write",
        {"path": ("notebook_path",)},
        ignored=frozenset({"cell_id", "new_source", "cell_type", "edit_mode"}),
    ),
    "NotebookRead": Tool("read", {"path": ("notebook_path",)}, ignored=frozenset({"cell_id"})),
    "LS": Tool("read", {"path": ("path",)}, ignored=frozenset({"ignore"})),
    # A language server answers from files all over the project.
    "LSP": Tool(
        "search",
        {"path": ("filePath",)},
        ignored=frozenset({"operation", "line", "character", "query"}),
    ),
    # These send a file elsewhere, or run what stands in it.
    "Artifact": Tool(
        "named",
        {"path": ("file_path",)},
        optional=frozenset({"path"}),
        ignored=frozenset({
            "action", "favicon", "limit", "scope", "title", "description", "label", "url", "force",
            "capabilities", "contract",
        }),
    ),
    "Projects": Tool(
        "named",
        {"path": ("local_path",)},
        optional=frozenset({"path"}),
        ignored=frozenset({"method", "path", "content", "present_to_user", "query", "n"}),
    ),
    "Workflow": Tool(
        "named",
        {"path": ("scriptPath",)},
        optional=frozenset({"path"}),
        ignored=frozenset({"script", "name", "args", "resumeFromRunId", "title", "description"}),
    ),
    "SendUserFile": Tool("refused", why="in which form it names its files is not told"),
    "Glob": Tool(
        "search",
        {"glob": ("pattern",), "path": ("path",)},
        optional=frozenset({"path"}),
    ),
    "Grep": Tool(
        "search",
        {"path": ("path",), "glob": ("glob",)},
        optional=frozenset({"path", "glob"}),
        ignored=frozenset({
            "pattern", "output_mode", "-A", "-B", "-C", "-i", "-n", "-o", "type", "head_limit",
            "offset", "multiline", "context",
        }),
    ),
    "WebFetch": Tool("fetch", {"url": ("url",)}, ignored=frozenset({"prompt"})),
    "PowerShell": Tool("refused", why="Wilk does not read the language of PowerShell"),
}  # fmt: skip
_ASKING_MODES: Final = frozenset({"default", "acceptEdits", "plan"})
"""Modes in which somebody is there who answers a prompt."""


def read_call(payload: Mapping[str, Any], harness: str = "claude") -> Call:
    """The call of a payload in the shape that several harnesses share.

    Raises:
        RequestError: it has another shape, or is no event about a tool call.
    """
    event = text_of(payload, "hook_event_name")
    if event not in {BEFORE, AFTER}:
        raise refusal(f"`{event}` is no event that the hook judges")
    replaced = tuple(
        object_of(payload, name) for name in ("updatedInput", "updated_input") if name in payload
    )
    return Call(
        harness,
        event,
        event == AFTER,
        text_of(payload, "tool_name"),
        object_of(payload, "tool_input"),
        directory_of(payload),
        session=text_of(payload, "session_id", needed=False),
        call=text_of(payload, "tool_use_id", needed=False),
        mode=text_of(payload, "permission_mode", needed=False),
        also=replaced,
    )


def answer_json(decision: str, reason: str) -> str:
    """A decision in the output that several harnesses share."""
    return json.dumps({
        "hookSpecificOutput": {
            "hookEventName": BEFORE,
            "permissionDecision": decision,
            "permissionDecisionReason": reason,
        }
    })  # fmt: skip


def _rewriting(call: Call, given: dict[str, Any], verdict: str) -> str | None:
    """An updated input needs a decision beside it; the user sees it where one is asked."""
    if call.after:
        return None
    return json.dumps({
        "hookSpecificOutput": {
            "hookEventName": BEFORE,
            "permissionDecision": verdict,
            "permissionDecisionReason": "allowed by Wilk, in its sandbox",
            "updatedInput": given,
        }
    })  # fmt: skip


def _entry(command: list[str]) -> dict[str, Any]:
    return {
        "type": "command",
        "command": command[0],
        "args": command[1:],
        "timeout": HARNESS_SECONDS,
        "onFailure": "block",
    }


CLAUDE: Final = Harness(
    name="claude",
    read_for="Claude Code 2.1.240, documentation of 22 August 2026",
    tools=TOOLS,
    read=read_call,
    asks=lambda call: not call.after and call.mode in _ASKING_MODES,
    allowed="",
    skipping=lambda call: "" if call.after else answer_json("allow", "allowed by Wilk"),
    asking=lambda _, reason: answer_json("ask", reason),
    denied=lambda _: "",
    rewriting=_rewriting,
    settings=Settings(
        ".claude/settings.json", ".claude/settings.json", "CLAUDE_CONFIG_DIR", (BEFORE,), (AFTER,),
        grouped=True, version=None, entry=_entry,
    ),
)  # fmt: skip
