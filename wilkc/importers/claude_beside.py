"""What other keys of Claude Code's settings take out of its rules. Layer: importers (pure).

Lists of MCP servers say which servers there are at all, and switches which tools; a rule about
what is not there allows nothing. A search looks at everything below a folder, so that one which
is allowed would show what a rule about paths denies: the source leaves such files out, Wilk
cannot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.importers.draft import Draft

_ALLOWED: Final = "allowedMcpServers"
_DENIED: Final = "deniedMcpServers"
_REJECTED: Final = "disabledMcpjsonServers"
_ALONE: Final = "allowManagedMcpServersOnly"
_NAME: Final = "serverName"
_OFF: Final[Mapping[str, tuple[str, ...]]] = {
    "disableArtifact": ("Artifact",),
    "disableClaudeAiConnectors": ("mcp__claude_ai_*",),
    "disableWorkflows": ("Workflow",),
}
"""Switches, to the tools that are not there where they are on."""
READ: Final = frozenset({_ALLOWED, _DENIED, _REJECTED, _ALONE, *_OFF})
"""The keys that are read here."""
_TOOL: Final = re.compile(r"mcp__((?:(?!__).)+)(?:__.*)?", re.DOTALL)
_ODD: Final = re.compile(r"[^A-Za-z0-9_-]+")
_EVERY: Final = "mcp__*"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_OF_PATHS: Final = re.compile(r"(?:Read|Edit)\(")
_DENYING: Final = frozenset({"denyRead", "denyWrite"})
_DOMAINS: Final = "allowManagedDomainsOnly"
_HOSTS: Final = "WebFetch("
_SEARCHES: Final = frozenset({"Glob", "Grep", "LSP"})


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the rules of all files.

    Attributes:
        servers: the MCP servers that there may be; None for any.
        hides: whether paths are denied.
        domains: the files that say that only hosts of their own are for commands.
    """

    servers: frozenset[str] | None
    hides: bool
    domains: frozenset[str]

    def why_not(self, rule: str, file: str) -> str:
        """Why a rule of a file allows nothing, or not what it says, or empty."""
        found = _TOOL.fullmatch(rule.partition("(")[0])
        if found and self.servers is not None and found[1] not in self.servers:
            return "its server is not on the list of allowed servers, or nobody knows"
        if self.hides and rule in _SEARCHES:
            return "it would show what is denied of files below"
        if self.domains and self.domains != {file} and rule.startswith(_HOSTS):
            return f"`{min(self.domains)}` lets commands reach hosts of its own alone"
        return ""


def beside(documents: Mapping[str, Mapping[str, Any]]) -> Beside:
    """What all files say together."""
    return Beside(
        _servers(documents),
        any(_hides(one) for one in documents.values()),
        frozenset(name for name, held in documents.items() if _locks_hosts(held)),
    )


def block_absent(name: str, held: Mapping[str, Any], draft: Draft) -> None:
    """Block the tools that one file says are not there."""
    for key in (_DENIED, _REJECTED):
        for number, server in enumerate(_list(held.get(key, []))):
            place = f"{name} {key}[{number}]"
            for tool in _tools_of(server, key):
                draft.block("tools.blocked", tool, place, shown=str(server))
    for key, tools in _OFF.items():
        if held.get(key, False) is not False:
            for tool in tools:
                draft.block("tools.blocked", tool, f"{name} {key}", shown=key)


def _tools_of(server: Any, key: str) -> Iterable[str]:
    """The names of a server's tools; of all servers where nobody knows which one is meant."""
    named = server.get(_NAME) if isinstance(server, dict) and key == _DENIED else server
    if not isinstance(named, str) or not named.strip():
        return (_EVERY,)
    # The source writes other characters in its own way.
    plain = _ODD.sub("*", named)
    return (f"mcp__{plain}", f"mcp__{plain}__*")


def _servers(documents: Mapping[str, Mapping[str, Any]]) -> frozenset[str] | None:
    """The servers on the lists of all files, or on that of the one file that counts alone."""
    alone = [held for held in documents.values() if held.get(_ALONE, False) is not False]
    listing = alone or list(documents.values())
    entries = [one for held in listing for one in _list(held.get(_ALLOWED, []))]
    if not any(_ALLOWED in held for held in documents.values()):
        return None
    # A list, as what is no name may be anything, also what no set holds.
    names = [one.get(_NAME) if isinstance(one, dict) and len(one) == 1 else None for one in entries]
    # Beside an entry for addresses or commands, a name admits no server of that kind. Of two files
    # that count alone, nobody knows which one is the managed one.
    if len(alone) > 1 or not all(isinstance(one, str) and _PLAIN.fullmatch(one) for one in names):
        return frozenset()
    return frozenset(str(one) for one in names)


def _list(value: Any) -> list[Any]:
    """A list; of what is none nobody knows what it names."""
    return value if isinstance(value, list) else [None]


def _hides(held: Mapping[str, Any]) -> bool:
    rules = held.get("permissions", {})
    texts = [one for key in ("deny", "ask") for one in _list(rules.get(key, []))]
    return _has_denials(held.get("sandbox")) or any(
        isinstance(one, str) and _OF_PATHS.match(one) is not None for one in texts
    )


def _locks_hosts(held: Mapping[str, Any]) -> bool:
    """Whether hosts of other files are for no command; here one is for all that an agent runs."""
    sandbox = held.get("sandbox")
    network = sandbox.get("network") if isinstance(sandbox, dict) else None
    return isinstance(network, dict) and network.get(_DOMAINS, False) is not False


def _has_denials(sandbox: Any) -> bool:
    """Whether a sandbox may deny paths; a group of its settings that is odd may."""
    groups = sandbox.items() if isinstance(sandbox, dict) else ()
    return any(
        group == "credentials" or not _DENYING.isdisjoint(held)
        for group, held in groups
        if group in {"credentials", "filesystem"} and isinstance(held, dict)
    )
