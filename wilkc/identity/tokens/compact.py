"""A JSON Web Token taken apart; nothing in it is believed here. Layer: identity. Pure.

RFC 7515 section 7.1, RFC 7519, and the advice of RFC 8725. Two readers must not find two
meanings: one spelling of base64url, no object with a key twice, no header that brings a key, an
address of one, or an extension.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.core.encoding import from_base64url
from wilkc.core.strict_json import decode_json
from wilkc.identity.failures import MALFORMED, AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

MAX_TOKEN: Final = 8192
"""Characters of a whole token."""
KEY_ID: Final = re.compile(r"[A-Za-z0-9._~+=:-]{1,200}", re.ASCII)
"""Ids of keys are looked up in a table, and could not lead anywhere if they were odd."""
_PARTS: Final = 3
_REMEMBERED: Final = 256
"""Headers that need not be read again: all tokens by one key have the same."""
_HEADERS: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""What a header may hold. Thumbprints are not used; all that names a key or an address of one
(`jku`, `jwk`, `x5u`, `x5c`) and all extensions (`crit`, `b64`, `zip`) are refused."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A token of which nothing is known to be true.

    Attributes:
        algorithm: the one it claims.
        key_id: the key it names.
        kind: its `typ`, without `application/`, in lower case.
        claims: its payload.
        signed: what the signature covers.
        signature: the signature.
    """

    algorithm: str
    key_id: str
    kind: str
    claims: Mapping[str, Json]
    signed: bytes
    signature: bytes


def parse_compact(text: str) -> Compact:
    """Take a token apart.

    Raises:
        AuthenticationError: it is too long, malformed, or asks for what is not supported.
    """
    if len(text) > MAX_TOKEN:
        raise _malformed(f"it has more than {MAX_TOKEN} characters")
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise _malformed("it is no token of three parts")
    algorithm, key_id, kind = _header(parts[0])
    claims = _object(parts[1], "payload")
    try:
        signature = from_base64url(parts[2])
    except ValueError as error:
        raise _malformed(f"signature: {error}") from error
    return Compact(
        algorithm, key_id, kind, claims, f"{parts[0]}.{parts[1]}".encode("ascii"), signature
    )


@lru_cache(maxsize=_REMEMBERED)
def _header(part: str) -> tuple[str, str, str]:
    """Algorithm, key id and kind."""
    header = _object(part, "header")
    odd = sorted(set(header) - _HEADERS)
    if odd:
        raise _malformed(f"its header has `{odd[0][:32]}`")
    algorithm, key_id, kind = (header.get(name) for name in ("alg", "kid", "typ"))
    if not isinstance(algorithm, str):
        raise _malformed("it names no algorithm")
    if not isinstance(key_id, str) or not KEY_ID.fullmatch(key_id):
        raise _malformed("it names no key that could be one")
    if kind is not None and not isinstance(kind, str):
        raise _malformed("its kind is no text")
    return algorithm, key_id, (kind or "JWT").lower().removeprefix("application/")


def _object(part: str, name: str) -> dict[str, Json]:
    try:
        value = decode_json(from_base64url(part))
    except ValueError as error:
        raise _malformed(f"{name}: {error}") from error
    if not isinstance(value, dict):
        raise _malformed(f"its {name} is no object")
    return value


def _malformed(why: str) -> AuthenticationError:
    return AuthenticationError(MALFORMED, f"the token is refused: {why}")
