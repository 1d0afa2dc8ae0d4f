"""From requests to action types, resources and classes. Layer: runtime. Pure.

The 25 types are those of the permission model's audit event; what has no type of its own is
a `permission.check` whose details name the action.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Request
    from wilkc.runtime.audit.record import Class, Phase, Risk, Status

CHECK: Final = "permission.check"
_TYPES: Final[Mapping[tuple[str, str], str]] = {
    ("file", "read"): "file.read",
    ("file", "write"): "file.write",
    ("file", "delete"): "file.delete",
    ("file", "execute"): "file.execute",
    ("network", "connect"): "network.request",
    ("network", "request"): "network.request",
    ("shell", "execute"): "shell.execute",
    ("llm", "request"): "llm.request",
    ("agent", "create"): "agent.create",
    ("agent", "modify"): "agent.modify",
    ("agent", "delete"): "agent.delete",
    ("system", "config.read"): "config.access",
    ("system", "config.modify"): "config.modify",
    ("system", "registry.publish"): "registry.publish",
    ("system", "registry.install"): "registry.install",
    ("system", "registry.download"): "registry.download",
}
OUTCOME_TYPES: Final[Mapping[str, str]] = {
    "network.request": "network.response",
    "shell.execute": "shell.complete",
    "llm.request": "llm.response",
}
"""Types whose outcome has another name."""
_SECURITY_TYPES: Final = frozenset(
    {"agent.create", "agent.modify", "agent.delete", "config.modify", "registry.publish"}
)
_SECURITY_ROOMS: Final = frozenset({"auth", "permission"})
_OPERATION_TYPES: Final = frozenset(
    {"file.read", "network.response", "llm.response", "config.access"}
)
USAGE: Final = "system.usage"
"""Samples of what an action uses."""
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9._/+@-]{1,128}", re.ASCII)
_UNKNOWN_PROGRAM: Final = "?"


def action_type(request: Request, *, enforced: bool) -> tuple[str, str | None]:
    """The type of an intent, and the action it must name in its details or None.

    Args:
        request: what was asked.
        enforced: whether an allow is followed by the action; else it was a question only.
    """
    own = _TYPES.get((request.type, request.action))
    if own is not None and enforced:
        return own, None
    return CHECK, f"{request.type}.{request.action}"


def resource_text(request: Request) -> str:
    """The resource as records show it: no credentials, queries or arguments.

    What is left out stands in the sealed input.
    """
    if request.type == "shell":
        return f"shell:{_program(request)}"
    if request.type == "network":
        return f"network:{_bare_url(request.id)}"
    return f"{request.type}:{request.id}"


def record_class(kind: str, phase: Phase, status: Status, risk: Risk, *, allow: bool) -> Class:
    """What a record is kept for: `security`, `access` or `operation`."""
    if kind == USAGE:
        return "operation"
    room = kind.partition(".")[0]
    if not allow or risk in {"high", "critical"} or kind in _SECURITY_TYPES:
        return "security"
    if room in _SECURITY_ROOMS or (phase == "system" and kind not in _OPERATION_TYPES):
        return "security"
    if phase == "outcome" and status == "success" and kind in _OPERATION_TYPES:
        return "operation"
    return "access"


def _program(request: Request) -> str:
    argv = request.properties.get("argv")
    commands = request.properties.get("commands")
    if argv is None and isinstance(commands, list) and commands:
        argv = commands[0]
    listed = isinstance(argv, list) and argv
    word = argv[0] if listed and argv else next(iter(request.id.split()), "")
    # A first word of another form may be anything, a secret included.
    known = isinstance(word, str) and _PLAIN_WORD.fullmatch(word)
    return word if known else _UNKNOWN_PROGRAM


def _bare_url(text: str) -> str:
    for mark in ("#", "?"):
        text = text.partition(mark)[0]
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text.rpartition("@")[2]
    # Whatever stands before the last `@` may be a password, even where no URL has one.
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
