"""The compact JWS that OPA reads from `.signatures.json`. Layer: bundle (pure).

RFC 7515 sections 3.1 and 7.1, restricted to ES256 (RFC 7518 section 3.4); the payload's
members are OPA's (documentation, "Bundles", "Signature format").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import canonical_json
from wilkc.core.encoding import from_base64url, to_base64url
from wilkc.core.errors import VerificationError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

ALGORITHM: Final = "ES256"
_MAX_KEY_ID: Final = 128
_SHOWN: Final = 64
"""Characters that a message shows of what is refused."""


@dataclass(frozen=True, slots=True)
class Token:
    """A compact JWS taken apart. Nothing in it is trusted before its signature is.

    Attributes:
        key_id: the key that is said to have signed.
        signed: the bytes that the signature covers.
        signature: the raw signature.
        payload: the decoded payload.
    """

    key_id: str
    signed: bytes
    signature: bytes
    payload: Mapping[str, Json]


def signing_input(payload: Mapping[str, Json], *, key_id: str) -> bytes:
    """The bytes to sign for a payload."""
    header = {"alg": ALGORITHM, "kid": key_id, "typ": "JWT"}
    return b".".join(_encode(canonical_json(part)) for part in (header, dict(payload)))


def compact(signed: bytes, signature: bytes) -> str:
    """The compact serialization."""
    return (signed + b"." + _encode(signature)).decode("ascii")


def parse(text: str) -> Token:
    """Take a compact JWS apart; its signature is not verified here.

    Raises:
        VerificationError: malformed, or not ES256.
    """
    parts = text.split(".")
    if len(parts) != len(("header", "payload", "signature")):
        raise VerificationError("the signature is malformed: not a compact JWS of three parts")
    header, payload = (_object(part, name) for part, name in zip(parts, _NAMES, strict=False))
    algorithm = header.get("alg")
    if algorithm != ALGORITHM:
        # Nobody has signed this yet: it is shown so that nothing acts on it.
        shown = ascii(str(algorithm))[1:-1][:_SHOWN]
        raise VerificationError(
            f"the signature's algorithm is `{shown}`, and only {ALGORITHM} is accepted"
        )
    odd = sorted(set(header) - {"alg", "kid", "typ"})
    key_id = header.get("kid")
    plain = isinstance(key_id, str) and key_id.isprintable() and len(key_id) <= _MAX_KEY_ID
    if odd or not isinstance(key_id, str) or not plain or header.get("typ", "JWT") != "JWT":
        raise VerificationError("the signature is malformed: its header is not as Wilk writes it")
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    return Token(key_id, signed, _decode(parts[2], "signature"), payload)


_NAMES: Final = ("header", "payload")


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        value = decode_json(_decode(part, name))
    except ValueError as error:
        raise VerificationError(f"the signature is malformed: {name}: {error}") from error
    if not isinstance(value, dict):
        raise VerificationError(f"the signature is malformed: its {name} is not an object")
    return value


def _encode(data: bytes) -> bytes:
    return to_base64url(data).encode("ascii")


def _decode(text: str, name: str) -> bytes:
    try:
        return from_base64url(text)
    except ValueError as error:
        raise VerificationError(
            f"the signature is malformed: its {name} is not base64url"
        ) from error
