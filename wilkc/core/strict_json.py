"""Decoding JSON that was not written here. Layer: core (leaf).

Python and OPA read some texts in two ways (a key twice, `NaN`, very deep nesting); these are
refused.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wilkc.core.contract import Json


def decode_json(data: bytes) -> Json:
    """The value of a UTF-8 JSON text.

    Raises:
        ValueError: not JSON, or JSON that two readers could read in two ways.
    """
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an object names a key twice")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"`{name}` is not a JSON value")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)
