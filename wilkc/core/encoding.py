"""Base64 and hexadecimal with one spelling for each value. Layer: core (leaf)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

_HEX: Final = re.compile(r"[0-9a-f]*", re.ASCII)
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def to_base64(data: bytes) -> str:
    """Standard base64 (RFC 4648 section 4) with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, *, length: int | None = None) -> bytes:
    """The bytes that encode to exactly this text.

    Args:
        text: what should be standard base64.
        length: number of bytes wanted, or None for any.

    Raises:
        ValueError: it is not base64, another spelling, or of another length.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("it is not base64") from error
    if to_base64(data) != text:
        raise ValueError("it is not the one spelling of this base64")
    if length is not None and len(data) != length:
        raise ValueError(f"it has {len(data)} bytes instead of {length}")
    return data


def to_base64url(data: bytes) -> str:
    """Base64 for names and addresses (RFC 4648 section 5) without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The bytes that encode to exactly this text, which is not empty.

    Raises:
        ValueError: it is not base64url without padding, or another spelling.
    """
    if _BASE64URL.fullmatch(text):
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except binascii.Error:
            data = b""
        # The decoder ignores spare bits, which the last characters alone can have; two texts must
        # not mean one value.
        whole = len(text) // 4
        if data and to_base64url(data[3 * whole :]) == text[4 * whole :]:
            return data
    raise ValueError("it is not base64url")


def is_hex(value: object, digits: int) -> bool:
    """Whether a value is text of exactly so many lower-case hexadecimal digits."""
    return isinstance(value, str) and len(value) == digits and bool(_HEX.fullmatch(value))
