"""Rules of Claude Code. Layer: importers (pure).

Read for version 2.1.240: rules `Tool` or `Tool(spec)` in `permissions.allow`, `ask` and `deny` of a
settings file. A denial at any level wins, then `ask`, then what is allowed. Wilk does not ask: what
would be asked is blocked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.importers.claude_paths import allowed_path, blocked_path
from wilkc.importers.claude_protected import removes_critical
from wilkc.importers.claude_tools import AGENTS, sections_of
from wilkc.importers.prefixes import before_end, cut_before

if TYPE_CHECKING:
    from wilkc.importers.draft import Draft

_RULE: Final = re.compile(r"([A-Za-z_][\w*-]*)(?:\((.*)\))?", re.ASCII | re.DOTALL)
_READS: Final = {"Read": "filesystem.read", "Edit": "filesystem.write"}
_UNHEEDED: Final = frozenset({"Write", "NotebookEdit", "Glob", "MultiEdit"})
_DOMAIN: Final = "domain:"
_ANYTHING: Final = "it allows anything: say what it is needed for"
_PARAMETER: Final = re.compile(r"([A-Za-z_]\w*)\s*:\s*", re.ASCII)
"""A denial may name a parameter of a tool in place of what the tool is about."""
_OF_COMMANDS: Final = frozenset({
    "dangerouslyDisableSandbox", "description", "run_in_background", "timeout",
})  # fmt: skip
"""Parameters of a command: with `:*` behind them they may be meant, or a program of that name."""
_RUNNERS: Final = frozenset({"flock", "ionice", "setsid", "watch"})
"""Programs that run another one; a rule with `*` never allows them there."""
_MOVERS: Final = frozenset({"cd", "popd", "pushd"})
"""What runs behind them runs in another folder, about which the source may ask."""
_UNCLEAR: Final = frozenset("'\"\\?[]{}*")
"""Characters of a command that mean another thing here, or by which its words are unclear."""
_LITERAL: Final = re.compile(r"([?\[\]{}])")
_AGENT: Final = re.compile(r"[A-Za-z0-9._-]+")


def carry_rule(draft: Draft, effect: str, place: str, text: str) -> None:
    """Add one rule: `effect` is `allow`, `ask` or `deny`."""
    _Rule(draft, effect, place, text).carry()


class _Rule:
    """One rule on its way."""

    def __init__(self, draft: Draft, effect: str, place: str, text: str) -> None:
        self.draft = draft
        self.allows = effect == "allow"
        self.place = place
        self.text = text

    def carry(self) -> None:
        """Say it in Wilk's language, or tell that this cannot be done."""
        found = _RULE.fullmatch(self.text)
        if found is None:
            self._unsaid("", "it is no rule")
            return
        tool, spec = found.groups()
        if tool == "Bash":
            self._command(spec)
        elif tool in _READS:
            self._path(_READS[tool], spec)
        elif tool == "WebFetch":
            self._host(spec)
        elif tool in AGENTS and spec and not self.allows:
            self._no_tool(tool)
        elif tool == "Agent" and spec:
            self._agent(spec)
        elif tool in _UNHEEDED and spec:
            self.draft.leave_out(self.place, self.text, "the source never consults it")
        else:
            self._tool(tool, spec)

    def _unsaid(self, section: str, why: str) -> None:
        """A rule that cannot be said: of a denial, something must be given up for it."""
        if self.allows:
            self.draft.leave_out(self.place, self.text, why)
            return
        sections = [section] if section else ["filesystem", "network", "shell", "tools", "agents"]
        for one in sections:
            self.draft.empty(one, self.place, self.text)

    def _command(self, spec: str | None) -> None:
        if spec is None or spec in {"", "*"}:
            self._unsaid("shell", _ANYTHING)
            return
        text = f"{spec.removesuffix(':*')} *" if spec.endswith(":*") else spec
        if self.allows:
            self._allowed_command(text)
            return
        if _names_parameter(spec):
            self._unsaid("shell", "")
            return
        # There `*` goes over blanks, quotes and `--`; here it stays in its word. So a denial is cut
        # before the first word that holds one, which blocks more; a last `*` alone says no more.
        words = text.split()
        if words and words[-1] == "*":
            words.pop()
        unclear = (at for at, word in enumerate(words) if _UNCLEAR.intersection(word))
        plain = next(unclear, len(words))
        if plain == 0:
            self._unsaid("shell", "")
            return
        kept, wider = before_end(words[:plain])
        if plain < len(words) and not wider:
            wider = cut_before(words[plain])
        self.draft.block(
            "shell.blocked_commands", " ".join(kept), self.place, shown=self.text, wider=wider
        )

    def _allowed_command(self, text: str) -> None:
        program = text.split(maxsplit=1)[0] if text.strip() else ""
        if program in _MOVERS:
            self._unsaid("shell", "what runs behind it would run in another folder")
            return
        if removes_critical(text):
            self._unsaid("shell", "it may remove what the source asks about whatever is allowed")
            return
        if program in _RUNNERS and "*" in text:
            self._unsaid("shell", f"the source asks about what `{program}` runs")
            return
        if _LITERAL.search(text):
            # Plain characters there. Inside quotes nobody would read the backslash as one.
            if {"'", '"', "\\"}.intersection(text):
                self._unsaid("shell", "it holds both quotes and what is a wildcard here")
                return
            text = _LITERAL.sub(r"\\\1", text)
        self.draft.allow("shell.allowed_commands", text, self.place, shown=self.text)

    def _path(self, name: str, spec: str | None) -> None:
        if not spec:
            self._unsaid("filesystem", _ANYTHING)
            return
        if self.allows:
            path = allowed_path(spec)
            if path is None:
                self._unsaid(
                    "filesystem",
                    "it is relative to where its settings are, a negation, or ends in blanks",
                )
                return
            self.draft.allow(name, path, self.place, shown=self.text)
            return
        if _PARAMETER.match(spec):
            self._unsaid("filesystem", "")
            return
        for path in blocked_path(spec):
            self.draft.block("filesystem.metadata.blocked_paths", path, self.place, shown=self.text)

    def _host(self, spec: str | None) -> None:
        host = spec.removeprefix(_DOMAIN).lower() if spec and spec.startswith(_DOMAIN) else ""
        if not host or "*" in host.removeprefix("*."):
            self._unsaid("network", _ANYTHING if not host else "a `*` inside of a name")
        elif self.allows:
            self.draft.allow("network.allowed_hosts", host, self.place, shown=self.text)
        else:
            self.draft.block("network.blocked_hosts", host, self.place, shown=self.text)

    def _agent(self, spec: str) -> None:
        if _AGENT.fullmatch(spec):
            self.draft.allow("agents.use", spec, self.place, shown=self.text)
        else:
            self._unsaid("agents", "it is not the name of one agent")

    def _tool(self, tool: str, spec: str | None) -> None:
        """Any other tool by its name; what a denial says of parameters is blocked as a whole."""
        if not self.allows:
            self._no_tool(tool)
        elif spec is not None:
            self._unsaid("tools", "it allows a part of a tool's parameters")
        elif "*" in tool and not re.match(r"mcp__[^*]+__", tool):
            self._unsaid("tools", "the source allows `*` only after the name of a server")
        else:
            self.draft.allow("tools.allowed", _names(tool)[-1], self.place, shown=self.text)

    def _no_tool(self, tool: str) -> None:
        """Block a tool, or all whose names are like this, with all that they could do."""
        for section in sections_of(tool):
            self.draft.empty(section, self.place, self.text)
        for name in sorted(AGENTS) if tool in AGENTS else _names(tool):
            self.draft.block("tools.blocked", name, self.place, shown=self.text)


def _names(tool: str) -> list[str]:
    """The names of a tool: that of a server of MCP stands for all of its tools."""
    of_server = re.fullmatch(r"mcp__(?:(?!__).)+", tool) is not None
    return [tool, f"{tool}__*"] if of_server else [tool]


def _names_parameter(spec: str) -> bool:
    """Whether a denial of commands is about a parameter, or may be."""
    found = _PARAMETER.match(spec)
    return found is not None and (spec[found.end() :] != "*" or found[1] in _OF_COMMANDS)
