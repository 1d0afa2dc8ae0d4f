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
    pending: list[tuple[Any, int]] = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, dict):
            for key in item:
                if not isinstance(key, str) or not _KEY.fullmatch(key):
                    raise ValueError(f"object key {str(key)[:80]!r} is outside the subset")
            pending.extend((inner, depth + 1) for inner in item.values())
        elif isinstance(item, list | tuple):
            pending.extend((inner, depth + 1) for inner in item)
        elif isinstance(item, int):
            if abs(item) > MAX_INTEGER:
                raise ValueError("an integer needs more than 53 bits")
            continue
        elif item is None or isinstance(item, str):
            continue
        else:
            raise ValueError(f"a value of kind `{type(item).__name__}` is outside the subset")
        if depth > max_depth:
            raise ValueError(f"it is nested deeper than {max_depth}")
