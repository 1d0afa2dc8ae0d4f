"""Short forms and AuthZEN objects to requests. Layer: language (pure).

Sources: LANGUAGE.md section 2; OpenID AuthZEN Authorization API 1.0, section 5 (evaluation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.requests.texts import check_json, check_request, malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

SINGLE_ACTIONS: Final = {
    "shell": "execute", "network": "connect", "llm": "request", "tool": "call",
}  # fmt: skip
"""The action meant where a type has only one and none is given."""
ALIASES: Final = {("network", "request"): "connect"}
_MEMBERS: Final = frozenset({"subject", "action", "resource", "context"})
_NAMED: Final = frozenset({"name", "properties"})
_TYPED: Final = frozenset({"type", "id", "properties"})
_ENTITIES: Final = {"subject": _TYPED, "action": _NAMED, "resource": _TYPED}


def parse_short(agent: str, resource: str, action: str | None = None) -> Request:
    """The request that a short form such as `file:./src/a.ts` with an action means.

    Args:
        agent: id of the asking agent.
        resource: `TYPE:REST`; the first colon splits.
        action: name of the action; may be left out for types that have only one.

    Raises:
        RequestError: there is no colon, or the type needs an action.
    """
    kind, name, rest = split_short(resource, action)
    request = Request(agent=agent, action=name, type=kind, id=rest)
    check_request(request)
    return request


def split_short(resource: str, action: str | None = None) -> tuple[str, str, str]:
    """Type, action and id that a short form with an action means; nothing else is looked at.

    Raises:
        RequestError: there is no colon, or the type needs an action.
    """
    kind, colon, rest = resource.partition(":")
    if not colon or not kind:
        raise RequestError("malformed_request", f"`{resource}` is not of the form `TYPE:REST`")
    name = SINGLE_ACTIONS.get(kind) if action is None else action
    if not name:
        raise RequestError("malformed_request", f"a request about `{kind}` needs an action")
    return kind, _action(kind, name), rest


def read_request(raw: Mapping[str, Any]) -> Request:
    """The request that an AuthZEN evaluation object means.

    `action.properties` is accepted and not kept: no rule of the language reads it.

    Args:
        raw: the decoded object, without members beside `subject`, `action`, `resource` and
            `context`.

    Raises:
        RequestError: with detail `malformed_request` or `text_not_unicode`; the message
            names the member.
    """
    if not isinstance(raw, dict):
        malformed("it is not an object")
    check_json(raw)
    _close(raw, _MEMBERS, "the request")
    subject = _object(raw, "subject", _TYPED)
    action = _object(raw, "action", _NAMED)
    resource = _object(raw, "resource", _TYPED)
    _optional_object(action, "action.properties")
    if subject.get("type") != "agent":
        malformed("`subject.type` must be `agent`")
    kind = _text(resource, "resource", "type")
    request = Request(
        agent=_text(subject, "subject", "id"),
        action=_action(kind, _text(action, "action", "name")),
        type=kind,
        id=_text(resource, "resource", "id"),
        properties=_optional_object(resource, "resource.properties"),
        context=_optional_object(raw, "context"),
        subject=_optional_object(subject, "subject.properties"),
    )
    check_request(request)
    return request


def known_members(raw: Mapping[str, Json]) -> dict[str, Json]:
    """The same evaluation object without members that `read_request` would not know.

    For callers that may speak a later version than ours (Authorization API 1.0, "JSON
    Serialization": receivers ignore unknown fields). The values of `properties` and `context`
    are free and stay whole; what is no object stays as it is, for `read_request` to refuse.
    """
    known = {name: value for name, value in raw.items() if name in _MEMBERS}
    for name, members in _ENTITIES.items():
        entity = known.get(name)
        if isinstance(entity, dict):
            known[name] = {key: value for key, value in entity.items() if key in members}
    return known


def _action(kind: str, name: str) -> str:
    return ALIASES.get((kind, name), name)


def _object(raw: Mapping[str, Any], name: str, members: frozenset[str]) -> Mapping[str, Any]:
    value = raw.get(name)
    if not isinstance(value, dict):
        malformed(f"`{name}` must be an object")
    _close(value, members, f"`{name}`")
    return value


def _close(holder: Mapping[str, Any], members: frozenset[str], place: str) -> None:
    unknown = sorted(set(holder) - members)
    if unknown:
        malformed(f"{place} has the unknown member `{unknown[0]}`")


def _optional_object(holder: Mapping[str, Any], path: str) -> dict[str, Any]:
    value = holder.get(path.rpartition(".")[2], {})
    if not isinstance(value, dict):
        malformed(f"`{path}` must be an object")
    return value


def _text(holder: Mapping[str, Any], name: str, member: str) -> str:
    value = holder.get(member)
    if not isinstance(value, str):
        malformed(f"`{name}.{member}` must be text")
    return value
