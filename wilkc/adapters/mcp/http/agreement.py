"""Whether headers say what the body says. Layer: adapters. Pure.

The body is judged; whoever routes by the headers must not be led elsewhere. MCP 2026-07-28,
streamable HTTP, "Request Metadata" and "Server Validation".
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from wilkc.adapters.mcp.messages import HEADER_MISMATCH, MessageError
from wilkc.adapters.mcp.methods import CALL, MODERN, NAMED_BY, VERSION_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.adapters.mcp.messages import Message
    from wilkc.core.contract import Json

VERSION: Final = "mcp-protocol-version"
METHOD: Final = "mcp-method"
NAME: Final = "mcp-name"
PARAMETER: Final = "mcp-param-"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ENCODED: Final = re.compile(r"=\?base64\?(.*)\?=")


def is_modern(version: str | None) -> bool:
    """Whether a request of this version says in itself all that it needs."""
    return version is not None and version >= MODERN


def check_agreement(message: Message, headers: Mapping[str, str]) -> None:
    """Refuse a message whose headers say something else than its body.

    Args:
        message: what the body says.
        headers: lower-case names and values.

    Raises:
        MessageError: they disagree, or one is missing that must be there.
    """
    if message.kind == "answer":
        if any(name in headers for name in (METHOD, NAME)):
            raise _mismatch(message, "an answer has no method")
        return
    meta = message.params.get("_meta")
    stated = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
    version = headers.get(VERSION)
    if version is not None and not _DATE.fullmatch(version):
        raise _mismatch(message, "the header `MCP-Protocol-Version` is no version")
    # 1. The version: stated twice and alike from 2026-07-28 on.
    modern = stated is not None or is_modern(version)
    if modern and message.kind == "request" and stated != version:
        raise _mismatch(message, "the header `MCP-Protocol-Version` is not the body's")
    # 2. The method.
    _check(message, headers, METHOD, message.method, needed=modern)
    # 3. The name.
    key = NAMED_BY.get(message.method)
    _check(message, headers, NAME, message.params.get(key) if key else None, needed=modern)
    # 4. Arguments: a header may say nothing that no argument says.
    given = message.params.get("arguments") if message.method == CALL else None
    said = set(_scalars(given))
    for name, value in headers.items():
        if name.startswith(PARAMETER) and decoded(value) not in said:
            raise _mismatch(message, "a header `Mcp-Param-…` is none of the arguments")


def decoded(value: str) -> str | None:
    """The text that a header value stands for; None where it is encoded in another way."""
    found = _ENCODED.fullmatch(value)
    if found is None:
        return value
    try:
        data = base64.b64decode(found[1], validate=True)
        # The decoder takes some texts that stand for the same bytes as another.
        return data.decode() if base64.b64encode(data).decode() == found[1] else None
    except (binascii.Error, ValueError):
        return None


def _check(
    message: Message, headers: Mapping[str, str], header: str, value: Json, *, needed: bool
) -> None:
    given = headers.get(header)
    if given is None:
        if needed and message.kind == "request" and value is not None:
            raise _mismatch(message, f"the header `{header}` is missing")
        return
    shown = given if header == METHOD else decoded(given)
    if value is None or shown != value:
        raise _mismatch(message, f"the header `{header}` is not what the body says")


def _scalars(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _scalars(inner)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str | int | float):
        yield str(value)


def _mismatch(message: Message, why: str) -> MessageError:
    return MessageError(HEADER_MISMATCH, why, message.id)
