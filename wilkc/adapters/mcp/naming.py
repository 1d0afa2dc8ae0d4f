"""From a message to what the policy is asked. Layer: adapters. Pure.

A tool NAME of server S is the tool `mcp__S__NAME` of the policy, a prompt is
`mcp-prompt__S__NAME`, a resource `mcp-resource__S__URI`, and what the server wants of the client
`mcp-client__S__METHOD`; so `mcp__S__*` opens the tools and nothing beside them. A resource that
is a file must be readable as such, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from wilkc.adapters.mcp.messages import INVALID_PARAMS, MessageError
from wilkc.adapters.mcp.methods import CALL, COMPLETE, LISTEN, PROMPT, READ, SUBSCRIBE
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

MAX_URIS: Final = 100
"""Resources that one request may subscribe to."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
"""MCP, server/tools: what names are made of. Anything else may look like another name."""
_SERVER: Final = re.compile(r"(?!.*__)[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")
_URI: Final = re.compile(
    r"[a-z][a-z0-9+.-]{0,31}:(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2}){1,900}"
)
"""RFC 3986, with the scheme in lower case."""
_VARIABLES: Final = re.compile(r"\{[+#./;?&]?[A-Za-z0-9_.,:*%]{1,200}\}")
_FILE: Final = re.compile(r"file://(?:localhost)?(/[^?#]*)")
_HIDDEN: Final = re.compile(r"%(?:2[5ef]|5c|00)", re.IGNORECASE)
"""An encoded dot, slash, backslash or NUL, which some readers decode before they look.

Also an encoded `%`: some decode twice.
"""
_META: Final = frozenset({"_meta"})
_RETRY: Final = frozenset({"inputResponses", "requestState"})
_PARAMETERS: Final = {
    CALL: frozenset({"name", "arguments"}) | _META | _RETRY,
    READ: frozenset({"uri"}) | _META | _RETRY,
    PROMPT: frozenset({"name", "arguments"}) | _META | _RETRY,
    SUBSCRIBE: frozenset({"uri"}) | _META,
    LISTEN: frozenset({"notifications"}) | _META,
    COMPLETE: frozenset({"ref", "argument", "context"}) | _META,
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the policy.

    Attributes:
        resource: in the short form.
        action: name of the action.
        properties: of the resource.
    """

    resource: str
    action: str = "call"
    properties: Mapping[str, Any] = field(default_factory=dict)


def check_server(name: str) -> str:
    """The name of a server, if a policy can tell it from others.

    Raises:
        UsageError: it cannot.
    """
    if _SERVER.fullmatch(name):
        return name
    raise UsageError(
        f"`{name}` is no name for a server",
        help_text="write letters, digits, `.`, `-` and single `_`, as in `mcp__NAME__*`",
    )


def asks(server: str, method: str, params: Mapping[str, Json]) -> tuple[Ask, ...]:
    """Everything that must be permitted for a request to be passed on.

    Raises:
        MessageError: the parameters are not those of the method.
    """
    unknown = params.keys() - _PARAMETERS[method]
    if unknown:
        raise _bad("a parameter is not known, so nothing says what it changes")
    if method == CALL:
        return (Ask(_tool(server, params.get("name")), properties=_arguments(params)),)
    if method == PROMPT:
        return (Ask(_prompt(server, params.get("name")), properties=_arguments(params)),)
    if method == LISTEN:
        return _listened(server, params.get("notifications"))
    if method == COMPLETE:
        return (_completed(server, params.get("ref")),)
    return _resource(server, params.get("uri"))


def listed(server: str, member: str, value: Json) -> Ask:
    """The question whether an entry of a list is shown.

    Args:
        server: name of the server.
        member: of the result, that the list is: `tools`, `prompts`, `resources`, …
        value: what names the entry.

    Raises:
        MessageError: it is no name.
    """
    if member == "tools":
        return Ask(_tool(server, value))
    if member == "prompts":
        return Ask(_prompt(server, value))
    if member == "resources":
        return _named(server, _uri(value))
    return _template(server, value)


def wanted(server: str, method: str) -> Ask:
    """The question whether a server may want something of its client."""
    return Ask(f"tool:mcp-client__{server}__{method}", properties={"arguments": {}})


def _tool(server: str, name: Json) -> str:
    return f"tool:mcp__{server}__{_name(name)}"


def _prompt(server: str, name: Json) -> str:
    return f"tool:mcp-prompt__{server}__{_name(name)}"


def _name(value: Json) -> str:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise _bad("a name is 1 to 128 ASCII letters, digits, `_`, `-` and `.`")


def _arguments(params: Mapping[str, Json]) -> dict[str, Json]:
    given = params.get("arguments", {})
    if not isinstance(given, dict):
        raise _bad("the arguments must be an object")
    return {"arguments": given}


def _resource(server: str, uri: Json) -> tuple[Ask, ...]:
    text = _uri(uri)
    if not text.startswith("file:"):
        return (_named(server, text),)
    found = _FILE.fullmatch(text)
    if found is None:
        raise _bad("the address of a file has no other host, query or fragment")
    try:
        path = unquote(found[1], errors="strict")
    except UnicodeDecodeError as error:
        raise _bad("the address of a file is not in UTF-8") from error
    return (_named(server, text), Ask(f"file:{path}", "read"))


def _named(server: str, text: str) -> Ask:
    return Ask(f"tool:mcp-resource__{server}__{text}", properties={"arguments": {"uri": text}})


def _template(server: str, value: Json) -> Ask:
    if not isinstance(value, str):
        raise _bad("the template must be text")
    _uri(_VARIABLES.sub("x", value))
    return _named(server, value)


def _uri(value: Json) -> str:
    if not isinstance(value, str) or not _URI.fullmatch(value) or _HIDDEN.search(value):
        raise _bad("the address is no URI in canonical form")
    if any(step in {".", ".."} for step in re.split(r"[/:?#]", value)):
        raise _bad("the address has steps to somewhere else")
    return value


def _listened(server: str, given: Json) -> tuple[Ask, ...]:
    if not isinstance(given, dict):
        raise _bad("what is listened to must be an object")
    uris = given.get("resourceSubscriptions") or []
    if not isinstance(uris, list) or len(uris) > MAX_URIS:
        raise _bad(f"at most {MAX_URIS} resources are listened to")
    flags = [value for key, value in given.items() if key != "resourceSubscriptions"]
    if not all(isinstance(value, bool) for value in flags):
        raise _bad("what is listened to is not known")
    return tuple(ask for uri in uris for ask in _resource(server, uri))


def _completed(server: str, ref: Json) -> Ask:
    if isinstance(ref, dict) and ref.get("type") == "ref/prompt":
        return Ask(_prompt(server, ref.get("name")))
    if isinstance(ref, dict) and ref.get("type") == "ref/resource":
        return _template(server, ref.get("uri"))
    raise _bad("what is to be completed is neither a prompt nor a resource")


def _bad(why: str) -> MessageError:
    return MessageError(INVALID_PARAMS, why)
