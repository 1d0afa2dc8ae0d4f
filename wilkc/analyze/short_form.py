"""Requests as the short form that people write. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.entries import command_word
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request, parse_short

if TYPE_CHECKING:
    from wilkc.core.contract import Request

_TARGET: Final = frozenset({"host", "port", "protocol"})


def short_form(request: Request) -> str | None:
    """`TYPE:REST ACTION`, or None where that cannot say all of the request.

    Texts that cannot be printed have none: nobody could read such a line.
    """
    text = _text(request)
    if text is None or not text.isprintable() or " " in request.action:
        return None
    resource, _, action = text.rpartition(" ")
    try:
        back = canonical_request(parse_short(request.agent, resource, action))
    except RequestError:
        return None
    return text if _meaning(back) == _meaning(request) else None


def _text(request: Request) -> str | None:
    given = request.properties
    if request.context or request.subject:
        return None
    if request.type == "shell" and len(given) == 1:
        commands = _commands(request)
        words = (" ".join(map(command_word, argv)) for argv in commands)
        return f"shell:{' && '.join(words)} {request.action}"
    if request.type == "network" and given.keys() == _TARGET:
        host = f"[{given['host']}]" if ":" in str(given["host"]) else given["host"]
        target = f"{given['protocol']}://{host}:{given['port']}"
        return f"network:{target} {request.action}"
    return None if given else f"{request.type}:{request.id} {request.action}"


def _commands(request: Request) -> list[list[str]]:
    """Argument lists of texts, or nothing where the request holds something else."""
    given = request.properties
    commands = [given["argv"]] if "argv" in given else given.get("commands")
    right = isinstance(commands, list) and all(
        isinstance(argv, list) and argv and all(isinstance(word, str) for word in argv)
        for argv in commands
    )
    return commands if right and isinstance(commands, list) else []


def _meaning(request: Request) -> object:
    """What a decision rests on: a command or target is no part of the id once it was read."""
    if request.type == "shell":
        return request.agent, request.action, _commands(request)
    rest = "" if request.type == "network" else request.id
    return request.agent, request.action, request.type, rest, request.properties
