"""Settings of Gemini CLI to rules. Layer: importers (pure).

`tools.allowed` runs without asking, `tools.confirmationRequired` never without, `tools.exclude`
never; `mcpServers` and the lists of `mcp` name servers whose tools run without asking, or never.
`tools.core` and `includeTools` only say what there is. Names of earlier versions, at the top level,
mean the same. The priorities are those that the source gives its settings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.importers.gemini.available import MCP, TOGETHER
from wilkc.importers.gemini.managed import read_managed
from wilkc.importers.gemini.rules import (
    SHELL,
    Named,
    Prefix,
    Rule,
    allowed_tool,
    denied_tool,
    tool_named,
)
from wilkc.importers.nodes import find, mapping, read_json, texts
from wilkc.importers.prefixes import NOT_PLAIN, plain_words
from wilkc.syntax import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.importers.draft import Draft
    from wilkc.importers.gemini.available import Available
    from wilkc.importers.gemini.rules import Target
    from wilkc.syntax import Mapping

_CORE: Final = ("tools.core", "coreTools")
_ALLOWED: Final = ("tools.allowed", "allowedTools")
_EXCLUDED: Final = ("tools.exclude", "excludeTools")
_ASKED: Final = ("tools.confirmationRequired",)
_SERVERS: Final = ("mcp.allowed", "allowMCPServers")
_NO_SERVERS: Final = ("mcp.excluded", "excludeMCPServers")
_READ: Final = frozenset(
    (*_CORE, *_ALLOWED, *_EXCLUDED, *_ASKED, *_SERVERS, *_NO_SERVERS, "mcpServers")
)
_SHOWN: Final = frozenset({
    "$schema", "billing", "customThemes", "hideBanner", "hideTips", "ide", "ideMode", "model",
    "modelConfigs", "output", "preferredEditor", "privacy", "telemetry", "theme", "ui",
    "usageStatisticsEnabled", "vimMode",
})  # fmt: skip
"""Settings that do not bear on what may be done; every other one is told."""
_CALL: Final = re.compile(r"([A-Za-z0-9_-]+)\((.*)\)", re.DOTALL)
ABSENT: Final = 1000
"""Above all priorities: no rule brings back a tool that is not there."""
_NO_SERVER, _NO_TOOL, _ASK, _TOOL, _TRUST, _SERVER = 900, 400, 350, 300, 200, 100


def read_settings(name: str, data: bytes, draft: Draft, available: Available) -> list[Rule]:
    """The rules of one file; what is no rule, and bears on permissions, is told.

    Raises:
        UsageError: the file is no settings file.
    """
    settings = read_json(name, data)
    _tell(name, settings, draft)
    available.core += [
        [one for text, _, _ in entries for one in _listed(text)]
        for entries in _lists(name, settings, _CORE)
    ]
    available.allowed += [
        {text: place for text, _, place in entries} for entries in _lists(name, settings, _ALLOWED)
    ]
    rules = [
        Rule(name, place, text, priority, _denied(text), allows=False)
        for paths, priority in ((_EXCLUDED, _NO_TOOL), (_ASKED, _ASK))
        for entries in _lists(name, settings, paths)
        for text, _, place in entries
    ]
    rules += read_managed(name, settings, available)
    return rules + list(_of_servers(name, settings, available))


def allowed_by_all(available: Available, draft: Draft) -> list[Rule]:
    """The rules for what runs without asking by every list of it; the rest is told.

    Where one names the beginning of a command, the source denies all other commands.
    """
    rules = []
    for text, place in [pair for one in available.allowed for pair in one.items()]:
        if not all(text in one for one in available.allowed):
            draft.leave_out(place, text, "another file has such a list, and it is not on that")
            continue
        found = _CALL.fullmatch(text)
        if found and tool_named(found[1]) == SHELL:
            available.narrowing = available.narrowing or place
        rules.append(_allowed(place, text))
    return rules


def _lists(
    name: str, settings: Mapping, paths: tuple[str, ...]
) -> Iterator[list[tuple[str, int, str]]]:
    """The lists of texts at these paths, as far as there are any: text, line and place."""
    for path in paths:
        node = find(settings, path)
        if node is not None:
            yield [
                (text, line, f"{name}:{line} {path}[{at}]")
                for at, (text, line) in enumerate(texts(node, path))
            ]


def _tell(name: str, settings: Mapping, draft: Draft) -> None:
    for key, value in settings.entries:
        if key.text in _SHOWN:
            continue
        inner = (
            mapping(value, key.text).entries if key.text in {"tools", "mcp"} else ((key, value),)
        )
        for one, _ in inner:
            path = key.text if one is key else f"{key.text}.{one.text}"
            if path not in _READ:
                draft.leave_out(f"{name}:{one.span.line}", path, "is not a rule")


def _listed(text: str) -> list[Target]:
    """What an entry of `core` lets there be, or less."""
    found = _CALL.fullmatch(text)
    tool = tool_named(found[1] if found else text)
    if tool != SHELL:
        return [] if found else [Named(tool)]
    words, whole = plain_words(found[2]) if found else ((), True)
    return [Prefix(words)] if whole else []


def _allowed(place: str, text: str) -> Rule:
    found = _CALL.fullmatch(text)
    target, why = allowed_tool(found[1] if found else text)
    if found and isinstance(target, Prefix):
        words, whole = plain_words(found[2])
        target, why = Prefix(words), "" if whole else NOT_PLAIN
    elif found:
        why = "the source does not look at what stands in the brackets"
    return Rule(TOGETHER, place, text, _TOOL, target, allows=True, why_not=why)


def _denied(text: str) -> Target:
    """What an entry of `exclude` denies: by earlier versions, with brackets, commands."""
    found = _CALL.fullmatch(text)
    target = denied_tool(found[1] if found else text)
    if found and isinstance(target, Prefix):
        return Prefix(plain_words(found[2].strip())[0])
    return target


def _of_servers(name: str, settings: Mapping, available: Available) -> Iterator[Rule]:
    approved: dict[str, str] = {}
    for entries in _lists(name, settings, _SERVERS):
        available.servers.append(frozenset(text for text, _, _ in entries))
        approved |= {text: place for text, _, place in entries}
    node = find(settings, "mcpServers")
    servers = mapping(node, "mcpServers").entries if node else ()
    available.known |= {*approved, *(key.text for key, _ in servers)}
    for key, server in servers:
        listed = approved.pop(key.text, "") != ""
        yield from _of_server(name, key, mapping(server, key.text), available, listed=listed)
    for text, place in approved.items():
        yield Rule(name, place, text, _SERVER, Named(f"{MCP}{text}_*"), allows=True)
    for entries in _lists(name, settings, _NO_SERVERS):
        for text, _, place in entries:
            available.known.add(text)
            pattern = f"{MCP}*" if text == "*" else f"{MCP}{text}_*"
            yield Rule(name, place, text, _NO_SERVER, denied_tool(pattern), allows=False)


def _of_server(
    name: str, key: Scalar, server: Mapping, available: Available, *, listed: bool
) -> Iterator[Rule]:
    place = f"{name}:{key.span.line} mcpServers.{key.text}"
    tools = None
    for entries in _lists(place, server, ("includeTools",)):
        # `a(b)` lets the whole of `a` be there; here it lets nothing.
        tools = [text for text, _, _ in entries]
        available.tools.setdefault(key.text, []).append(frozenset(tools))
    for entries in _lists(place, server, ("excludeTools",)):
        for text, _, _ in entries:
            yield Rule(
                name,
                place,
                f"{key.text} {text}",
                ABSENT,
                denied_tool(f"{MCP}{key.text}_{text}"),
                allows=False,
            )
    trust = find(server, "trust")
    trusted = isinstance(trust, Scalar) and trust.value is True
    if not trusted:
        available.untrusted.add(key.text)
    if trusted or listed:
        for tool in ["*"] if tools is None else tools:
            target = Named(f"{MCP}{key.text}_{tool}")
            yield Rule(
                name,
                place,
                f"{key.text} {tool}",
                _TRUST if trusted else _SERVER,
                target,
                allows=True,
                trusts="" if listed else key.text,
            )
