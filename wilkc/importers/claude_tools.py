"""What tools of Claude Code do, for denials of their names. Layer: importers (pure).

A hook judges a call of a built-in tool by what it touches, and never by the tool's name. So a tool
that is denied takes with it all that it could do.
"""

from __future__ import annotations

import re
from typing import Final

AGENTS: Final = frozenset({"Agent", "Task"})
"""The tool that starts another agent, by its present and its earlier name."""
_SECTIONS: Final = {
    "Agent": "agents", "Bash": "shell", "Edit": "filesystem", "Glob": "filesystem",
    "Grep": "filesystem", "LS": "filesystem", "LSP": "filesystem", "Monitor": "shell",
    "MultiEdit": "filesystem", "NotebookEdit": "filesystem", "NotebookRead": "filesystem",
    "Read": "filesystem", "Task": "agents", "WebFetch": "network", "Write": "filesystem",
}  # fmt: skip


def sections_of(tool: str) -> list[str]:
    """The sections of a spec by which tools of this name are judged; `*` stands for anything."""
    name = re.compile(".*".join(map(re.escape, tool.split("*"))), re.IGNORECASE)
    return sorted({section for known, section in _SECTIONS.items() if name.fullmatch(known)})
