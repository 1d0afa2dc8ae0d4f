"""What no rule of Claude Code's settings allows: protected and critical paths. Layer: importers.

Pure. Read in "Permission modes" of its documentation (2.1.240): a write to a protected path is
asked about whatever is allowed, and so is the removal of a critical one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wilkc.importers.draft import Draft

_NAMES: Final = (
    ".git", ".vscode", ".idea", ".husky", ".cargo", ".devcontainer", ".yarn", ".mvn", ".claude",
    ".gitconfig", ".gitmodules", ".bashrc", ".bash_profile", ".bash_login", ".bash_aliases",
    ".bash_logout", ".zshrc", ".zprofile", ".zshenv", ".zlogin", ".zlogout", ".profile", ".envrc",
    ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.cjs", ".pnp.loader.mjs", ".pnpmfile.cjs",
    "bunfig.toml", ".bunfig.toml", ".bazelrc", ".bazelversion", ".bazeliskrc",
    ".pre-commit-config.yaml", "lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml",
    "gradle-wrapper.properties", "maven-wrapper.properties", ".devcontainer.json", ".ripgreprc",
    "pyrightconfig.json", ".mcp.json", ".claude.json",
)  # fmt: skip
PROTECTED: Final = (*_NAMES, "**/.config/git")
"""Blocks of the language: without a slash they are found at any depth and under every root."""
_WRITES: Final = "filesystem.write"
_BLOCKS: Final = "filesystem.metadata.blocked_paths"
_WILD: Final = re.compile(r"[*?\[{\\]|/$")
_WHY: Final = (
    "the source asks about writing there whatever a rule allows; a block denies reading, too: take"
    " out those that you read and never let be written"
)
_REMOVERS: Final = frozenset({"rm", "rmdir"})
_CRITICAL: Final = re.compile(r"[~/].*|\.{1,2}/*|.*(?:\.\.|[*'\"\\]).*", re.DOTALL)
"""Any path but a plain one below: where a session works, nobody knows here."""


def block_protected(draft: Draft) -> None:
    """Block the protected paths, if any write is allowed that may reach one."""
    reaching = [
        place for entry, place in draft.entries.get(_WRITES, {}).items() if _may_reach(entry)
    ]
    for name in PROTECTED if reaching else ():
        draft.block(_BLOCKS, name, reaching[0], shown=name)
    if reaching:
        draft.leave_out(reaching[0], "protected paths", _WHY)


def removes_critical(text: str) -> bool:
    """Whether a command that is allowed may remove a critical path."""
    program, *words = text.split() or [""]
    removes = program.rpartition("/")[2] in _REMOVERS
    return removes and any(_CRITICAL.fullmatch(word) for word in words)


def _may_reach(entry: str) -> bool:
    parts = entry.split("/")
    return (
        _WILD.search(entry) is not None or not set(_NAMES).isdisjoint(parts) or (".config" in parts)
    )
