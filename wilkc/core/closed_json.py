"""Frozen dataclasses to and from JSON, strictly. Layer: core (leaf).

Signed data is read back by the enforcement shim. A member that is missing, unknown or of the
wrong kind means that writer and reader disagree about the format, so nothing is guessed: the
whole value is refused.
"""

from __future__ import annotations

import dataclasses
import types
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
_PLAIN = frozenset({str, int, bool, type(None)})


def to_json(value: Any) -> Any:
    """The JSON form of a frozen dataclass made of plain values, tuples and dataclasses."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return [item if type(item) in _PLAIN else to_json(item) for item in value]
    names = _field_names(kind)
    if names is None:
        return value
    return {
        name: one if type(one := getattr(value, name)) in _PLAIN else to_json(one) for name in names
    }


@cache
def _field_names(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass, or None where it is none."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


def from_json(kind: type[T], value: Any, place: str) -> T:
    """Read a frozen dataclass back from its JSON form.

    Args:
        kind: the dataclass; its fields are bool, int, str, `Literal`, None, tuples of one
            kind of item, other such dataclasses, and unions of these.
        value: the decoded JSON value.
        place: name of the value, for messages.

    Raises:
        ValueError: a member is missing, unknown or of another kind; the message names it.
    """
    return cast("T", _read(kind, value, place))


def _read(kind: Any, value: Any, place: str) -> Any:
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _read_union(get_args(kind), value, place)
    if origin is Literal:
        return _require(any(value is word or (type(value) is type(word) and value == word)
                            for word in get_args(kind)), value, place)  # fmt: skip
    if origin is tuple:
        _require(isinstance(value, list), value, place)
        item = get_args(kind)[0]
        return tuple(_read(item, one, f"{place}[{n}]") for n, one in enumerate(value))
    if dataclasses.is_dataclass(kind):
        return _read_members(kind, value, place)
    # A bool is an int to Python but not to JSON: compare the exact type.
    return _require(type(value) is kind, value, place)


def _read_union(kinds: tuple[Any, ...], value: Any, place: str) -> Any:
    if value is None:
        return _require(types.NoneType in kinds, value, place)
    others = [kind for kind in kinds if kind is not types.NoneType]
    if len(others) == 1:
        return _read(others[0], value, place)
    return _require(any(type(value) is kind for kind in others), value, place)


def _read_members(kind: Any, value: Any, place: str) -> Any:
    hints = _hints(kind)
    _require(isinstance(value, dict), value, place)
    if set(value) != set(hints):
        odd = sorted(set(value) ^ set(hints), key=str)
        raise ValueError(f"`{place}` has missing or unknown members: {', '.join(map(str, odd))}")
    return kind(
        **{name: _read(hint, value[name], f"{place}.{name}") for name, hint in hints.items()}
    )


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return {field.name: get_type_hints(kind)[field.name] for field in dataclasses.fields(kind)}


def _require(fits: bool, value: Any, place: str) -> Any:  # noqa: FBT001  # the one thing checked
    if not fits:
        raise ValueError(f"`{place}` has a value of the wrong kind")
    return value
