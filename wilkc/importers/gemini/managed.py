"""Settings of Gemini CLI that take back what rules allow. Layer: importers (pure).

Switches of `security`, and what an administrator sets: which MCP servers there may be. A value that
is none of the expected ones counts as if it were on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.importers.gemini.available import MCP
from wilkc.importers.gemini.rules import ANY, Named, Rule, denied_tool
from wilkc.importers.nodes import find, mapping, texts
from wilkc.syntax import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.importers.gemini.available import Available
    from wilkc.syntax import Mapping, Node

_NEVER_ALWAYS: Final = ("security.disableAlwaysAllow", "admin.secureModeEnabled")
_CHECKED: Final = "security.enableConseca"
_SERVERS_AT_ALL: Final = "admin.mcp.enabled"
_SERVERS: Final = ("admin.mcp.config", "admin.mcp.requiredConfig")
_ABOVE_ALL: Final = 1000


def read_managed(name: str, settings: Mapping, available: Available) -> list[Rule]:
    """The denials of one file; what it lists goes to `available`.

    Raises:
        UsageError: a list is none.
    """
    for path in _NEVER_ALWAYS:
        node = find(settings, path)
        if node is not None and not _is(node, on=False):
            available.never_always = f"{name}:{node.span.line} {path}"
    rules = []
    for path, usual, pattern in ((_CHECKED, False, ANY), (_SERVERS_AT_ALL, True, f"{MCP}{ANY}")):
        node = find(settings, path)
        if node is not None and not _is(node, on=usual):
            # A model that looks at each call may refuse any.
            place = f"{name}:{node.span.line} {path}"
            rules.append(Rule(name, place, path, _ABOVE_ALL, Named(pattern), allows=False))
    for path in _SERVERS:
        node = find(settings, path)
        servers = mapping(node, path).entries if node is not None else ()
        if servers and path == _SERVERS[0]:
            available.servers.append(frozenset(key.text for key, _ in servers))
        for key, server in servers:
            held = mapping(server, key.text)
            rules += _of_server(f"{name}:{key.span.line} {path}", key.text, held, available)
    return rules


def _is(node: Node, *, on: bool) -> bool:
    return isinstance(node, Scalar) and node.value is on


def _of_server(place: str, server: str, held: Mapping, available: Available) -> Iterator[Rule]:
    """What goes before a server of the same name elsewhere."""
    available.known.add(server)
    trust = find(held, "trust")
    if trust is None or not _is(trust, on=True):
        available.untrusted.add(server)
    included = find(held, "includeTools")
    if included is not None:
        tools = frozenset(text for text, _ in texts(included, "includeTools"))
        available.tools.setdefault(server, []).append(tools)
    excluded = find(held, "excludeTools")
    for text, _ in texts(excluded, "excludeTools") if excluded is not None else ():
        denied = denied_tool(f"{MCP}{server}_{text}")
        yield Rule(place, place, f"{server} {text}", _ABOVE_ALL, denied, allows=False)
