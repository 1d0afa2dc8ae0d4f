"""Fleets: many agents and their specs as JSON Lines. Layer: spec. LANGUAGE.md section 1.

Each line is `{"agent": ID, "spec": NAME, "roles": [NAME, ...]}` with one of the last two at
least. A line is checked by hand and not through a model: a fleet has a hundred thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.diagnostics import Diagnostic
from wilkc.core.names import NAME
from wilkc.core.spans import Span
from wilkc.core.strict_json import decode_json
from wilkc.spec.files import MAX_FLEET_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE_BYTES: Final = 64 * 1024
_KEYS: Final = frozenset({"agent", "spec", "roles"})
_HELP: Final = 'write lines like {"agent": "ci-7", "spec": "builder"}, or with "roles": ["dev"]'


@dataclass(frozen=True, slots=True)
class Member:
    """One agent of a fleet.

    Attributes:
        agent: its id.
        spec: name of its spec, or empty where it has roles alone.
        roles: names of its roles.
        span: the line.
    """

    agent: str
    spec: str
    roles: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Fleet:
    """The members of one file, in the order of their lines."""

    members: tuple[Member, ...]


def read_fleet(data: bytes, file: str) -> tuple[Fleet, tuple[Diagnostic, ...]]:
    """Read a file of JSON Lines; blank lines are passed over.

    Returns:
        The members of the lines that are right, and a problem for each of the others.
    """
    if len(data) > MAX_FLEET_BYTES:
        message = f"the file has {len(data)} bytes, more than {MAX_FLEET_BYTES}"
        return Fleet(()), (Diagnostic("W002", "error", message, Span(file, 1, 1, 1, 1)),)
    members: list[Member] = []
    problems: list[Diagnostic] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip(b" \t\r"):
            length = len(line) if line.isascii() else len(line.decode("utf-8", "replace"))
            span = Span(file, number, 1, number, length + 1)
            member, wrong = _member(line, span)
            problems.extend(Diagnostic("W110", "error", text, span, help=_HELP) for text in wrong)
            if member is not None:
                members.append(member)
    if not members and not problems:
        problems.append(_nothing(file))
    return Fleet(tuple(members)), tuple(problems)


def _nothing(file: str) -> Diagnostic:
    message = "there is nothing in this file"
    return Diagnostic("W009", "error", message, Span(file, 1, 1, 1, 1), help=_HELP)


def _member(line: bytes, span: Span) -> tuple[Member | None, tuple[str, ...]]:
    if len(line) > MAX_LINE_BYTES:
        return None, (f"the line has {len(line)} bytes, more than {MAX_LINE_BYTES}",)
    try:
        value = decode_json(line)
    except ValueError as error:
        return None, (f"the line is not JSON: {error}".splitlines()[0],)
    if not isinstance(value, dict):
        return None, ("the line is not an object",)
    wrong = tuple(_problems(value))
    if wrong:
        return None, wrong
    return Member(value["agent"], value.get("spec", ""), tuple(value.get("roles", ())), span), ()


def _problems(value: dict[str, Any]) -> Iterator[str]:
    if not value.keys() <= _KEYS:
        yield from (f"unknown key `{key}`" for key in sorted(value.keys() - _KEYS))
    if "agent" not in value:
        yield "`agent` is missing"
    if "spec" not in value and "roles" not in value:
        yield "neither `spec` nor `roles` is given"
    for key in ("agent", "spec"):
        if key in value and not _is_name(value[key]):
            yield f"`{key}` is not a name"
    roles = value.get("roles", [])
    if not isinstance(roles, list) or not all(map(_is_name, roles)):
        yield "`roles` is not a list of names"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None
