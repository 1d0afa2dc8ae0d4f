"""Making the texts of a request canonical, without a file system. Layer: language (pure).

Paths stay as given: whether they are canonical on disk only the enforcement point can know,
and the decision point denies any other spelling.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wilkc.core.errors import RequestError
from wilkc.language.commands import check_argv, lex_line
from wilkc.language.hosts import (
    DEFAULT_PROTOCOL,
    Target,
    canonical_host,
    canonical_target,
    check_port,
    names_target,
)
from wilkc.language.requests.texts import check_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json, Request


def canonical_request(request: Request) -> Request:
    """The same request with commands split and hosts in canonical spelling.

    Raises:
        RequestError: a text cannot be read; such a request is denied.
    """
    check_request(request)
    if request.type == "shell":
        return _with_commands(request)
    if request.type == "network":
        return _with_target(request)
    return request


def _with_commands(request: Request) -> Request:
    properties = request.properties
    if "argv" in properties:
        check_argv(properties["argv"])
        return request
    if "commands" in properties:
        commands = properties["commands"]
        if not isinstance(commands, list) or not commands:
            raise RequestError("shell_argv_invalid", "`commands` must be a list of argv lists")
        for argv in commands:
            check_argv(argv)
        return request
    lexed = [list(argv) for argv in lex_line(request.id)]
    return replace(request, properties={**properties, "commands": lexed})


def _with_target(request: Request) -> Request:
    """Host, port and protocol as properties, from there or from the text, and no contradiction.

    A text that is a target must say what the properties say: a record, a person or another
    reader might go by it. Any other text beside a `host` is only a label.
    """
    given = request.properties
    protocol = given.get("protocol")
    if "protocol" in given and not (isinstance(protocol, str) and protocol):
        raise RequestError("protocol_unknown", "`protocol` must be text and not empty")
    if "host" in given:
        port = check_port(given.get("port"))
        target = Target(canonical_host(given["host"]), port, protocol or DEFAULT_PROTOCOL)
        _check_agreement(request.id, target)
    else:
        target = canonical_target(request.id, protocol=protocol)
        if "port" in given and check_port(given["port"]) != target.port:
            raise _contradiction(request.id)
    found = {"host": target.host, "port": target.port, "protocol": target.protocol}
    return replace(request, properties={**given, **found, **_resolved(given)})


def _check_agreement(text: str, target: Target) -> None:
    if not names_target(text):
        return
    stated = canonical_target(text, protocol=None if "://" in text else target.protocol)
    if stated != target:
        raise _contradiction(text)


def _contradiction(text: str) -> RequestError:
    return RequestError("target_contradicted", f"`{text}` is not what the properties say")


def _resolved(given: Mapping[str, Json]) -> dict[str, Json]:
    """Addresses in their canonical spelling; anything else is left to the decision point."""
    addresses = given.get("resolved")
    if not isinstance(addresses, list):
        return {}
    return {"resolved": [canonical_host(address) for address in addresses]}
