"""Which tools Gemini CLI has at all, by its settings. Layer: importers (pure).

Such lists allow nothing by themselves here: they take out of what rules allow. Of most settings
the value of one file replaces that of another, and nobody knows here which of them goes first: so
only what all files say that say anything holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.importers.gemini.rules import Named, Prefix

if TYPE_CHECKING:
    from wilkc.importers.gemini.rules import Rule, Target

MCP: Final = "mcp_"
TOGETHER: Final = "tools.allowed"
"""Where rules stand that are of the settings as a whole, in place of a file."""
ALWAYS: Final = 950
"""The priority of rules that the source writes where a person says `always`."""


@dataclass
class Available:
    """The lists of all files: what a rule allows must be on each of them.

    Attributes:
        core: for each file with such a list, the built-in tools and beginnings of commands on it.
        servers: for each file with such a list, the MCP servers on it.
        tools: server to, for each file with such a list, its tools on it.
        known: names of all MCP servers that any file names.
        allowed: for each list of what runs without asking, its entries, each with its place.
        untrusted: MCP servers that a file has without trusting them.
        narrowing: where a beginning of a command is allowed, so that all others are denied.
        never_always: where it says that rules of priority `ALWAYS` are passed over, or empty.
    """

    core: list[list[Target]] = field(default_factory=list)
    servers: list[frozenset[str]] = field(default_factory=list)
    tools: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    allowed: list[dict[str, str]] = field(default_factory=list)
    untrusted: set[str] = field(default_factory=set)
    narrowing: str = ""
    never_always: str = ""

    def outranked(self, rule: Rule) -> str:
        """Why a rule that allows does not hold beside the settings, or empty."""
        if rule.trusts in self.untrusted:
            return "another file has this server without trusting it"
        if rule.file == TOGETHER:
            return ""
        if self.never_always and rule.priority == ALWAYS:
            return f"rules of its priority are passed over by {self.never_always}"
        if isinstance(rule.target, Prefix):
            return f"every command is denied beside {self.narrowing}" if self.narrowing else ""
        if rule.target.pattern.startswith(MCP) and not all(rule.target in one for one in self.core):
            return "it is not on the list of `core`, beside which tools of servers are denied"
        return ""

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
