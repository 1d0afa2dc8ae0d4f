"""What the messages of MCP are, and what becomes of each. Layer: adapters. Facts only.

Read for the protocol versions 2026-07-28 and 2025-11-25. What does not stand here is not passed.
Tasks of 2025-11-25 do not: their results would come in answer to requests that say nothing of
the tool.
"""

from __future__ import annotations

from typing import Final

MODERN: Final = "2026-07-28"
"""From this version on each request says in itself all that it needs."""
VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
"""Member of `_meta` that says a request's version."""

CALL: Final = "tools/call"
READ: Final = "resources/read"
PROMPT: Final = "prompts/get"
SUBSCRIBE: Final = "resources/subscribe"
LISTEN: Final = "subscriptions/listen"
COMPLETE: Final = "completion/complete"
DECIDED: Final = frozenset({CALL, READ, PROMPT, SUBSCRIBE, LISTEN, COMPLETE})
"""Requests of a client that happen only if the policy permits them."""

LISTS: Final = {
    "tools/list": ("tools", "name"),
    "prompts/list": ("prompts", "name"),
    "resources/list": ("resources", "uri"),
    "resources/templates/list": ("resourceTemplates", "uriTemplate"),
}
"""Requests for lists: member of the result, and what names an entry."""

PASSED: Final = frozenset(
    {
        "initialize",
        "ping",
        "server/discover",
        "logging/setLevel",
        "resources/unsubscribe",
        *LISTS,
    }
)
"""Requests of a client that act on nothing."""

NOTICES_OF_CLIENTS: Final = frozenset(
    {
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/roots/list_changed",
    }
)
NOTICES_OF_SERVERS: Final = frozenset(
    {
        "notifications/cancelled",
        "notifications/message",
        "notifications/progress",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated",
        "notifications/subscriptions/acknowledged",
        "notifications/tools/list_changed",
        "notifications/elicitation/complete",
    }
)
ASKED_BY_SERVERS: Final = frozenset({"sampling/createMessage", "elicitation/create", "roots/list"})
"""What a server may want of its client, as a request or, from 2026-07-28 on, inside a result."""

NAMED_BY: Final = {CALL: "name", READ: "uri", PROMPT: "name"}
"""The parameter that the header `Mcp-Name` repeats."""
