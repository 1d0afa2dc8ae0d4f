"""The canonical subset of the audit log: encoder and strict parser. Layer: core (leaf).

A subset of RFC 8785 on which there is nothing to dispute: null, booleans, integers of at
most 53 bits, text of Unicode scalar values, arrays and objects whose keys are plain names.
What is parsed is encoded again and compared, so that no two texts mean the same value.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from wilkc.core.canonical import MAX_INTEGER

MAX_DEPTH: Final = 16
"""Containers inside each other, the outermost being the first."""
_KEY: Final = re.compile(r"[a-z0-9_.:-]{1,64}", re.ASCII)
_MOST_KNOWN_KEYS: Final = 1024
_KNOWN_KEYS: Final[set[str]] = set()
"""Keys that were found to be plain names: a log has some dozens, again and again."""


def encode_subset(value: Any, *, max_depth: int = MAX_DEPTH) -> bytes:
    """The canonical bytes of a value of the subset, without a final newline.

    Raises:
        ValueError: the value is outside the subset; the message names what.
    """
    _require_subset(value, max_depth)
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("text holds a lone surrogate") from error


def parse_subset(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """The value whose canonical encoding is exactly these bytes.

    Raises:
        ValueError: they are not JSON, not of the subset, or not canonical.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if encode_subset(value, max_depth=max_depth) != data:
        raise ValueError("it is not in canonical form")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a member twice")
    return found


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"`{text[:40]}` is not a whole number")


def _require_subset(value: Any, max_depth: int) -> None:
    """Look at every value once; by exact type first, as records hold dozens each."""
    pending: list[tuple[Any, int]] = [((value,), 0)]
    for held, depth in pending:
        members = held
        if isinstance(held, dict):
            _require_keys(held)
            members = held.values()
        for item in members:
            kind = type(item)
            if kind is str or kind is bool or item is None:
                continue
            if isinstance(item, dict | list | tuple):
                if depth >= max_depth:
                    raise ValueError(f"it is nested deeper than {max_depth}")
                pending.append((item, depth + 1))
            else:
                _require_plain(item)


def _require_keys(held: dict[Any, Any]) -> None:
    for key in held:
        if key not in _KNOWN_KEYS:
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise ValueError(f"object key {str(key)[:80]!r} is outside the subset")
            if len(_KNOWN_KEYS) < _MOST_KNOWN_KEYS:
                _KNOWN_KEYS.add(key)


def _require_plain(item: Any) -> None:
    if isinstance(item, int):
        if not -MAX_INTEGER <= item <= MAX_INTEGER:
            raise ValueError("an integer needs more than 53 bits")
    elif not isinstance(item, str):
        kind = type(item).__name__
        raise ValueError(f"a value of kind `{kind}` is outside the subset")  # noqa: TRY004  # as others
