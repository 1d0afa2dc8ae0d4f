"""What LibreChat must allow before Wilk is asked. Layer: adapters (pure).

One function for each action, in a table. LibreChat has no permission to write files and none
for the system: those come from entries of access control, ownership and capabilities. Where a
part is missing (the role, the document asked about, a word) the answer is no.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.adapters.librechat.documents import DELETE, EDIT, SHARE, VIEW
from wilkc.adapters.librechat.holding import Holder

if TYPE_CHECKING:
    from datetime import datetime

    from wilkc.adapters.librechat.documents import Facts, Thing


@dataclass(frozen=True, slots=True)
class Verdict:
    """LibreChat's answer.

    Attributes:
        allowed: whether it allows the action.
        because: what it rests on, or what is missing, in LibreChat's own words.
    """

    allowed: bool
    because: str


def holding(what: str) -> Verdict:
    """Allowed, by what the user holds."""
    return Verdict(allowed=True, because=what)


def lacking(why: str) -> Verdict:
    """Denied, with why."""
    return Verdict(allowed=False, because=why)


def judge(action: str, facts: Facts, now: datetime) -> Verdict:
    """LibreChat's answer to one action of `ACTIONS`.

    Args:
        action: its name; an unknown one is denied.
        facts: about the user and what is asked about.
        now: with a time zone, for what expires.
    """
    rule = ACTIONS.get(action)
    if rule is None:
        return lacking(f"no action `{action}` is known")
    return rule(Holder(facts, now))


def _words(kind: str, *words: str) -> _Rule:
    def rule(holder: Holder) -> Verdict:
        return _verdict(holder.has_words(kind, *words), f"{kind} {' and '.join(words)}")

    return rule


def _on_agent(bits: int, bits_name: str) -> _Rule:
    def rule(holder: Holder) -> Verdict:
        used = _words("AGENTS", "USE")(holder)
        return _thing(holder, holder.facts.agent, bits, bits_name) if used.allowed else used

    return rule


def _use_agent(holder: Holder) -> Verdict:
    # Without a certain agent, the word alone decides whether agents are used at all.
    if holder.facts.matter.agent is None:
        return _words("AGENTS", "USE")(holder)
    return _on_agent(VIEW, "VIEW")(holder)


def _share_agent(word: str) -> _Rule:
    def rule(holder: Holder) -> Verdict:
        shared = _words("AGENTS", word)(holder)
        if shared.allowed or holder.has_capability("manage:agents"):
            return _on_agent(SHARE, "SHARE")(holder)
        return shared

    return rule


def _thing(holder: Holder, agent: Thing | None, bits: int, bits_name: str) -> Verdict:
    if agent is None:
        return lacking("there is no such agent")
    if agent.tenant == holder.facts.user.tenant and holder.has_capability("manage:agents"):
        return holding("the capability manage:agents")
    return _verdict(holder.has_bits("agent", agent, bits), f"{bits_name} on the agent")


def _file(bits: int, bits_name: str) -> _Rule:
    def rule(holder: Holder) -> Verdict:
        file, user = holder.facts.file, holder.facts.user
        if file is None or file.tenant != user.tenant:
            return lacking("there is no such file")
        if file.owner == user.id:
            return holding("ownership of the file")
        carried = any(
            file.id in agent.files and holder.has_bits("agent", agent, bits)
            for agent in holder.facts.carriers
        )
        return _verdict(carried, f"{bits_name} on an agent that carries the file")

    return rule


def _search_file(holder: Holder) -> Verdict:
    searched = _words("FILE_SEARCH", "USE")(holder)
    return _file(VIEW, "VIEW")(holder) if searched.allowed else searched


def _use_server(holder: Holder) -> Verdict:
    used = _words("MCP_SERVERS", "USE")(holder)
    if not used.allowed:
        return used
    server, user = holder.facts.server, holder.facts.user
    if server is None:
        return lacking("there is no such MCP server")
    if server.tenant == user.tenant and holder.has_capability("manage:mcpservers"):
        return holding("the capability manage:mcpservers")
    return _verdict(holder.has_bits("mcpServer", server, VIEW), "VIEW on the MCP server")


def _capability(name: str) -> _Rule:
    def rule(holder: Holder) -> Verdict:
        return _verdict(holder.has_capability(name), f"the capability {name}")

    return rule


def _verdict(held: bool, what: str) -> Verdict:  # noqa: FBT001  # the one thing it tells
    return holding(what) if held else lacking(f"{what} is missing")


_Rule = Callable[[Holder], Verdict]
ACTIONS: Final[Mapping[str, _Rule]] = {
    "agents.use": _use_agent,
    "agents.create": _words("AGENTS", "USE", "CREATE"),
    "agents.modify": _on_agent(EDIT, "EDIT"),
    "agents.delete": _on_agent(DELETE, "DELETE"),
    "agents.share": _share_agent("SHARE"),
    "agents.share_public": _share_agent("SHARE_PUBLIC"),
    "files.read": _file(VIEW, "VIEW"),
    "files.search": _search_file,
    "files.write": _file(EDIT, "EDIT"),
    "files.delete": _file(VIEW | EDIT, "VIEW and EDIT"),
    "mcp.use": _use_server,
    "mcp.create": _words("MCP_SERVERS", "USE", "CREATE"),
    "exec.code": _words("RUN_CODE", "USE"),
    "web.search": _words("WEB_SEARCH", "USE"),
    "system.admin": _capability("access:admin"),
    "system.config": _capability("manage:configs"),
    "system.config.read": _capability("read:configs"),
}
"""Each action and its rule, in the order of the documentation's table."""
