"""What a rule of Gemini CLI is about. Layer: importers (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SHELL: Final = "run_shell_command"
AGENT: Final = "invoke_agent"
"""The tool that starts an agent, which rules about the agent's own name are about as well."""
ANY: Final = "*"
SECTIONS: Final = {
    SHELL: "shell",
    "read_file": "filesystem",
    "read_many_files": "filesystem",
    "write_file": "filesystem",
    "replace": "filesystem",
    "list_directory": "filesystem",
    "glob": "filesystem",
    "grep_search": "filesystem",
    "web_fetch": "network",
}
"""Tools whose calls are judged by what they touch, and the section that judges them."""
_OTHER_NAMES: Final = {
    "ShellTool": SHELL,
    "ReadFileTool": "read_file",
    "ReadManyFilesTool": "read_many_files",
    "WriteFileTool": "write_file",
    "EditTool": "replace",
    "SmartEditTool": "replace",
    "LSTool": "list_directory",
    "GlobTool": "glob",
    "GrepTool": "grep_search",
    "RipGrepTool": "grep_search",
    "search_file_content": "grep_search",
    "WebFetchTool": "web_fetch",
    "WebSearchTool": "google_web_search",
    "MemoryTool": "save_memory",
}
"""Names of classes and of earlier versions, which settings may still use."""
MAX_TOOL: Final = 63
"""Characters of a tool's name; the source shortens a longer one."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]+")
_UNCLEAR: Final = re.compile(r"[^A-Za-z0-9_.:*-]+")
_SURE: Final = 20
"""Characters at the front of a long name that the source leaves as they are."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Commands that begin with these words; without words, all commands."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Tools by their name, in which `*` stands for anything."""

    pattern: str


Target = Prefix | Named


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        file: of several files nobody knows here which goes first.
        place: where it stands, with its line.
        shown: the rule as written.
        priority: of two rules of one file the higher one decides.
        target: what it is about.
        allows: whether it allows; what asks a person and what denies are one here.
        why_not: for a rule that allows: why it cannot be carried over, or empty.
        trusts: the MCP server on whose being trusted it rests, or empty.
    """

    file: str
    place: str
    shown: str
    priority: int
    target: Target
    allows: bool
    why_not: str = ""
    trusts: str = ""


def tool_named(name: str) -> str:
    """The present name of a tool."""
    return _OTHER_NAMES.get(name, name)


def is_name(name: str) -> bool:
    """Whether a text is the name of one tool, as the source writes it."""
    return len(name) <= MAX_TOOL and _NAME.fullmatch(name) is not None


def allowed_tool(name: str) -> tuple[Target, str]:
    """What a rule about a tool's name allows, and why it allows nothing, or empty."""
    if tool_named(name) == SHELL:
        return Prefix(()), ""
    if name in _OTHER_NAMES:
        return Named(name), f"the source calls this tool `{tool_named(name)}` now"
    return Named(name), ""


def denied_tool(name: str) -> Target:
    """What a rule about a tool's name denies, or more: of an unclear name everything."""
    tool = tool_named(name)
    if tool == SHELL:
        return Prefix(())
    if not tool or "$" in tool:
        # A variable of the environment may stand there.
        return Named(ANY)
    if len(tool) > MAX_TOOL:
        tool = f"{tool[:_SURE]}{ANY}"
    return Named(_UNCLEAR.sub(ANY, tool))


def touches(denial: Target, target: Target) -> bool:
    """Whether a denial may take back a part of what another rule allows."""
    if isinstance(denial, Named) or isinstance(target, Named):
        return covers(denial, target)
    shorter = min(len(denial.words), len(target.words))
    return denial.words[:shorter] == target.words[:shorter]


def covers(denial: Target, target: Target) -> bool:
    """Whether a denial takes back all of what another rule allows."""
    if isinstance(denial, Named):
        name = SHELL if isinstance(target, Prefix) else target.pattern
        return _takes(denial.pattern.lower(), name.lower())
    return isinstance(target, Prefix) and target.words[: len(denial.words)] == denial.words


def _takes(pattern: str, name: str) -> bool:
    """Whether a pattern takes the whole name; each part is looked for once, from the left."""
    first, *parts = pattern.split(ANY)
    if not parts:
        return name == pattern
    last = parts.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for part in parts:
        at = name.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
