"""From documents of the database to values, or a located error. Layer: adapters (pure).

Documents come from `mongoexport` with extended JSON (`{"$oid": …}`, `{"$date": …}`,
`{"$numberLong": …}`) or from a driver. Unknown members are left alone; a known one of another type
is an error and no default: what is misread could grant.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wilkc.adapters.librechat.documents import (
    ALL_BITS,
    Entry,
    File,
    Group,
    Principal,
    Role,
    SystemGrant,
    Thing,
    User,
)
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
_MAX_TEXT: Final = 1024
_KINDS: Final = frozenset({"user", "group", "role", "public"})
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")
_WHOLE: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_MILLISECONDS: Final = 1000


class _MalformedError(Exception):
    """A member is not what it must be; carries its name and what is wrong."""


def read_all(
    collection: str, documents: Sequence[object], read: Callable[[Mapping[str, Any]], T]
) -> tuple[list[T], list[str]]:
    """The values of a collection's documents, and what is wrong with the others.

    Args:
        collection: its name, for messages.
        documents: as decoded.
        read: one of the readers below.
    """
    values: list[T] = []
    problems: list[str] = []
    for number, document in enumerate(documents):
        try:
            values.append(read(_mapping(document)))
        except _MalformedError as problem:
            problems.append(f"{collection}[{number}]: {problem}")
    return values, problems


def require_sound(problems: Sequence[str]) -> None:
    """Raise for what is wrong with documents, all of it at once.

    Raises:
        UsageError: there is something.
    """
    if problems:
        shown = "; ".join(problems[:20])
        more = f"; and {len(problems) - 20} more" if len(problems) > 20 else ""  # noqa: PLR2004
        raise UsageError(
            f"documents of LibreChat cannot be read: {shown}{more}",
            help_text="export the collections anew; nothing is allowed by documents in part",
        )


def read_user(document: Mapping[str, Any]) -> User:
    """A document of `users`."""
    return User(
        _id(document, "_id"),
        _text(document, "role", ""),
        _text(document, "idOnTheSource", None),
        _text(document, "tenantId", None),
    )


def read_role(document: Mapping[str, Any]) -> Role:
    """A document of `roles`."""
    given = document.get("permissions", {})
    if not isinstance(given, dict):
        raise _MalformedError("`permissions` must be an object")
    permissions = {}
    for kind, words in given.items():
        if not isinstance(words, dict):
            raise _MalformedError(f"`permissions.{kind}` must be an object")
        for word, value in words.items():
            if not isinstance(value, bool | None):
                raise _MalformedError(f"`permissions.{kind}.{word}` must be true or false")
        permissions[kind] = {word: value is True for word, value in words.items()}
    return Role(_text(document, "name"), permissions, _text(document, "tenantId", None))


def read_group(document: Mapping[str, Any]) -> Group:
    """A document of `groups`."""
    members = document.get("memberIds", [])
    if not isinstance(members, list):
        raise _MalformedError("`memberIds` must be a list")
    ids = frozenset(_plain_id(member, "memberIds") for member in members)
    return Group(_id(document, "_id"), ids, _text(document, "tenantId", None))


def read_entry(document: Mapping[str, Any]) -> Entry:
    """A document of `aclentries`."""
    bits = _number(document, "permBits", 1)
    if not 0 <= bits <= ALL_BITS:
        raise _MalformedError(f"`permBits` must be from 0 to {ALL_BITS}")
    return Entry(
        _principal(document),
        _text(document, "resourceType"),
        _id(document, "resourceId"),
        bits,
        _time(document, "expiredAt"),
        _text(document, "tenantId", None),
    )


def read_grant(document: Mapping[str, Any]) -> SystemGrant:
    """A document of `systemgrants`, where a tenant of null is invalid."""
    if "tenantId" in document and document["tenantId"] is None:
        raise _MalformedError("`tenantId` must be left out or be text")
    return SystemGrant(
        _principal(document),
        _text(document, "capability"),
        _time(document, "expiresAt"),
        _text(document, "tenantId", None),
    )


def read_agent(document: Mapping[str, Any]) -> Thing:
    """A document of `agents`."""
    tools = document.get("tool_resources") or {}
    if not isinstance(tools, dict) or not all(isinstance(one, dict) for one in tools.values()):
        raise _MalformedError("`tool_resources` must be an object of objects")
    files: set[str] = set()
    for tool in tools.values():
        carried = tool.get("file_ids") or []
        if not isinstance(carried, list):
            raise _MalformedError("`tool_resources.*.file_ids` must be a list")
        files.update(_plain_id(one, "tool_resources.*.file_ids") for one in carried)
    return Thing(
        _id(document, "_id"),
        _text(document, "id"),
        frozenset(files),
        _text(document, "tenantId", None),
    )


def read_server(document: Mapping[str, Any]) -> Thing:
    """A document of `mcpservers`."""
    return Thing(
        _id(document, "_id"),
        _text(document, "serverName"),
        tenant=_text(document, "tenantId", None),
    )


def read_file(document: Mapping[str, Any]) -> File:
    """A document of `files`."""
    return File(
        _text(document, "file_id"), _id(document, "user"), _text(document, "tenantId", None)
    )


def _mapping(document: object) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise _MalformedError("it is no document")
    return document


def _principal(document: Mapping[str, Any]) -> Principal:
    kind = _text(document, "principalType")
    if kind not in _KINDS:
        raise _MalformedError("`principalType` must be user, group, role or public")
    if kind == "public":
        if document.get("principalId") is not None:
            raise _MalformedError("`principalId` does not belong to a public entry")
        return Principal(kind)
    return Principal(kind, _id(document, "principalId"))


def _text(document: Mapping[str, Any], name: str, otherwise: Any = ...) -> Any:
    value = document.get(name)
    if value is None and otherwise is not ...:
        return otherwise
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise _MalformedError(f"`{name}` must be text of 1 to {_MAX_TEXT} characters")
    return value


def _id(document: Mapping[str, Any], name: str) -> str:
    return _plain_id(document.get(name), name)


def _plain_id(value: object, name: str) -> str:
    if isinstance(value, dict):
        found = value.get("$oid") if set(value) == {"$oid"} else None
        if not isinstance(found, str) or not _OBJECT_ID.fullmatch(found):
            raise _MalformedError(f"`{name}` must be an id")
        return found
    # A driver's ObjectId, told by its shape: this room knows no driver.
    text = value if isinstance(value, str) else str(value) if value is not None else ""
    if not isinstance(value, str) and not _OBJECT_ID.fullmatch(text):
        raise _MalformedError(f"`{name}` must be an id")
    if not 0 < len(text) <= _MAX_TEXT:
        raise _MalformedError(f"`{name}` must be an id")
    return text


def _number(document: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = document.get(name, otherwise)
    if isinstance(value, dict) and set(value) in ({"$numberInt"}, {"$numberLong"}):
        text = next(iter(value.values()))
        value = int(text) if isinstance(text, str) and _WHOLE.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _MalformedError(f"`{name}` must be a whole number")
    return value


def _time(document: Mapping[str, Any], name: str) -> datetime | None:
    value = document.get(name)
    if isinstance(value, dict) and set(value) == {"$date"}:
        value = value["$date"]
        if isinstance(value, dict):
            value = _number({name: value}, name, 0)
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            value = datetime.fromtimestamp(value / _MILLISECONDS, UTC)
    except (ValueError, OverflowError, OSError):
        value = ...
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _MalformedError(f"`{name}` must be a date with a time zone")
    return value


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "users": read_user,
    "roles": read_role,
    "groups": read_group,
    "aclentries": read_entry,
    "systemgrants": read_grant,
    "agents": read_agent,
    "mcpservers": read_server,
    "files": read_file,
}
"""Collections by LibreChat's names, and who reads their documents."""
