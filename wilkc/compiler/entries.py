"""What is kept of a compile, as bytes. Layer: compiler.

An entry is one line of JSON and the parts whose lengths it names. It is data alone: reading
one runs nothing. Whether it is what was once written is the store's business to know.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import CanonicalBytes, canonical_json
from wilkc.core.diagnostics import Diagnostic
from wilkc.core.spans import Span
from wilkc.emit import Piece

if TYPE_CHECKING:
    from wilkc.core.contract import Json

_PARTS: Final = ("spec", "positions", "sandbox")


def write_outline(outline: dict[str, Json]) -> bytes:
    """The outline of a spec as an entry."""
    return canonical_json(outline)


def read_outline(data: bytes) -> dict[str, Any]:
    """The outline in an entry.

    Raises:
        ValueError: it is not one.
    """
    outline = json.loads(data)
    if not isinstance(outline, dict):
        raise ValueError("an outline is an object")  # noqa: TRY004 - as for any other content
    return outline


def write_piece(piece: Piece, warnings: tuple[Diagnostic, ...]) -> bytes:
    """A compiled spec, and what was said about it, as an entry."""
    fixed = (piece.spec, piece.positions, piece.sandbox)
    parts: dict[str, bytes] = dict(zip(_PARTS, fixed, strict=True))
    parts.update(piece.profiles)
    parts.update(piece.modules)
    head = {
        "profiles": list(piece.profiles),
        "warnings": [_fields(found) for found in warnings],
        "parts": [[name, len(content)] for name, content in parts.items()],
    }
    return b"\n".join([canonical_json(head), b"".join(parts.values())])


def read_piece(data: bytes) -> tuple[Piece, tuple[Diagnostic, ...]]:
    """The compiled spec in an entry, and what was said about it.

    Raises:
        ValueError: it is not one.
    """
    line, _, content = data.partition(b"\n")
    try:
        head = json.loads(line)
        parts = _cut(head["parts"], content)
        spec, positions, sandbox = (CanonicalBytes(parts.pop(name)) for name in _PARTS)
        profiles = {key: CanonicalBytes(parts.pop(key)) for key in head["profiles"]}
        piece = Piece(spec, positions, sandbox, profiles, parts)
        return piece, tuple(_warning(*fields) for fields in head["warnings"])
    except (KeyError, TypeError) as error:
        raise ValueError("not the entry of a compiled spec") from error


def _cut(lengths: list[tuple[str, int]], content: bytes) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    at = 0
    for name, length in lengths:
        parts[name] = content[at : at + length]
        at += length
    if at != len(content):
        raise ValueError("the parts are not as long as they were")
    return parts


def _fields(found: Diagnostic) -> list[Json]:
    return [
        found.code, found.severity, found.message, list(found.span), found.label, found.help,
    ]  # fmt: skip


def _warning(*fields: Any) -> Diagnostic:
    code, severity, message, place, label, advice = fields
    return Diagnostic(code, severity, message, Span(*place), label, advice)
