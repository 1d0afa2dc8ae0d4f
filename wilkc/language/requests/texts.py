"""What holds for every text, number and size in a request. Layer: language (pure).

OPA would read a lone surrogate as U+FFFD, another text than the one acted on, and has no
number for NaN or infinity; so such requests are refused before anyone is asked.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final, NoReturn

from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from wilkc.core.contract import Json, Request

MAX_REQUEST_BYTES: Final = 65_536
"""Bytes of a request's JSON, written in ASCII."""
_CHARACTER: Final = 12
"""Most bytes of one character: two escapes of six."""
_AROUND: Final = 8
"""Quotes or brackets, a sign, and what stands before the next value."""
_FLOAT: Final = 32
MAX_DEPTH: Final = 16
"""Levels of lists and objects, the request itself being the first."""


def check_request(request: Request) -> None:
    """Refuse a request that is too large or deep, or holds what JSON or Unicode does not.

    Raises:
        RequestError: with detail `malformed_request` or `text_not_unicode`.
    """
    value = request.as_input()
    # Nearly all requests are so small that nobody needs to write them out to know it.
    if _check_below(value, 1) > MAX_REQUEST_BYTES and len(json.dumps(value)) > MAX_REQUEST_BYTES:
        malformed(f"it has more than {MAX_REQUEST_BYTES} bytes")


def check_json(value: Json) -> None:
    """Refuse what is nested too deep, is no JSON value, or holds text that is not Unicode.

    Raises:
        RequestError: with detail `malformed_request` or `text_not_unicode`.
    """
    _check_below(value, 1)


def _check_below(item: Json, depth: int) -> int:
    """See `check_json`.

    Returns:
        At least as many bytes as the item has as JSON in ASCII.
    """
    if isinstance(item, str):
        return _check_text(item)
    if not isinstance(item, dict | list):
        return _check_scalar(item)
    if depth > MAX_DEPTH:
        malformed(f"it is nested deeper than {MAX_DEPTH} levels")
    size = _AROUND
    if isinstance(item, dict):
        for key in item:
            size += _check_key(key)
    for member in item.values() if isinstance(item, dict) else item:
        size += _check_below(member, depth + 1)
    return size


def malformed(why: str) -> NoReturn:
    """Refuse a request for its shape.

    Raises:
        RequestError: always, with detail `malformed_request`.
    """
    raise RequestError("malformed_request", f"the request is malformed: {why}")


def _check_key(key: object) -> int:
    if not isinstance(key, str):
        malformed("a member's name is not text")
    return _check_text(key)


def _check_scalar(item: object) -> int:
    if isinstance(item, float):
        if not math.isfinite(item):
            malformed("a number is not finite")
        return _FLOAT
    if not isinstance(item, int | None):
        malformed("it holds something that is not JSON")
    return _FLOAT if item is None else item.bit_length() + _AROUND


def _check_text(text: str) -> int:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise RequestError("text_not_unicode", "a text is not valid Unicode") from error
    return _CHARACTER * len(text) + _AROUND
