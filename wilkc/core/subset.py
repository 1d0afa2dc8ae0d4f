"""The canonical subset of the audit log: encoder and strict parser. Layer: core (leaf).

A subset of RFC 8785 on which there is nothing to dispute: null, booleans, integers of at
most 53 bits, text of Unicode scalar values, arrays and objects whose keys are plain names.
What is parsed is encoded again and compared, so that no two texts mean the same value.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import Any, Final, NoReturn

from wilkc.core.canonical import ENCODER, MAX_INTEGER

MAX_DEPTH: Final = 16
"""Containers inside each other, the outermost being the first."""
_KEY: Final = re.compile(r"[a-z0-9_.:-]{1,64}", re.ASCII)
_MOST_KNOWN_KEYS: Final = 1024
_CONTAINERS: Final = (dict, list, tuple)
_KNOWN_KEYS: Final[set[str]] = set()
"""Keys that were found to be plain names: a log has some dozens, again and again."""


quoted: Final = encode_basestring
"""A text as the encoding holds it, in quotation marks; a lone surrogate is not found here."""


def encode_subset(value: Any, *, max_depth: int = MAX_DEPTH) -> bytes:
    """The canonical bytes of a value of the subset, without a final newline.

    Raises:
        ValueError: the value is outside the subset; the message names what.
    """
    _require_subset(value, max_depth)
    try:
        return ENCODER.encode(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("text holds a lone surrogate") from error


def parse_subset(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """The value whose canonical encoding is exactly these bytes.

    Raises:
        ValueError: they are not JSON, not of the subset, or not canonical.
    """
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    # A member that stands there twice is encoded once, so this finds it too.
    if encode_subset(value, max_depth=max_depth) != data:
        raise ValueError("it is not in canonical form")
    return value


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"`{text[:40]}` is not a whole number")


_DECODER: Final = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)


def _require_subset(value: Any, max_depth: int) -> None:
    """Look at every value once; by exact type first, as records hold dozens each."""
    pending: list[tuple[Any, int]] = [((value,), 0)]
    for held, depth in pending:
        members = held
        if isinstance(held, dict):
            for key in held:
                if key not in _KNOWN_KEYS:
                    require_key(key)
            members = held.values()
        for item in members:
            kind = type(item)
            if kind is str or kind is bool or item is None:
                continue
            if kind is int:
                _require_small(item)
            elif isinstance(item, _CONTAINERS):
                if depth >= max_depth:
                    raise ValueError(f"it is nested deeper than {max_depth}")
                pending.append((item, depth + 1))
            else:
                _require_plain(item)


def require_key(key: Any) -> None:
    """Require that a value can be the key of an object.

    Raises:
        ValueError: it is no text, or none that is a plain name.
    """
    if key in _KNOWN_KEYS:
        return
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"object key {str(key)[:80]!r} is outside the subset")
    if len(_KNOWN_KEYS) < _MOST_KNOWN_KEYS:
        _KNOWN_KEYS.add(key)


def _require_small(number: int) -> None:
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise ValueError("an integer needs more than 53 bits")


def _require_plain(item: Any) -> None:
    if isinstance(item, int):
        _require_small(item)
    elif not isinstance(item, str):
        kind = type(item).__name__
        raise ValueError(f"a value of kind `{kind}` is outside the subset")  # noqa: TRY004  # as others
