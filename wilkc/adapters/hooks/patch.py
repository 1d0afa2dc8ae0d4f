"""The patches of `apply_patch`, read for what they do to files. Layer: adapters. Pure.

The form is that of openai/codex, codex-rs/apply-patch. Its own reader forgives blanks around
headings and wrappings; here a text that it could take for a heading, and this reader not, is
refused: otherwise a path could go unjudged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from wilkc.core.errors import RequestError

DETAIL: Final = "patch_not_understood"
MAX_FILES: Final = 100
_BEGIN: Final = "*** Begin Patch"
_END: Final = "*** End Patch"
_ADD: Final = "*** Add File: "
_DELETE: Final = "*** Delete File: "
_UPDATE: Final = "*** Update File: "
_MOVE: Final = "*** Move to: "
_END_OF_FILE: Final = "*** End of File"
_MARK: Final = "***"


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch does to one path.

    Attributes:
        action: `write` or `delete`.
        path: as the patch names it.
        added: bytes of the lines that it adds.
        base: the path whose content is kept beside them, or None for a new file.
    """

    action: Literal["write", "delete"]
    path: str
    added: int = 0
    base: str | None = None


def changes(text: str) -> list[Change]:
    """Everything that a patch does, in order.

    Raises:
        RequestError: it is malformed, or may be read in another way.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 2 or lines[0] != _BEGIN or lines[-1] != _END:  # noqa: PLR2004  # both ends
        raise _refused(f"it must begin with `{_BEGIN}` and end with `{_END}`")
    found: list[Change] = []
    rest = lines[1:-1]
    while rest:
        heading, rest = rest[0], rest[1:]
        body, rest = _body(rest)
        found += _changes_of(heading, body)
        if len(found) > MAX_FILES:
            raise _refused(f"it concerns more than {MAX_FILES} files")
    if not found:
        raise _refused("it changes nothing")
    return found


def _body(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines up to the next heading, and what follows."""
    for place, line in enumerate(lines):
        if line.startswith((_ADD, _DELETE, _UPDATE)):
            return lines[:place], lines[place:]
        marked = line.strip().startswith(_MARK)
        if marked and not line.startswith(_MOVE) and line != _END_OF_FILE:
            raise _refused("a line could be taken for a heading")
    return lines, []


def _changes_of(heading: str, body: list[str]) -> list[Change]:
    if heading.startswith(_ADD):
        return [Change("write", _path(heading, _ADD), _added(body, "+"))]
    if heading.startswith(_DELETE):
        _added(body, "")
        return [Change("delete", _path(heading, _DELETE))]
    if not heading.startswith(_UPDATE):
        raise _refused("it does not begin with a heading")
    path = _path(heading, _UPDATE)
    moved = bool(body) and body[0].startswith(_MOVE)
    added = _added(body[1:] if moved else body, "+- @")
    if not moved:
        return [Change("write", path, added, path)]
    return [Change("delete", path), Change("write", _path(body[0], _MOVE), added, path)]


def _added(body: list[str], allowed: str) -> int:
    """Bytes of the added lines; each line begins with one of the characters allowed."""
    for line in body:
        if line == _END_OF_FILE and "@" in allowed:
            continue
        # An empty line is an empty line of context.
        if line[:1] not in allowed or (not line and "@" not in allowed):
            raise _refused("a line is out of place")
    return sum(len(line.encode("utf-8", "replace")) for line in body if line.startswith("+"))


def _path(line: str, heading: str) -> str:
    path = line.removeprefix(heading)
    if not path or path != path.strip() or not path.isprintable():
        raise _refused("a path is empty or holds blanks or controls at an end")
    return path


def _refused(why: str) -> RequestError:
    return RequestError(DETAIL, f"the patch cannot be judged: {why}")
