"""Which tools Gemini CLI has at all, by its settings. Layer: importers (pure).

Such lists allow nothing by themselves here: they take out of what rules allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.importers.gemini.rules import Named

if TYPE_CHECKING:
    from wilkc.importers.gemini.rules import Target

MCP: Final = "mcp_"


@dataclass
class Available:
    """The lists of all files: what a rule allows must be on each of them.

    Attributes:
        core: for each file with such a list, the built-in tools and beginnings of commands on it.
        servers: for each file with such a list, the MCP servers on it.
        tools: server to, for each file with such a list, its tools on it.
        known: names of all MCP servers that any file names.
    """

    core: list[list[Target]] = field(default_factory=list)
    servers: list[frozenset[str]] = field(default_factory=list)
    tools: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def narrowed(self, target: Target) -> tuple[list[Target], str]:
        """What of a target is left, and why not all of it, or empty."""
        if isinstance(target, Named) and target.pattern.startswith(MCP):
            why = self._of_server(target.pattern)
            return ([] if why else [target]), why
        left = [target]
        for listed in self.core:
            left = [both for one in left for other in listed for both in _both(one, other)]
        left = list(dict.fromkeys(left))
        return left, "" if left == [target] else "it is not, or only in part, on the list of `core`"

    def _of_server(self, name: str) -> str:
        owners = sorted(one for one in self.known if name.startswith(f"{MCP}{one}_"))
        if len(owners) > 1:
            return f"`{owners[0]}` and `{owners[1]}` may both have a tool of this name"
        if self.servers and not all(set(owners) & one for one in self.servers):
            return "its server is not on the list of allowed servers"
        for owner in owners:
            tool = name.removeprefix(f"{MCP}{owner}_")
            if not all(tool in one for one in self.tools.get(owner, [])):
                return "it is not on the list of its server's tools"
        return ""


def _both(one: Target, other: Target) -> list[Target]:
    """What two targets have in common."""
    if isinstance(one, Named) or isinstance(other, Named):
        return [one] if one == other else []
    shared = min(len(one.words), len(other.words))
    if one.words[:shared] != other.words[:shared]:
        return []
    return [one if len(one.words) > shared else other]
