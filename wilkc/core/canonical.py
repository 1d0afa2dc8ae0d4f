"""Canonical JSON and digests. Layer: core (leaf).

One encoding serves OPA's bundle hashes and the audit log: RFC 8785 on the subset where
`json.dumps` with sorted keys and no blanks already is RFC 8785. Values outside the subset
(floats, U+2028 and U+2029 in bundles) are refused instead of encoded in a disputed way.
"""

from __future__ import annotations

import hashlib
import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_INTEGER = 2**53 - 1
ENCODER: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False,
    check_circular=False,
)  # fmt: skip
"""For values that were found to be of a subset: what holds itself never comes here."""


class CanonicalBytes(bytes):
    """Bytes that this module encoded, so that nobody needs to look at their form again."""

    __slots__ = ()


def canonical_json(value: Any) -> CanonicalBytes:
    """The canonical UTF-8 bytes of a JSON value without floats.

    Args:
        value: None, bool, int of at most 53 bits, str, and lists, tuples and str-keyed
            dicts of these.

    Returns:
        The encoding, without a final newline.

    Raises:
        ValueError: the value is outside the subset; the message names what.
    """
    _require_subset(value)
    try:
        return CanonicalBytes(ENCODER.encode(value).encode("utf-8"))
    except UnicodeEncodeError as error:
        raise ValueError("text holds a lone surrogate") from error


def sha256_hex(data: bytes) -> str:
    """The lower-case hexadecimal SHA-256 of the bytes (FIPS 180-4), 64 characters."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """The SHA-256 of the canonical encoding of a JSON value, 64 hexadecimal characters."""
    return sha256_hex(canonical_json(value))


def canonical_object(members: Mapping[str, CanonicalBytes]) -> CanonicalBytes:
    """The canonical bytes of an object whose members are encoded already.

    Args:
        members: key to the canonical bytes of its value.
    """
    names = sorted(members)
    try:
        pairs = [b"%b:%b" % (encode_basestring(name).encode(), members[name]) for name in names]
    except UnicodeEncodeError as error:
        raise ValueError("text holds a lone surrogate") from error
    return CanonicalBytes(b"{%b}" % b",".join(pairs))


def _require_subset(value: Any) -> None:
    """Look at every value once; by exact type first, because bundles hold millions."""
    pending: list[Any] = [(value,)]
    for held in pending:
        members = held
        if type(held) is dict:
            try:
                "".join(held)  # Fails for what is no text, without a step in Python for each.
            except TypeError as error:
                raise _not_text(held) from error
            members = held.values()
        for item in members:
            kind = type(item)
            if kind is str or kind is bool or item is None:
                continue
            if kind is dict or kind is list or kind is tuple:
                if item:
                    pending.append(item)
            elif kind is not int:
                raise ValueError(f"a value of kind `{kind.__name__}` has no canonical form")
            elif not -MAX_INTEGER <= item <= MAX_INTEGER:
                raise ValueError(f"integer {item} needs more than 53 bits")


def _not_text(keys: Iterable[Any]) -> ValueError:
    wrong = next(key for key in keys if not isinstance(key, str))
    return ValueError(f"object key {wrong!r} is not text")
