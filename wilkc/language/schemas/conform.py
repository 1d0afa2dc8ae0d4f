"""Whether arguments conform to a schema. Layer: language (pure, the reference meaning)."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from wilkc.language.names import name_matches
from wilkc.language.schemas.rules import INDEX, MAX_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wilkc.language.schemas.rules import Check, Place, Schema


def conforms(schema: Schema, arguments: object) -> bool:
    """Whether every value of the arguments passes the checks of its place.

    Names that hold control characters never conform, so that no name is taken for a place.
    """
    return all(
        _is_readable(value) and all(_passes(check, value) for check in schema.checks.get(place, ()))
        for place, value in _places(arguments, ())
    )


def _places(value: object, place: Place) -> Iterator[tuple[Place, object]]:
    yield place, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*place, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner, (*place, INDEX))


def _is_readable(value: Any) -> bool:
    """Whether all readers of JSON read the value alike."""
    if isinstance(value, dict):
        return not any(char < " " for name in value for char in name)
    return not _is_number(value) or abs(value) <= MAX_NUMBER


def _passes(check: Check, value: Any) -> bool:
    """Whether a value meets a demand; one about values of another type says nothing."""
    concerned, met = _DEMANDS[check.keyword]
    return not concerned(value) or met(value, check.wanted)


def _has_type(value: Any, names: tuple[str, ...]) -> bool:
    return any(_TYPES[name](value) for name in names)


def _same(one: object, other: object) -> bool:
    """Equality of JSON values: `true` is not 1, and 1 is 1.0."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and value % 1 == 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": _is_object,
    "array": _is_list,
    "string": _is_text,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": _is_whole,
}
_DEMANDS: Final[Mapping[str, tuple[Callable[[Any], bool], Callable[[Any, Any], bool]]]] = {
    "type": (lambda _: True, _has_type),
    "enum": (lambda _: True, lambda value, wanted: any(_same(one, value) for one in wanted)),
    "minimum": (_is_number, operator.ge),
    "maximum": (_is_number, operator.le),
    "minLength": (_is_text, lambda value, wanted: len(value) >= wanted),
    "maxLength": (_is_text, lambda value, wanted: len(value) <= wanted),
    "minItems": (_is_list, lambda value, wanted: len(value) >= wanted),
    "maxItems": (_is_list, lambda value, wanted: len(value) <= wanted),
    "required": (_is_object, lambda value, wanted: value.keys() >= set(wanted)),
    "closed": (_is_object, lambda value, wanted: value.keys() <= set(wanted)),
    "x-glob": (_is_text, lambda value, wanted: any(name_matches(one, value) for one in wanted)),
}
"""Keyword to the values it speaks of, and whether such a value meets it."""
