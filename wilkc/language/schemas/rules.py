"""Schemas of tool arguments in explicit form. Layer: language (pure). LANGUAGE.md section 8.

A subset of JSON Schema 2020-12 with that specification's meaning: a keyword says nothing
about values of another type, and members that `properties` does not name are free unless
`additionalProperties` is false. Rego knows no recursion, so a schema is a flat table from
places to checks; a place is the path of a value with each index of an array replaced.
`x-glob` is a name pattern over a text, in the place of JSON Schema's regular expressions,
which every language reads differently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import PatternError
from wilkc.language.names import NamePattern, parse_name_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

INDEX: Final = "\1"
"""Stands for any index of an array; no name holds a control character."""
MAX_DEPTH: Final = 8
MAX_CHECKS: Final = 500
MAX_NUMBER: Final = 2**53 - 1
"""Beyond it, numbers differ between readers of JSON (RFC 8259 section 6)."""
TYPES: Final = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_COUNTS: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_BOUNDS: Final = frozenset({"minimum", "maximum"})
_CODE: Final = "W111"

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One demand on a value.

    Attributes:
        keyword: as in the schema; `closed` for `additionalProperties: false`.
        wanted: sorted words for `type`, `required` and `closed`, values for `enum`, a number
            for bounds and counts, patterns for `x-glob`.
        kinds: the types of the values of `enum`; Python takes `True` and 1 for equal, JSON
            does not.
    """

    keyword: str
    wanted: Any
    kinds: tuple[type, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kinds = tuple(map(type, self.wanted)) if self.keyword == "enum" else ()
        object.__setattr__(self, "kinds", kinds)


@dataclass(frozen=True, slots=True)
class Schema:
    """Place of a value to the checks that it must pass."""

    checks: Mapping[Place, tuple[Check, ...]]


def parse_schema(raw: Mapping[str, Any]) -> Schema:
    """The schema of a tool's arguments, which are always an object.

    Raises:
        PatternError: a keyword or value is outside the subset; the message names where.
    """
    checks: dict[Place, tuple[Check, ...]] = {}
    _read(raw, (), checks)
    checks[()] = (Check("type", ("object",)), *checks[()])
    if sum(map(len, checks.values())) > MAX_CHECKS:
        raise _refused((), f"a schema has at most {MAX_CHECKS} checks", "split the tool's rules")
    return Schema(checks)


def _read(raw: Any, place: Place, checks: dict[Place, tuple[Check, ...]]) -> None:
    if not isinstance(raw, dict):
        raise _refused(place, "a schema is a mapping", "write `type: string`, for example")
    if len(place) > MAX_DEPTH:
        raise _refused(place, f"a schema is at most {MAX_DEPTH} levels deep", "make it flatter")
    names = raw.get("properties", {})
    if not isinstance(names, dict):
        raise _refused(place, "`properties` is a mapping", "write `NAME: {type: string}` below it")
    checks[place] = tuple(_checks(raw, place))
    for name, inner in names.items():
        _read(inner, (*place, name), checks)
    if "items" in raw:
        _read(raw["items"], (*place, INDEX), checks)


def _checks(raw: dict[str, Any], place: Place) -> Iterator[Check]:
    for keyword, value in raw.items():
        if keyword in {"properties", "items", "description", "title"}:
            continue
        if keyword == "additionalProperties":
            if not isinstance(value, bool):
                raise _refused(
                    place, "`additionalProperties` is `true` or `false`", "write `false`"
                )
            if not value:
                yield Check("closed", tuple(sorted(raw.get("properties", {}))))
            continue
        reader = _READERS.get(keyword)
        if reader is None:
            raise _refused(
                place,
                f"`{keyword}` is outside the subset of JSON Schema",
                f"use {', '.join(sorted({*_READERS, 'properties', 'items'}))}",
            )
        wanted = reader(value)
        if wanted is None:
            raise _refused(place, f"`{keyword}` has a value of the wrong kind", _HELP[keyword])
        yield Check("enum" if keyword == "const" else keyword, wanted)


def _types(value: Any) -> tuple[str, ...] | None:
    words = _words([value] if isinstance(value, str) else value)
    return words if words and TYPES.issuperset(words) else None


def _words(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        return None
    return tuple(sorted(set(value)))


def _enum(value: Any) -> tuple[Any, ...] | None:
    if not isinstance(value, list | tuple) or not value or not all(map(_is_scalar, value)):
        return None
    return tuple(value)


def _const(value: Any) -> tuple[Any, ...] | None:
    return (value,) if _is_scalar(value) else None


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | bool) or _bound(value) is not None


def _bound(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and abs(value) <= MAX_NUMBER else None


def _count(value: Any) -> int | None:
    bound = _bound(value)
    return bound if bound is not None and bound >= 0 else None


def _glob(value: Any) -> tuple[NamePattern, ...] | None:
    return parse_name_rule(value) if isinstance(value, str) else None


def _refused(place: Place, message: str, advice: str) -> PatternError:
    shown = ".".join("[]" if step == INDEX else step for step in place)
    where = f" (at `{shown}`)" if place else ""
    return PatternError(_CODE, f"{message}{where}", advice, start=0, end=0)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "type": _types,
    "enum": _enum,
    "const": _const,
    "required": _words,
    "x-glob": _glob,
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(_BOUNDS, _bound),
}
_HELP: Final[Mapping[str, str]] = {
    "type": f"write one or a list of {', '.join(sorted(TYPES))}",
    "enum": "write a list of texts, whole numbers, truth values or `null`",
    "const": "write a text, a whole number, a truth value or `null`",
    "required": "write a list of names",
    "x-glob": "write a pattern such as `src-*`",
    **dict.fromkeys(_COUNTS, "write a whole number from 0"),
    **dict.fromkeys(_BOUNDS, "write a whole number"),
}
